//! The figures as tables.

use super::Report;
use songweave_measure::{
    band::melody_report::MelodyReport,
    tune::{correction::CorrectionReport, tracker::TrackerReport},
};

pub(super) fn report(report: &Report) {
    if let Some(tracker) = &report.tracker {
        print_tracker(tracker);
    }
    if let Some(correction) = &report.correction {
        print_correction(correction);
    }
    if let Some(melody) = &report.melody {
        print_melody(melody);
    }
}

fn print_tracker(report: &TrackerReport) {
    println!("\nHearing the pitch (10 ms apart, 50 cents)");
    println!(
        "{:<17} {:<9} {:<8} {:>6} {:>7} {:>7} {:>7} {:>7}",
        "material", "reference", "tracker", "pitch", "octave-", "recall", "alarms", "F1"
    );
    for row in &report.rows {
        let one = &row.agreement;
        println!(
            "{:<17} {:<9} {:<8} {:>6.3} {:>7.3} {:>7.3} {:>7.3} {:>7.3}",
            row.material,
            row.reference,
            row.tracker,
            one.raw_pitch,
            one.raw_chroma,
            one.recall,
            one.false_alarm,
            one.voicing_f1
        );
    }
    if let Some(share) = report.share_of_praat {
        println!("raw pitch accuracy: {share:.3} of Praat's where the truth is known");
    }
    println!(
        "look-back {:.1} ms, {:.1} µs per hop (99 %: {:.1})",
        report.look_back_ms, report.microseconds_per_hop, report.microseconds_per_hop_p99
    );
}

fn print_correction(report: &CorrectionReport) {
    println!("\nTuning, hard, heard by Praat: cents from the target, median and 90 %");
    println!(
        "{:<17} {:<10} {:>15} {:>15} {:>17} {:>7}",
        "material", "target", "before", "after", "jumps a minute", "voiced"
    );
    for row in &report.rows {
        println!(
            "{:<17} {:<10} {:>7.1} {:>7.1} {:>7.1} {:>7.1} {:>8.1} {:>8.1} {:>7.3}",
            row.material,
            row.target,
            row.before[0],
            row.before[1],
            row.after[0],
            row.after[1],
            row.jumps[0],
            row.jumps[1],
            row.still_voiced
        );
    }
    println!("formants moved, dB (mean spectrum, frame by frame):");
    for drift in &report.drifts {
        println!("  {:+} semitones: {:.2}, {:.2}", drift.semitones, drift.drift.mean, drift.drift.frame);
    }
    let [same, all] = report.untouched;
    println!("amount 0: {same} of {all} recordings come out as they went in; latency {:.1} ms", report.latency_ms);
}

fn print_melody(report: &MelodyReport) {
    println!(
        "\nMelody network ({} parameters, {:.0} µs a note): nats per note on unseen songs",
        report.parameters, report.microseconds_per_note
    );
    println!("{:<10} {:>6} {:>8} {:>8} {:>8} {:>8}", "corpus", "songs", "notes", "2-gram", "4-gram", "network");
    for loss in &report.losses {
        println!(
            "{:<10} {:>6} {:>8} {:>8.3} {:>8.3} {:>8.3}",
            loss.corpus, loss.songs, loss.notes, loss.two_gram, loss.four_gram, loss.network
        );
    }
    println!(
        "{:<24} {:>7} {:>4} {:>6} {:>6} {:>8} {:>8} {:>8} {:>6} {:>6} {:>5}",
        "written to unseen songs",
        "repeat",
        "row",
        "leaps",
        "range",
        "entropy",
        "on-beat",
        "off-beat",
        "notes",
        "rests",
        "copy"
    );
    for written in &report.written {
        let one = &written.figures;
        println!(
            "{:<24} {:>7.3} {:>4} {:>6.3} {:>6.1} {:>8.2} {:>8.3} {:>8.3} {:>6.2} {:>6.3} {:>5}",
            written.system,
            one.repetition,
            one.longest_repetition,
            one.leaps,
            one.range,
            one.class_entropy,
            one.chord_tones_on_beats,
            one.chord_tones_off_beats,
            one.notes_per_bar,
            one.rests,
            written.longest_run
        );
    }
}
