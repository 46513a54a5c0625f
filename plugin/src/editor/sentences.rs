//! What the plugin says about itself, in plain words.

use std::sync::atomic::Ordering::Relaxed;

use songweave_engine::{band, runtime::slot::ModelInfo};

use crate::{
    shared::{Shared, Timing, locked},
    state::short_digest,
    units::thousands,
};

/// The latency, or that nothing runs.
#[must_use]
pub fn latency(timing: Option<Timing>) -> String {
    match timing {
        Some(Timing { latency, sample_rate, .. }) => {
            let milliseconds = f64::from(latency) * 1000.0 / f64::from(sample_rate);
            format!("Latency {milliseconds:.0} ms ({} samples)", thousands(latency.into()))
        }
        None => "The host has not started the plugin".to_owned(),
    }
}

/// How many of the hops were missed.
#[must_use]
pub fn missed(missed: u64, hops: u64) -> String {
    match missed {
        0 => "No hop missed".to_owned(),
        _ => format!(
            "{} of {} hops came late: the mask was held, the band's notes rang on",
            thousands(missed),
            thousands(hops.max(missed))
        ),
    }
}

/// How many dB better vocals come out in Studio than in Live, on the mixtures of `models/weights/figures/vocals.json`.
const STUDIO_GAIN_DB: f32 = 6.0;

/// What each quality costs and gives; the latencies in samples.
#[must_use]
pub fn qualities([live, studio]: [usize; 2], sample_rate: f32) -> String {
    let [live, studio] = [live, studio].map(|samples| 1000.0 * samples as f32 / sample_rate);
    format!("Live {live:.0} ms, Studio {studio:.0} ms: vocals {STUDIO_GAIN_DB:.0} dB better")
}

/// Whether song B is there, and what to do when it is not.
#[must_use]
pub const fn side_chain(running: bool, present: bool) -> &'static str {
    match (running, present) {
        (false, _) => "Songs A and B are heard once the host plays.",
        (true, true) => "Songs A (this track) and B (side-chain) are both heard.",
        (true, false) => "Song B is silent or not connected: song A passes untouched.",
    }
}

/// What hinders the quality that was chosen; `missing`: this build has no Studio, `waits`: it is not in use yet.
#[must_use]
pub const fn quality(missing: bool, waits: bool) -> Option<&'static str> {
    match (missing, waits) {
        (true, _) => Some(
            "This build has no Studio quality: Live is in use. Build the plugin again where its weights can be fetched.",
        ),
        (_, true) => {
            Some("The other quality is taken when the host starts the plugin anew: switch the track off and on.")
        }
        (false, false) => None,
    }
}

/// What Accompany needs, and whether that is a warning; `waits`: another look-ahead was chosen than the one in use.
#[must_use]
pub const fn accompany(running: bool, waits: bool) -> (&'static str, bool) {
    match (running, waits) {
        (_, true) => {
            ("The other look-ahead is taken when the host starts the plugin anew: switch the track off and on.", true)
        }
        (false, _) => ("The band plays once the host plays.", false),
        (true, false) => ("The band follows this track. Its notes go to the host as MIDI.", false),
    }
}

/// The networks of Accompany.
#[must_use]
pub fn band_networks() -> String {
    let names = band::networks().iter().map(|(name, digest)| format!("{name} ({})", short_digest(digest)));
    format!("Networks {}, built in", names.collect::<Vec<_>>().join(" and "))
}

/// Where the network of Studio runs, while it does; `waits`: another device was chosen than the one in use.
#[must_use]
pub fn placement(device: Option<&str>, waits: bool) -> String {
    let place = device.unwrap_or("the CPU");
    let waits = if waits { "; another device is taken when the host starts the plugin anew" } else { "" };
    format!("Studio runs on {place}{waits}")
}

/// The network in use.
#[must_use]
pub fn network(info: Option<&ModelInfo>) -> String {
    match info {
        Some(ModelInfo { name, digest, file }) => {
            let origin = if file.is_some() { "your file" } else { "built in" };
            format!("Network {name} ({}), {origin}", short_digest(digest))
        }
        None => "No network".to_owned(),
    }
}

