//! Figures of the sounds as a person reads them: a line for each figure, a column for each system.

use songweave_measure::band::sung::sound::{SYSTEMS, SoundReport, SystemFigures};
use songweave_measure::statistics::Estimate;

use super::print::figure;

/// Name, digits and where it is found.
type Line = (&'static str, usize, fn(&SystemFigures) -> Option<&Estimate>);

const LINES: [Line; 8] = [
    ("sung pitch class strong", 3, |system| system.sung_class_strong.as_ref()),
    ("correlation with the chord", 3, |system| system.chord_correlation.as_ref()),
    ("nearest triad is the chord", 3, |system| system.chord_agreement.as_ref()),
    ("cosine with its own notes", 3, |system| system.played_chroma.as_ref()),
    ("onsets, F1 on the grid", 3, |system| system.grid_f1.as_ref()),
    ("onsets, F1 with drums", 3, |system| system.drum_f1.as_ref()),
    ("onsets per bar", 1, |system| system.onsets_per_bar.as_ref()),
    ("tone balance off by, dB", 1, |system| system.balance_db.as_ref()),
];
const WIDTH: usize = 26;

pub(super) fn report(report: &SoundReport) {
    let systems: Vec<_> = SYSTEMS.iter().filter_map(|name| Some((*name, report.systems.get(name)?))).collect();
    let line = |name: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:<WIDTH$}")).collect();
        println!("  {name:<WIDTH$}{}", cells.trim_end());
    };
    line("the sound", systems.iter().map(|(name, _)| (*name).to_owned()).collect());
    for (name, digits, found) in LINES {
        line(name, systems.iter().map(|(_, system)| figure(found(system), digits)).collect());
    }
    let frechet = |system: &SystemFigures| {
        let [low, high] = system.frechet?.interval;
        Some(format!("{:.2} ({low:.2} … {high:.2})", system.frechet?.mean))
    };
    let distances = systems.iter().map(|(_, system)| frechet(system).unwrap_or_else(|| "-".to_owned()));
    line("Fréchet distance", distances.collect());
    for (name, better) in &report.ahead {
        println!("  ours ahead of pix2pix in {name}: {}", figure(Some(better), 3));
    }
    if let Some(facts) = &report.pix2pix {
        let number = |name: &str| facts.get(name).and_then(serde_json::Value::as_f64).unwrap_or_default();
        println!(
            "  pix2pix: {} parameters, {} steps in {:.0} minutes of a core on {} songs",
            number("parameters"),
            number("steps"),
            number("core_minutes"),
            number("songs")
        );
    }
}
