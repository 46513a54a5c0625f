//! Parameters that move while the song plays.

use super::parameters::{Parameters, value_of};
use anyhow::{Context, Result, bail, ensure};
use songweave_host::{ClapPlugin, Event, EventKind, ParameterInfo};

/// Distance of automation points on the timeline, in samples: the same ones whatever the blocks are.
pub(super) const GRID: u64 = 64;

/// A parameter's course over the timeline: straight lines between points, level before the first and after the last.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    info: ParameterInfo,
    /// Seconds and normalised value, in order of time.
    points: Vec<(f64, f64)>,
}

impl Curve {
    /// Reads `ID=SECONDS:VALUE,SECONDS:VALUE,…` with the plugin's help.
    pub(crate) fn parse(plugin: &mut ClapPlugin, parameters: &Parameters, text: &str) -> Result<Self> {
        let wrong = || format!("\"{text}\" does not look like ID=SECONDS:VALUE,SECONDS:VALUE");
        let (id, points) = text.split_once('=').with_context(wrong)?;
        let info = parameters.find(id.trim())?.clone();
        ensure!(info.automatable, "{} cannot be automated", id.trim());
        let mut parsed: Vec<(f64, f64)> = Vec::new();
        for point in points.split(',') {
            let (seconds, value) = point.split_once(':').with_context(wrong)?;
            let seconds: f64 = seconds.trim().parse().ok().with_context(wrong)?;
            ensure!(seconds.is_finite() && seconds >= 0.0, "{id} cannot be automated at {seconds} seconds");
            if let Some((before, _)) = parsed.last().filter(|(before, _)| *before >= seconds) {
                bail!("{id} is automated at {before} seconds and then at {seconds}: times must ascend");
            }
            let value = value_of(plugin, id.trim(), &info, value.trim())?;
            parsed.push((seconds, info.to_normalised(value)));
        }
        Ok(Self { info, points: parsed })
    }

    /// The host's number of the parameter.
    pub(crate) fn id(&self) -> u32 {
        self.info.id
    }

    /// The parameter's value at a time, in the host's range.
    pub(crate) fn value_at(&self, seconds: f64) -> f64 {
        let after = self.points.partition_point(|(time, _)| *time <= seconds);
        let normalised = match (after.checked_sub(1).map(|before| self.points[before]), self.points.get(after)) {
            (Some((from, start)), Some((to, end))) => start + (end - start) * (seconds - from) / (to - from),
            (Some((_, value)), None) | (None, Some(&(_, value))) => value,
            (None, None) => 0.0,
        };
        self.info.from_normalised(normalised)
    }
}

/// Sends the points of all curves, each only when the value has changed.
pub(super) struct Automation<'a> {
    curves: &'a [Curve],
    sent: Vec<Option<f64>>,
    sample_rate: f64,
}

impl<'a> Automation<'a> {
    pub(super) fn new(curves: &'a [Curve], sample_rate: f64) -> Self {
        Self { curves, sent: vec![None; curves.len()], sample_rate }
    }

    /// The points of a block whose first frame stands at `position`; after a jump its first frame is a point too.
    pub(super) fn events(&mut self, position: u64, frames: usize, jumped: bool, events: &mut Vec<Event>) {
        let first = if jumped { position } else { position.next_multiple_of(GRID) };
        let mut at = first;
        while at < position + frames as u64 {
            for (curve, sent) in self.curves.iter().zip(&mut self.sent) {
                let value = curve.value_at(at as f64 / self.sample_rate);
                if *sent != Some(value) {
                    *sent = Some(value);
                    let kind = EventKind::Parameter { id: curve.info.id, value };
                    events.push(Event { time: (at - position) as u32, kind });
                }
            }
            at = (at + 1).next_multiple_of(GRID);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> Curve {
        let info = ParameterInfo {
            id: 1,
            name: String::new(),
            minimum: 0.0,
            maximum: 1.0,
            default: 0.0,
            stepped: false,
            automatable: true,
            read_only: false,
            hidden: false,
            bypass: false,
        };
        Curve { info, points: vec![(1.0, 0.0), (2.0, 1.0), (4.0, 0.5)] }
    }

    #[test]
    fn lines_are_straight_and_ends_are_level() {
        let values = [0.0, 1.0, 1.5, 2.0, 3.0, 4.0, 9.0].map(|seconds| curve().value_at(seconds));
        assert_eq!(values, [0.0, 0.0, 0.5, 1.0, 0.75, 0.5, 0.5]);
    }

    #[test]
    fn points_do_not_depend_on_the_blocks() {
        let curves = [curve()];
        let collect = |length: usize| {
            let mut automation = Automation::new(&curves, 1000.0);
            let mut all = Vec::new();
            for start in (0..5000).step_by(length) {
                let mut events = Vec::new();
                automation.events(start as u64, length, start == 0, &mut events);
                all.extend(events.into_iter().map(|event| (start as u32 + event.time, event.kind)));
            }
            all
        };
        assert_eq!(collect(1), collect(500));
        assert_eq!(collect(1), collect(5000));
        assert!(collect(1).len() > 40);
    }
}
