//! Lanes: where the faders stood in every hop, as automation that plays the same samples back.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use songweave_audio::draft::write_bytes;
use songweave_dsp::stream::layout::{PARTS, Part};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the file says about itself.
const ABOUT: &str = "Where each fader stood, balance and auto included: [seconds, value], 0 = A, 1 = B. A value holds until the \
                     next point. `cargo xtask render --lanes FILE`, or any host that plays `lanes` with `params` set, plays the same.";
/// Places of the two points of a step, in samples before the first that hears the new value. There is no sample between
/// them, so hosts that draw lines between points and hosts that hold them play the same.
const OLD_UNTIL: f64 = 0.9;
const NEW_FROM: f64 = 0.1;

/// The lanes of a render.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lanes {
    about: String,
    /// What `--param` is to be given.
    pub(crate) params: Vec<String>,
    /// What `--automate` is to be given.
    pub(crate) automate: Vec<String>,
    /// Points of each part, seconds and value.
    lanes: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Lanes {
    /// The lanes of the four parts.
    pub(super) fn of(lanes: [Lane; PARTS]) -> Self {
        let lanes = Part::ALL.into_iter().zip(lanes).map(|(part, lane)| (part.name().to_owned(), lane.points));
        let lanes: Vec<_> = lanes.collect();
        Self {
            about: ABOUT.to_owned(),
            params: vec!["auto=0%".to_owned(), "balance=50%".to_owned()],
            automate: lanes.iter().map(|(name, lane)| format!("{name}={}", text(lane))).collect(),
            lanes: lanes.into_iter().collect(),
        }
    }

    /// Where the lanes of a mask go.
    pub(super) fn path(mask: &Path) -> PathBuf {
        mask.with_extension("lanes.json")
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        Ok(write_bytes(path, format!("{}\n", serde_json::to_string(self)?).as_bytes())?)
    }

    /// Reads a file that was written here.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let contents = std::fs::read(path).with_context(|| format!("cannot read the lanes {}", path.display()))?;
        let unusable = || format!("{} is no file of lanes; `render --mask-out` writes one", path.display());
        serde_json::from_slice(&contents).with_context(unusable)
    }
}

/// One lane: a step wherever the value changes from one hop to the next.
pub(super) struct Lane {
    /// Samples between values, and samples per second.
    hop: usize,
    rate: u32,
    values: usize,
    points: Vec<(f64, f64)>,
}

impl Lane {
    /// A lane whose values lie `hop` samples apart at `rate` samples per second.
    pub(super) const fn new(hop: usize, rate: u32) -> Self {
        Self { hop, rate, values: 0, points: Vec::new() }
    }

    /// Appends the next hop's value.
    pub(super) fn push(&mut self, value: f32) {
        let value = (f64::from(value) * 1000.0).round() / 1000.0;
        let seconds = |samples: f64| (samples / f64::from(self.rate) * 1e7).round() / 1e7;
        let at = (self.values * self.hop) as f64;
        self.values += 1;
        match self.points.last() {
            None => self.points.push((0.0, value)),
            Some(&(_, before)) if before != value => {
                self.points.extend([(seconds(at - OLD_UNTIL), before), (seconds(at - NEW_FROM), value)]);
            }
            Some(_) => {}
        }
    }
}

/// `SECONDS:VALUE,SECONDS:VALUE,…`
fn text(points: &[(f64, f64)]) -> String {
    let point = |(seconds, value): &(f64, f64)| format!("{seconds}:{}%", (value * 1000.0).round() / 10.0);
    points.iter().map(point).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOP: usize = 128;

    fn points(values: impl IntoIterator<Item = f32>, hop: usize, rate: u32) -> Vec<(f64, f64)> {
        let mut lane = Lane::new(hop, rate);
        values.into_iter().for_each(|value| lane.push(value));
        lane.points
    }

    fn values() -> Vec<f32> {
        let levels = [0.0, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 0.333, 0.333, 1.0];
        levels.into_iter().flat_map(|level| [level; 3]).collect()
    }

    #[test]
    fn held_and_drawn_as_lines_the_points_give_every_sample_its_value() {
        for rate in [8_000, 44_100, 192_000] {
            let points = points(values(), HOP, rate);
            assert!(points.is_sorted_by(|a, b| a.0 < b.0), "{points:?}");
            for sample in 0..values().len() * HOP {
                let now = sample as f64 / f64::from(rate);
                let next = points.partition_point(|(seconds, _)| *seconds <= now);
                let (from, held) = points[next - 1];
                let drawn =
                    points.get(next).map_or(held, |(to, value)| held + (value - held) * (now - from) / (to - from));
                let wanted = (f64::from(values()[sample / HOP]) * 1000.0).round() / 1000.0;
                assert_eq!((held, drawn), (wanted, wanted), "sample {sample} at {rate} Hz");
            }
        }
    }

    #[test]
    fn only_changes_are_written() {
        assert_eq!(points([0.25; 500], HOP, 48_000), [(0.0, 0.25)]);
        assert_eq!(text(&[(0.0, 0.333), (1.5, 1.0)]), "0:33.3%,1.5:100%");
    }
}
