//! `cargo xtask evaluate auto`: how restless the auto mask is, and how much it leaves of what clashes.

use anyhow::{Result, ensure};
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_datasets::material::{Kind, Material};
use songweave_measure::mash::auto_mask::{AutoFigures, Clash, measure_auto};
use songweave_measure::statistics::mean;
use songweave_score::{random::Random, split::Split};
use songweave_synth::song::Song;
use std::path::Path;

use super::{AutoArgs, RATE, bar, network};
use crate::data::dataset::TEST_FONT;

/// Kinds of songs with scores, in turn.
const KINDS: [Kind; 4] = [Kind::Pop, Kind::Electronic, Kind::LeadSheet, Kind::ArtSong];
/// Tempo of the host in BPM, whatever that of the songs is.
const TEMPO: f64 = 120.0;
/// Songs tried for each one that is needed; a few have parts without a score.
const ATTEMPTS_PER_PAIR: usize = 4;

/// What is written.
#[derive(Serialize)]
struct Report {
    /// Digest of the weights.
    model: String,
    /// Seconds of each pair.
    seconds: f64,
    overall: Overall,
    pairs: Vec<Pair>,
}

/// Two songs.
#[derive(Serialize)]
struct Pair {
    a: String,
    b: String,
    figures: AutoFigures,
}

/// Means over all pairs.
#[derive(Serialize)]
struct Overall {
    pairs: usize,
    changes_per_bar: f64,
    most_changes_in_a_bar: usize,
    plain_sum: Clash,
    faders: Clash,
    auto: Clash,
}

pub(super) fn run(args: &AutoArgs) -> Result<()> {
    let network = network(args.weights.as_deref())?;
    let material = Material::open(&args.data, &args.soundfont, Path::new(TEST_FONT), None)?;
    let songs = songs(args, &material)?;
    let bar = bar(songs.len() / 2);
    let mut pairs = Vec::new();
    for two in songs.chunks_exact(2) {
        if let Some(figures) = measure_auto(&two[0], &two[1], Some(TEMPO), &network) {
            pairs.push(Pair { a: two[0].name.clone(), b: two[1].name.clone(), figures });
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    ensure!(!pairs.is_empty(), "no two songs with scores could be made; ask for more --pairs");
    let overall = overall(&pairs);
    print(&overall);
    let report = Report { model: network.digest().to_owned(), seconds: args.seconds, overall, pairs };
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

/// Songs of the validation split whose every part has a score, two for each pair.
fn songs(args: &AutoArgs, material: &Material) -> Result<Vec<Song>> {
    let bar = bar(2 * args.pairs);
    bar.set_message("songs are played");
    let mut songs = Vec::new();
    for attempt in 0..2 * args.pairs * ATTEMPTS_PER_PAIR {
        let mut random = Random::for_task(args.seed, attempt as u64);
        let song = material.song(KINDS[attempt % KINDS.len()], Split::Test, args.seconds, RATE, &mut random)?;
        if song.notes.iter().all(Option::is_some) {
            songs.push(song);
            bar.inc(1);
        }
        if songs.len() == 2 * args.pairs {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(songs)
}

fn overall(pairs: &[Pair]) -> Overall {
    let mean =
        |value: &dyn Fn(&AutoFigures) -> f64| mean(pairs.iter().map(|pair| value(&pair.figures))).unwrap_or(f64::NAN);
    let clash = |of: fn(&AutoFigures) -> Clash| Clash {
        harmony: mean(&|figures| of(figures).harmony),
        rhythm: mean(&|figures| of(figures).rhythm),
        voices: mean(&|figures| of(figures).voices),
        both_heard: mean(&|figures| of(figures).both_heard),
    };
    Overall {
        pairs: pairs.len(),
        changes_per_bar: mean(&|figures| figures.changes_per_bar),
        most_changes_in_a_bar: pairs.iter().map(|pair| pair.figures.most_changes_in_a_bar).max().unwrap_or(0),
        plain_sum: clash(|figures| figures.plain_sum),
        faders: clash(|figures| figures.faders),
        auto: clash(|figures| figures.auto),
    }
}

fn print(overall: &Overall) {
    println!("{} pairs of songs with known scores, in a host at {TEMPO} BPM", overall.pairs);
    println!(
        "  auto changes {:.2} times a bar, {} times in the most restless one",
        overall.changes_per_bar, overall.most_changes_in_a_bar
    );
    println!("  {:<32} harmony  near misses  two voices  both heard", "");
    let rows = [
        ("plain sum", &overall.plain_sum),
        ("vocals of A over the rest of B", &overall.faders),
        ("auto at 100 %", &overall.auto),
    ];
    for (name, clash) in rows {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        println!(
            "  {name:<32} {:>7.3}  {:>11}  {:>10}  {:>10}",
            clash.harmony,
            percent(clash.rhythm),
            percent(clash.voices),
            percent(clash.both_heard)
        );
    }
}
