//! A card from small fixtures: no figure in it but those of the JSON.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{
    inputs::{Inputs, Kind},
    prose::Prose,
    render,
};

/// Numbers that sentences and headings of the card itself may hold: 95 % intervals, 10-second stretches, 96 bands, 6 dB.
const OWN: [&str; 5] = ["95", "10", "96", "6", "0"];

const PROSE: &str =
    "for the editor\n\n## What it is\n\nA mask.\n\n## Network\n\nLayers.\n\n## Data\n\nSongs.\n\n## Limits\n\nMany.\n";

/// A figure with its intervals, all its numbers made from one.
fn estimate(mean: f64) -> Value {
    json!({"mean": mean, "min": mean - 7.0, "max": mean + 7.0, "pairs": 6, "by_pairs": [mean - 1.37, mean + 1.41],
        "by_stretches": [mean - 0.53, mean + 0.59]})
}

fn systems(base: f64) -> Value {
    json!({"plugin": estimate(base + 4.11), "plain_sum": estimate(base - 3.23), "crossfade": estimate(base + 0.31),
        "ducker": estimate(base - 1.79), "oracle": estimate(base + 12.83)})
}

fn recipe(name: &str, base: f64) -> Value {
    json!({"recipe": name, "description": format!("{name} of A"), "si_sdr": systems(base), "sdr": systems(base + 0.07),
        "over_plain_sum": estimate(base + 7.34), "over_ducker": estimate(base + 5.9), "over_crossfade": estimate(base + 3.8),
        "of_the_way": estimate(0.457),
        "leakage": {"plugin": estimate(-9.13), "plain_sum": estimate(1.27), "oracle": estimate(-17.61),
            "parts": [{"song": "B", "part": "vocals", "plugin": estimate(-11.19)}]},
        "roughness": {"plugin": estimate(0.713), "plain_sum": estimate(0.839), "truth": estimate(0.621),
            "change": estimate(-0.151)},
        "flutter": {"plugin": estimate(2.87), "oracle": estimate(4.43)}})
}

fn summary(base: f64) -> Value {
    json!({"recipes": [recipe("vocals", base), recipe("drums", base + 20.0)], "parts": [{"part": "vocals",
        "sdr": estimate(base + 5.21), "si_sdr": estimate(base + 5.03), "median_second_sdr": estimate(base + 5.47),
        "unprocessed_sdr": estimate(base - 8.59), "oracle_sdr": estimate(base + 13.29)}]})
}

/// A runtime of `cargo xtask bench`; ours is compared with nothing.
fn runtime(name: &str, median: f64, ratio: Option<f64>) -> Value {
    let mut runtime = json!({"runtime": name, "tight_us": {"hops": 4000, "p50": median, "p99": median + 91.17},
        "paced_us": {"hops": 1000, "p50": median + 35.83, "p99": median + 213.41}});
    if let Some(ratio) = ratio {
        runtime["largest_difference"] = json!(2.4e-7);
        runtime["ours_over_it"] = json!({"tight": ratio, "paced": ratio + 0.119});
    }
    runtime
}

fn fixtures(base: f64) -> Vec<(Kind, Value)> {
    let mut song = summary(base + 40.0);
    song["song"] = json!("Sodium");
    let evaluation = json!({"model": "abc", "seconds_of_each": base + 31.0,
        "auto": {"changes_per_bar": estimate(0.77), "most_changes_in_a_bar": 13}, "overall": summary(base), "songs": [song],
        "pairs": []});
    let robustness = json!({"model": "abc", "left_out": [], "cases": [
        {"case": "woman", "about": "women singing", "verdict": "holds",
            "voice": {"plugin_sdr": base + 6.11, "unprocessed_sdr": base - 4.13, "oracle_sdr": base + 14.17},
            "mix": {"plugin": base + 8.27, "plain_sum": base - 0.71, "crossfade": base + 2.77, "oracle": base + 16.33}},
        {"case": "noise", "about": "noise", "verdict": "fails: it hisses", "voice": null, "mix": null}]});
    let bench = json!({"missed_hops": base + 2.0, "inference_us": {"p50": base + 304.437}, "runtimes": {
        "onnxruntime": runtime("onnxruntime, products", base + 411.29, Some(0.743)),
        "songweave": runtime("songweave", base + 305.61, None)}});
    let architectures = json!({"architectures": [{"name": "recurrent", "parameters": 1_234_567.0 + base,
        "macs_per_hop": 2_345_678.0 + base, "steps": 700.0 + base,
        "validation": {"synthetic": {"gain_db": base + 11.71}, "real": {"gain_db": base + 6.37, "vocals_db": base + 3.91}}}]});
    let ablations = json!({"ablations": [
        {"name": "without real songs", "groups": ["synthetic"], "steps": 800.0 + base,
            "validation": {"real": {"gain_db": base + 2.49}}, "test": evaluation},
        {"name": "real songs only", "groups": ["real.all"], "steps": 900.0 + base, "validation": {},
            "test": {"vocals_db": base + 1.83}}]});
    vec![
        (Kind::Evaluation, evaluation),
        (Kind::Robustness, robustness),
        (Kind::Bench, bench),
        (Kind::Architectures, architectures),
        (Kind::Ablations, ablations),
    ]
}

