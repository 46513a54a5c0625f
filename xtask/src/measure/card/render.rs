//! The card itself. Every figure in it comes from the inputs; sentences here name only what the commands do.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Map, Value};

use songweave_measure::mash::vocals::{LatencyFigures, VocalFigures};

use super::{
    inputs::{Candidate, Evaluation, Inputs, Recipe, Robustness, Summary, Vocals},
    prose::Prose,
    tables::{cells, count, decibels, estimate, leaves, number, percent, table, text},
};

/// How figures of the test are to be read; printed once.
const READING: &str = "SI-SDR and SDR in dB against the true parts, through the plugin's own path with its mask not smoothed. In \
brackets 95 % intervals of the mean (bootstrap): with six pairs of songs or more first with the pairs drawn anew, then with the \
10-second stretches within each pair drawn anew. The latter say how even these very songs are, not how another song would do. The oracle is the mask made of the true parts in the same 96 bands: the upper bound. \"Of the \
way\" is the share of the way in dB from the plain sum to the oracle. Leakage is the energy of the unwanted parts against that of \
the wanted ones under the very gains of the mask, roughness the dissonance of spectral peaks (Sethares), flutter the changes of a \
band's gain by more than 6 dB per second.";

const PEERS: &str = "The network alone in several runtimes, µs for one hop of both songs on one thread: same weights, same run, taking \
turns, in a loop and at the pace of playing. Ratios are of medians: below one this project's runtime is faster.";