/// Everything that went wrong, a sentence each.
#[must_use]
pub fn warnings(shared: &Shared) -> Vec<String> {
    let telemetry = &shared.telemetry;
    let mut warnings: Vec<String> = shared.status.fault().into_iter().collect();
    warnings.extend(locked(&shared.notices).iter().cloned());
    let problem = shared.status.placement.placed().problem;
    warnings.extend(problem.map(|problem| format!("Studio runs on the CPU: {problem}.")));
    match (telemetry.stopped.load(Relaxed), telemetry.panics.load(Relaxed)) {
        (true, _) => warnings.push(
            "Songweave failed and is off: this track passes unchanged, at the same delay. Stop and start the host to try \
             again, and please report it."
                .to_owned(),
        ),
        (false, 0) => {}
        (false, 1) => warnings.push("Songweave failed once and goes on again; please report it.".to_owned()),
        (false, panics) => warnings.push(format!("Songweave failed {panics} times and goes on again; please report it.")),
    }
    match telemetry.repaired.load(Relaxed) {
        0 => {}
        1 => warnings.push("1 input sample was no number and became silence.".to_owned()),
        repaired => {
            warnings.push(format!("{} input samples were no numbers and became silence.", thousands(repaired)));
        }
    }
    if telemetry.missed.load(Relaxed) > 0 && !shared.status.raised_priority.load(Relaxed) {
        warnings.push(
            "The system gives the network's thread no priority over other programs; allow real-time priority, use \
             larger blocks, or freeze the track."
                .to_owned(),
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use songweave_device::DeviceError;

    use super::*;

    #[test]
    fn latency_is_told_in_milliseconds_and_samples() {
        let timing = Timing { latency: 3072, hop: 512, sample_rate: 48_000.0 };
        assert_eq!(latency(Some(timing)), "Latency 64 ms (3,072 samples)");
        assert_eq!(latency(None), "The host has not started the plugin");
    }

    #[test]
    fn what_studio_gives_is_what_was_measured() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/weights/figures/vocals.json");
        let figures: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mean = |quality: &str| figures["mean"][quality].as_f64().unwrap() as f32;
        let gain = mean("studio") - mean("live");
        assert_eq!(gain.round(), STUDIO_GAIN_DB, "{gain} dB");
        assert_eq!(qualities([3072, 21_750], 48_000.0), "Live 64 ms, Studio 453 ms: vocals 6 dB better");
    }

    #[test]
    fn missed_hops_are_told_with_what_was_heard_instead() {
        assert_eq!(missed(0, 10_345), "No hop missed");
        assert_eq!(missed(12, 10_345), "12 of 10,345 hops came late: the mask was held, the band's notes rang on");
    }

    #[test]
    fn a_missing_side_chain_is_told() {
        assert!(side_chain(true, false).contains("passes untouched"));
        assert_ne!(side_chain(true, true), side_chain(true, false));
    }

    #[test]
    fn the_network_is_told_with_its_origin() {
        let digest = "0123456789abcdef".to_owned();
        let mut info = ModelInfo { name: "mash-1".to_owned(), digest, file: None };
        assert_eq!(network(Some(&info)), "Network mash-1 (01234567), built in");
        info.file = Some("mine.safetensors".into());
        assert_eq!(network(Some(&info)), "Network mash-1 (01234567), your file");
        assert_eq!(network(None), "No network");
    }

    #[test]
    fn a_device_that_was_asked_is_named_or_missed() {
        assert_eq!(placement(None, false), "Studio runs on the CPU");
        assert!(placement(Some("NVIDIA H200"), true).starts_with("Studio runs on NVIDIA H200; another device"));
        let shared = Shared::without_network();
        shared.status.placement.failed(&DeviceError::Hung);
        assert_eq!(warnings(&shared), ["Studio runs on the CPU: the GPU does not answer any more."]);
    }

    #[test]
    fn faults_notices_and_bad_samples_are_warnings() {
        let shared = Shared::without_network();
        assert_eq!(warnings(&shared), Vec::<String>::new());
        shared.status.set_fault(Some("Fault.".to_owned()));
        locked(&shared.notices).push("Notice.".to_owned());
        shared.telemetry.repaired.store(1, Relaxed);
        assert_eq!(warnings(&shared), ["Fault.", "Notice.", "1 input sample was no number and became silence."]);
        shared.telemetry.missed.store(3, Relaxed);
        assert_eq!(warnings(&shared).len(), 4);
        shared.telemetry.panics.store(1, Relaxed);
        shared.telemetry.stopped.store(true, Relaxed);
        assert!(warnings(&shared)[2].contains("this track passes unchanged, at the same delay"));
        shared.telemetry.stopped.store(false, Relaxed);
        assert!(warnings(&shared)[2].contains("failed once and goes on"));
    }
}