fn inputs(base: f64) -> Inputs {
    let training = json!({"steps": 3_600.0 + base, "sources": ["stems"], "validation": {"gain_db": base + 12.41}});
    let mut inputs = Inputs { training, ..Inputs::default() };
    for (kind, value) in fixtures(base) {
        assert_eq!(Kind::of(&value), Some(kind));
        inputs.add(kind, value).unwrap();
    }
    inputs
}

fn card(base: f64) -> String {
    render::card(&inputs(base), &Prose::parse(PROSE)).unwrap()
}

/// Every way in which the card may write a number of the JSON.
fn writings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap().abs();
            for figure in [number, 100.0 * number] {
                out.extend([format!("{figure:.0}"), format!("{figure:.2}"), format!("{figure:.3}")]);
            }
        }
        Value::Array(values) => {
            out.push(values.len().to_string());
            values.iter().for_each(|value| writings(value, out));
        }
        Value::Object(fields) => fields.values().for_each(|value| writings(value, out)),
        _ => {}
    }
}

/// The numbers of a text without their signs.
fn numbers(text: &str) -> Vec<String> {
    // Names like `p50` and thousands' commas are no numbers of their own.
    let text = text.replace(',', "");
    let words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '.' || letter == '_'));
    let words = words.map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
    words.filter(|word| word.parse::<f64>().is_ok()).map(str::to_owned).collect()
}

#[test]
fn every_figure_of_the_card_comes_from_the_json() {
    for base in [100.0, 371.0] {
        let mut known: Vec<String> = OWN.map(str::to_owned).to_vec();
        fixtures(base).iter().for_each(|(_, value)| writings(value, &mut known));
        writings(&inputs(base).training, &mut known);
        // Counted from the cases: one fails, none degrades.
        known.push("1".to_owned());
        let card = card(base);
        let strange: Vec<String> = numbers(&card).into_iter().filter(|number| !known.contains(number)).collect();
        assert!(strange.is_empty(), "{strange:?} in\n{card}");
        assert!(numbers(&card).len() > 150, "{}", numbers(&card).len());
    }
}

#[test]
fn figures_reach_the_card_and_change_with_the_json() {
    let card = card(100.0);
    for wanted in [
        "107.34 (105.97 … 108.75; 106.81 … 107.93)",
        "46 % (-91 … 187",
        "1,234,667",
        "404.44",
        "fails: it hisses",
        "### Sodium",
        "2 cases",
        "1 fail, 0 degrade",
        "changes songs 0.77",
        "at most 13 times",
        "A mask.",
        "without real songs",
        "vocals alone 105.21 dB SDR",
        "vocals_db 101.83",
        "| songweave | 405.61 | 496.78 | – | 441.44 | 619.02 | – |\n\
         | onnxruntime, products | 511.29 | 602.46 | 0.74 | 547.12 | 724.70 | 0.86 |",
    ] {
        assert!(card.contains(wanted), "{wanted} is not in\n{card}");
    }
    assert!(!card.contains("for the editor") && !card.contains("runtimes."));
}

#[test]
fn small_figures_outlive_rounding() {
    let mut figures = json!({"largest_difference": 2.384_185_79e-7, "p50": [305.612_345_6], "hops": 4000});
    super::round(&mut figures);
    assert_eq!(figures, json!({"largest_difference": 2.384_19e-7, "p50": [305.612], "hops": 4000}));
}

#[test]
fn what_is_missing_is_said() {
    let lacking = Prose::parse("## What it is\n\nA mask.\n\n## Network\n\n## Data\n\nSongs.\n");
    let error = render::card(&inputs(0.0), &lacking).unwrap_err().to_string();
    assert_eq!(error, "mash.limits.md has no section \"## Network\"; write it");
    let bare = Inputs { training: json!({}), ..Inputs::default() };
    let card = render::card(&bare, &Prose::parse(PROSE)).unwrap();
    assert!(card.contains("Not measured with these weights.") && !card.contains("## Robustness"));
    assert_eq!(Kind::of(&json!({"something": 1})), None);
    let other = super::inputs::same_weights("F.json".as_ref(), &json!({"model": "old"}), Kind::Evaluation, "new");
    assert!(other.unwrap_err().to_string().contains("measured with other weights"));
}

#[test]
fn the_figures_of_mash_are_all_of_a_kind_that_its_card_shows() {
    for path in super::json_files(&crate::project::root().join("models/weights/figures")).unwrap() {
        let kind = Kind::of(&super::inputs::parse(&path).unwrap());
        assert!(kind.is_some(), "{}: figures of other networks have folders of their own", path.display());
    }
}