const REPRODUCE: &str = "```
cargo xtask dataset mash --out DATA
cargo xtask train mash --data DATA --out RUN
cargo xtask train export --run RUN --weights models/weights
cargo xtask evaluate mash --json evaluation.json
cargo xtask evaluate robustness --json robustness.json
cargo xtask evaluate vocals --json vocals.json
cargo xtask bench --json bench.json
cargo xtask card mash --figures evaluation.json,robustness.json,vocals.json,bench.json --runs RUNS
```

The figures that this card was made from are in `models/weights/figures`, the facts of the training run in `mash.training.json`, the \
prose in `mash.limits.md`.";

/// The card as Markdown.
///
/// # Errors
/// The hand-written half lacks a section.
pub(super) fn card(inputs: &Inputs, prose: &Prose) -> Result<String> {
    let sections = [
        ("Network", join(&[prose.section("Network")?.to_owned(), architectures(&inputs.architectures)])),
        ("Data", join(&[prose.section("Data")?.to_owned(), training(inputs)])),
        ("Ablations", join(&[prose.optional("Ablations").to_owned(), ablations(&inputs.ablations)])),
        ("Figures", join(&[figures(inputs), prose.optional("Figures").to_owned()])),
        (
            "Robustness",
            join(&[
                inputs.robustness.as_ref().map_or_else(String::new, robustness),
                prose.optional("Robustness").to_owned(),
            ]),
        ),
        (
            "Studio quality",
            join(&[
                prose.optional("Studio quality").to_owned(),
                inputs.vocals.as_ref().map_or_else(String::new, vocals),
            ]),
        ),
        ("Cost", join(&[cost(inputs), prose.optional("Cost").to_owned()])),
        ("Limits", prose.section("Limits")?.to_owned()),
        ("Reproduce", join(&[REPRODUCE.to_owned(), prose.optional("Reproduce").to_owned()])),
    ];
    let mut card = format!(
        "<!-- Written by `cargo xtask card mash`; edit mash.limits.md instead. -->\n# mash: whose is what in two songs\n\n{}\n",
        prose.section("What it is")?
    );
    for (heading, body) in sections.into_iter().filter(|(_, body)| !body.is_empty()) {
        card += &format!("\n## {heading}\n\n{body}\n");
    }
    Ok(card)
}

/// Paragraphs with an empty line between them, empty ones left out.
fn join(paragraphs: &[String]) -> String {
    let paragraphs: Vec<&str> = paragraphs.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    paragraphs.join("\n\n")
}

fn training(inputs: &Inputs) -> String {
    let mut found = Vec::new();
    leaves(&inputs.training, "", &mut found);
    let rows: Vec<Vec<String>> = found.into_iter().map(|(name, value)| vec![format!("`{name}`"), value]).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("The run that made these weights (`mash.training.json`):\n\n{}", table(&cells(&["fact", "value"]), &rows))
}

/// Validation figures of candidates as columns: every figure that any of them has.
fn columns(candidates: &[Candidate]) -> BTreeSet<(String, String)> {
    let figures = candidates.iter().flat_map(|candidate| &candidate.validation);
    figures.flat_map(|(group, figures)| figures.keys().map(move |name| (group.clone(), name.clone()))).collect()
}

fn validation(candidate: &Candidate, columns: &BTreeSet<(String, String)>) -> Vec<String> {
    let figure = |(group, name): &(String, String)| candidate.validation.get(group)?.get(name).copied();
    columns.iter().map(|column| figure(column).map_or_else(|| "–".to_owned(), decibels)).collect()
}

fn titles(columns: &BTreeSet<(String, String)>) -> impl Iterator<Item = String> {
    columns.iter().map(|(group, name)| format!("{group}: {}", name.replace("_db", " (dB)").replace('_', " ")))
}

fn optional(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), count)
}

/// Vocals in both qualities beside Spleeter's.
fn vocals(vocals: &Vocals) -> String {
    let heading = cells(&[
        "SI-SDR of the vocals in dB",
        "mixture",
        "Live",
        "Studio before tuning",
        "Studio",
        "Spleeter, original",
        "oracle of the bands",
    ]);
    let row = |of: &VocalFigures| {
        let [mixture, live, studio, spleeter, oracle] =
            [of.mixture, of.live, of.studio, of.spleeter, of.oracle].map(decibels);
        vec![
            of.name.clone(),
            mixture,
            live,
            of.untuned.map_or_else(|| "–".to_owned(), decibels),
            studio,
            spleeter,
            oracle,
        ]
    };
    let rows: Vec<_> = vocals.mixtures.iter().chain([&vocals.mean]).map(row).collect();
    let both = format!(
        "Real voices over real backings; the voice so many dB louder or softer than its backing:\n\n{}",
        table(&heading, &rows)
    );
    join(&[both, latencies(&vocals.mean)])
}

/// What Studio quality reaches at each latency.
fn latencies(mean: &VocalFigures) -> String {
    if mean.latencies.is_empty() {
        return String::new();
    }
    let heading = cells(&[
        "latency at 44.1 kHz, ms",
        "frames decided at once",
        "frames heard after them",
        "runs of the network a second and song",
        "SI-SDR of the vocals in dB, mean",
    ]);
    let row = |of: &LatencyFigures| {
        let of_run = [format!("{:.0}", of.milliseconds), of.block.to_string(), of.ahead.to_string()];
        [&of_run[..], &[format!("{:.1}", of.runs_a_second), decibels(of.si_sdr)]].concat()
    };
    let rows: Vec<_> = mean.latencies.iter().map(row).collect();
    format!(
        "What other latencies would give on the same mixtures; the plugin's is {:.2} dB, as above. Fewer frames at once wait less and cost more:\n\n{}",
        mean.studio,
        table(&heading, &rows)
    )
}

fn architectures(candidates: &[Candidate]) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    let columns = columns(candidates);
    let mut heading = cells(&["architecture", "parameters", "multiplications per hop", "steps"]);
    heading.extend(titles(&columns));
    let row = |candidate: &Candidate| {
        let mut row = vec![candidate.name.clone()];
        row.extend([candidate.parameters, candidate.macs_per_hop, candidate.steps].map(optional));
        row.extend(validation(candidate, &columns));
        row
    };
    let rows: Vec<_> = candidates.iter().map(row).collect();
    format!("Architectures compared on the validation songs, trained alike:\n\n{}", table(&heading, &rows))
}

fn ablations(candidates: &[Candidate]) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    let columns = columns(candidates);
    let mut heading = cells(&["trained on", "groups", "steps"]);
    heading.extend(titles(&columns));
    heading.push("test".to_owned());
    let row = |candidate: &Candidate| {
        let groups = candidate.groups.as_ref().map_or_else(|| "–".to_owned(), text);
        let mut row = vec![candidate.name.clone(), groups, optional(candidate.steps)];
        row.extend(validation(candidate, &columns));
        row.push(test(candidate));
        row
    };
    let rows: Vec<_> = candidates.iter().map(row).collect();
    format!("Trained once without each kind of data:\n\n{}", table(&heading, &rows))
}

/// An ablation on the test songs: what `evaluate` says in short, or figures by name.
fn test(candidate: &Candidate) -> String {
    let Some(value) = &candidate.test else { return "–".to_owned() };
    if let Ok(Evaluation { overall, .. }) = serde_json::from_value(value.clone()) {
        let recipes = overall.recipes.iter().filter(|recipe| recipe.leakage.is_some());
        let recipes = recipes.map(|recipe| {
            let way = 100.0 * recipe.of_the_way.mean;
            format!(
                "{} {} dB over the plain sum, {way:.0} % of the way",
                recipe.recipe,
                decibels(recipe.over_plain_sum.mean)
            )
        });
        let voice = overall.parts.iter().filter(|part| part.part == "vocals");
        let voice = voice.map(|part| format!("vocals alone {} dB SDR", decibels(part.sdr.mean)));
        return recipes.chain(voice).collect::<Vec<_>>().join("; ");
    }
    let mut found = Vec::new();
    leaves(value, "", &mut found);
    found.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("; ")
}

fn figures(inputs: &Inputs) -> String {
    let mut paragraphs = vec![READING.to_owned()];
    paragraphs.extend(inputs.evaluations.iter().map(evaluation));
    if inputs.evaluations.is_empty() {
        paragraphs = vec!["Not measured with these weights.".to_owned()];
    }
    join(&paragraphs)
}

fn evaluation(evaluation: &Evaluation) -> String {
    let songs: Vec<&str> = evaluation.songs.iter().map(|song| song.song.as_str()).collect();
    let length = evaluation.seconds_of_each.map_or_else(
        || "each song in full".to_owned(),
        |seconds| format!("{} s from the middle of each song", number(seconds)),
    );
    let recipes = &evaluation.overall.recipes;
    let mut paragraphs = vec![format!("### {}\n\nEvery song as A and as B, {length}.", songs.join(", "))];
    if !recipes.is_empty() {
        paragraphs.push(levels(recipes));
        paragraphs.push(behaviour(recipes));
    }
    paragraphs.push(parts(&evaluation.overall));
    paragraphs.push(per_song(evaluation));
    paragraphs.extend(evaluation.auto.as_ref().map(|auto| {
        format!(
            "`auto`, in a host without transport, changes songs {} times in two seconds, at most {} times.",
            estimate(&auto.changes_per_bar),
            auto.most_changes_in_a_bar
        )
    }));
    join(&paragraphs)
}

fn levels(recipes: &[Recipe]) -> String {
    let mut heading = vec!["SI-SDR (dB)".to_owned()];
    heading
        .extend(recipes.iter().map(|recipe| format!("{} ({} pairs)", recipe.description, recipe.si_sdr.plugin.pairs)));
    let row = |name: &str, cell: &dyn Fn(&Recipe) -> String| {
        let mut row = vec![name.to_owned()];
        row.extend(recipes.iter().map(cell));
        row
    };
    let rows = [
        row("plain sum of both songs", &|recipe| decibels(recipe.si_sdr.plain_sum.mean)),
        row("side-chain ducker in 96 bands", &|recipe| decibels(recipe.si_sdr.ducker.mean)),
        row("the same faders without a network", &|recipe| decibels(recipe.si_sdr.crossfade.mean)),
        row("**mash**", &|recipe| format!("**{}**", estimate(&recipe.si_sdr.plugin))),
        row("oracle shares in the same bands", &|recipe| decibels(recipe.si_sdr.oracle.mean)),
        row("mash above the plain sum", &|recipe| estimate(&recipe.over_plain_sum)),
        row("mash above the ducker", &|recipe| estimate(&recipe.over_ducker)),
        row("mash above the crossfade", &|recipe| estimate(&recipe.over_crossfade)),
        row("of the way to the oracle", &|recipe| percent(&recipe.of_the_way)),
        row("SDR of mash", &|recipe| estimate(&recipe.sdr.plugin)),
    ];
    table(&heading, &rows)
}

fn behaviour(recipes: &[Recipe]) -> String {
    let heading = cells(&[
        "recipe",
        "leakage (dB): mash",
        "plain sum",
        "oracle",
        "by part",
        "roughness: mash",
        "plain sum",
        "true mix",
        "change",
        "flutter: mash",
        "oracle",
    ]);
    let row = |recipe: &Recipe| {
        let mut row = vec![recipe.recipe.clone()];
        row.extend(match &recipe.leakage {
            Some(leakage) => {
                let part = |leak: &super::inputs::PartLeak| {
                    format!("{} of {} {}", leak.part, leak.song, decibels(leak.plugin.mean))
                };
                let parts = leakage.parts.iter().map(part).collect::<Vec<_>>().join(", ");
                vec![estimate(&leakage.plugin), decibels(leakage.plain_sum.mean), decibels(leakage.oracle.mean), parts]
            }
            None => cells(&["–", "–", "–", "–"]),
        });
        let (rough, flutter) = (&recipe.roughness, &recipe.flutter);
        row.extend([&rough.plugin, &rough.plain_sum, &rough.truth].map(|figure| format!("{:.3}", figure.mean)));
        row.push(percent(&rough.change));
        row.extend([&flutter.plugin, &flutter.oracle].map(|figure| decibels(figure.mean)));
        row
    };
    table(&heading, &recipes.iter().map(row).collect::<Vec<_>>())
}

fn parts(summary: &Summary) -> String {
    let heading =
        cells(&["part of A alone", "SDR untouched", "SDR mash", "median of seconds", "SDR oracle", "SI-SDR mash"]);
    let row = |part: &super::inputs::Part| {
        vec![
            part.part.clone(),
            decibels(part.unprocessed_sdr.mean),
            estimate(&part.sdr),
            decibels(part.median_second_sdr.mean),
            decibels(part.oracle_sdr.mean),
            estimate(&part.si_sdr),
        ]
    };
    let rows: Vec<_> = summary.parts.iter().map(row).collect();
    if rows.is_empty() { String::new() } else { table(&heading, &rows) }
}

fn per_song(evaluation: &Evaluation) -> String {
    let heading = cells(&["song as A", "recipe", "plain sum", "mash", "oracle", "above the sum", "of the way"]);
    let rows: Vec<Vec<String>> = evaluation
        .songs
        .iter()
        .flat_map(|song| {
            song.summary.recipes.iter().filter(|recipe| recipe.leakage.is_some()).map(|recipe| {
                let si_sdr = &recipe.si_sdr;
                let mut row = vec![song.song.clone(), recipe.recipe.clone()];
                row.extend([&si_sdr.plain_sum, &si_sdr.plugin, &si_sdr.oracle].map(|figure| decibels(figure.mean)));
                row.push(decibels(recipe.over_plain_sum.mean));
                row.push(format!("{:.0} %", 100.0 * recipe.of_the_way.mean));
                row
            })
        })
        .collect();
    if rows.is_empty() { String::new() } else { table(&heading, &rows) }
}

fn robustness(robustness: &Robustness) -> String {
    let heading = cells(&[
        "case",
        "what",
        "verdict",
        "voice alone, SDR: untouched",
        "mash",
        "oracle",
        "mix, SI-SDR: plain sum",
        "crossfade",
        "mash",
        "oracle",
    ]);
    let row = |case: &super::inputs::Case| {
        let mut row = vec![case.case.clone(), case.about.clone(), case.verdict.clone()];
        row.extend(case.voice.as_ref().map_or_else(
            || cells(&["–", "–", "–"]),
            |voice| [voice.unprocessed_sdr, voice.plugin_sdr, voice.oracle_sdr].map(decibels).to_vec(),
        ));
        row.extend(case.mix.as_ref().map_or_else(
            || cells(&["–", "–", "–", "–"]),
            |mix| [mix.plain_sum, mix.crossfade, mix.plugin, mix.oracle].map(decibels).to_vec(),
        ));
        row
    };
    let worse = |start: &str| robustness.cases.iter().filter(|case| case.verdict.starts_with(start)).count();
    let mut intro = format!(
        "{} cases through the plugin's path (`cargo xtask evaluate robustness`): {} fail, {} degrade.",
        robustness.cases.len(),
        worse("fails"),
        worse("degrades")
    );
    let in_studio = robustness.cases.iter().filter(|case| case.studio_peak.is_some()).count();
    if in_studio > 0 {
        intro += &format!(
            " {in_studio} of them were played in Studio quality as well: where that gives what is no number or is too loud, the case fails. The \
             figures and what degrades are Live's."
        );
    }
    let left_out =
        robustness.left_out.iter().map(|reason| format!("Left out: {reason}.")).collect::<Vec<_>>().join("\n");
    join(&[intro, table(&heading, &robustness.cases.iter().map(row).collect::<Vec<_>>()), left_out])
}

fn cost(inputs: &Inputs) -> String {
    let Some(bench) = &inputs.bench else { return String::new() };
    let mut plugin = bench.clone();
    let runtimes = plugin.as_object_mut().and_then(|figures| figures.remove("runtimes"));
    let mut found = Vec::new();
    leaves(&plugin, "", &mut found);
    let rows: Vec<Vec<String>> = found.into_iter().map(|(name, value)| vec![format!("`{name}`"), value]).collect();
    let plugin = format!("`cargo xtask bench`, both songs:\n\n{}", table(&cells(&["figure", "value"]), &rows));
    join(&[plugin, runtimes.as_ref().and_then(Value::as_object).map_or_else(String::new, peers)])
}

/// What one hop of the network costs in this project's runtime and in others.
fn peers(runtimes: &Map<String, Value>) -> String {
    let mut entries: Vec<&Value> = runtimes.values().collect();
    // Ours, which is compared with nothing, comes first.
    entries.sort_by_key(|entry| entry.get("ours_over_it").is_some());
    let heading = ["runtime", "loop: p50", "p99", "ours / it", "playing: p50", "p99", "ours / it"];
    let places = [
        "/runtime",
        "/tight_us/p50",
        "/tight_us/p99",
        "/ours_over_it/tight",
        "/paced_us/p50",
        "/paced_us/p99",
        "/ours_over_it/paced",
    ];
    let row = |entry: &&Value| places.map(|place| entry.pointer(place).map_or_else(|| "–".to_owned(), text)).to_vec();
    format!("{PEERS}\n\n{}", table(&cells(&heading), &entries.iter().map(row).collect::<Vec<_>>()))
}
