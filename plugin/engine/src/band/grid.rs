//! The grid of 16th notes under the stream: the host's, or the plugin's own where the host has no transport.

use songweave_dsp::frame::AnalysisFrame;

use super::place::{Place, STEPS_PER_QUARTER};

/// Hosts round positions: what is this close to a step (in quarters) is on it, whatever the blocks are.
const ROUNDING: f64 = 1e-6;
/// Tempi outside this range (BPM) count as its ends.
const TEMPI: (f64, f64) = (5.0, 1_000.0);

/// Where the last sample of a frame is on the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridTime {
    /// The step that sounds.
    pub place: Place,
    /// Seconds since it began.
    pub since: f64,
    /// Length of a step in seconds.
    pub step_seconds: f64,
}

/// Follows the host's transport, or counts for itself.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Quarters counted so far, in hosts without a transport.
    own: f64,
}

impl Grid {
    /// Where a frame's last sample is; `None` while the host has stopped. Frames come in order.
    pub fn hear(&mut self, frame: &AnalysisFrame) -> Option<GridTime> {
        let transport = &frame.transport;
        if let (Some(beats), Some(tempo)) = (transport.beats, transport.tempo) {
            let usable = transport.playing && beats.is_finite() && tempo.is_finite() && tempo > 0.0;
            let signature = transport.time_signature.unwrap_or((4, 4));
            return usable.then(|| at(beats, tempo, signature, transport.bar_start));
        }
        let tempo = f64::from(frame.controls.band.tempo);
        self.own += f64::from(frame.hop_seconds()) * tempo / 60.0;
        Some(at(self.own, tempo, transport.time_signature.unwrap_or((4, 4)), None))
    }
}

/// The place of a position in quarters.
fn at(beats: f64, tempo: f64, (count, unit): (u8, u8), bar_start: Option<f64>) -> GridTime {
    let (count, unit) = (u32::from(count.max(1)), u32::from(unit.clamp(1, 64)));
    let per_quarter = f64::from(STEPS_PER_QUARTER);
    let steps_per_bar = (4 * STEPS_PER_QUARTER * count / unit).max(1);
    let quarters = f64::from(steps_per_bar) / per_quarter;
    let beats = beats + ROUNDING;
    let told = bar_start.filter(|start| start.is_finite() && (0.0..2.0 * quarters).contains(&(beats - start)));
    let start = told.unwrap_or_else(|| (beats / quarters).floor() * quarters);
    let steps = (beats - start) * per_quarter;
    // A block may run into the bar after the one that the host told.
    let bars = (steps / f64::from(steps_per_bar)).floor();
    let in_bar = steps - bars * f64::from(steps_per_bar);
    let step_seconds = 15.0 / tempo.clamp(TEMPI.0, TEMPI.1);
    let compound = unit == 8 && count > 3 && count.is_multiple_of(3);
    Place {
        bar: (start / quarters + bars).round() as i64,
        step: (in_bar as u32).min(steps_per_bar - 1),
        steps_per_bar,
        steps_per_beat: if compound { 6 } else { (4 * STEPS_PER_QUARTER / unit).max(1) },
    }
    .timed((in_bar.fract() - ROUNDING * per_quarter).max(0.0) * step_seconds, step_seconds)
}

impl Place {
    const fn timed(self, since: f64, step_seconds: f64) -> GridTime {
        GridTime { place: self, since, step_seconds }
    }

    /// Whether a place is the one right after this one.
    #[must_use]
    pub const fn is_followed_by(&self, next: &Self) -> bool {
        if self.bar == next.bar {
            next.step == self.step + 1
        } else {
            next.bar == self.bar + 1 && next.step == 0 && self.step + 1 == self.steps_per_bar
        }
    }
}

#[cfg(test)]
mod tests {
    use songweave_dsp::frame::Transport;

    use super::*;

    fn frame(transport: Transport) -> AnalysisFrame {
        AnalysisFrame { transport, ..AnalysisFrame::default() }
    }

    fn host(beats: f64, signature: (u8, u8), bar_start: Option<f64>) -> GridTime {
        let transport = Transport {
            playing: true,
            tempo: Some(120.0),
            beats: Some(beats),
            time_signature: Some(signature),
            bar_start,
        };
        Grid::default().hear(&frame(transport)).unwrap_or_else(|| unreachable!("it plays"))
    }

    #[test]
    fn bars_and_steps_follow_the_time_signature() {
        for (beats, signature, bar_start, bar, step) in [
            (0.0, (4, 4), None, 0, 0),
            (3.99, (4, 4), None, 0, 15),
            (4.0 - 1e-9, (4, 4), None, 1, 0),
            (7.3, (3, 4), None, 2, 5),
            (7.3, (6, 8), None, 2, 5),
            (-0.25, (4, 4), None, -1, 15),
            (10.0, (4, 4), Some(7.0), 2, 12),
            (11.25, (4, 4), Some(7.0), 3, 1),
            (10.0, (4, 4), Some(700.0), 2, 8),
            (1.0, (1, 64), None, 4, 0),
        ] {
            let place = host(beats, signature, bar_start).place;
            assert_eq!((place.bar, place.step), (bar, step), "{beats} in {signature:?} from {bar_start:?}");
        }
        assert_eq!(host(0.0, (6, 8), None).place.steps_per_beat, 6);
        assert_eq!(host(0.0, (3, 4), None).place.steps_per_beat, 4);
        assert!((host(0.35, (4, 4), None).since - 0.05).abs() < 1e-9);
    }

    #[test]
    fn without_a_transport_it_counts_by_its_own_tempo_and_stops_with_the_host() {
        let mut grid = Grid::default();
        let mut own = frame(Transport::default());
        own.controls.band.tempo = 150.0;
        let hops = (2.0 / own.hop_seconds()) as usize;
        let place = (0..hops).filter_map(|_| grid.hear(&own)).last().map(|time| time.place);
        assert_eq!(place.map(|place| (place.bar, place.step)), Some((1, 3)), "five quarters less a hop");
        let stopped = Transport { playing: false, tempo: Some(90.0), beats: Some(3.0), ..Transport::default() };
        assert_eq!(grid.hear(&frame(stopped)), None);
    }

    #[test]
    fn nonsense_from_a_host_is_a_place_all_the_same() {
        for beats in [1e300, -1e300, 0.0] {
            for tempo in [1e-300, 1e300, 60.0] {
                let transport = Transport {
                    playing: true,
                    tempo: Some(tempo),
                    beats: Some(beats),
                    time_signature: Some((0, 0)),
                    bar_start: Some(f64::NAN),
                };
                let time = Grid::default().hear(&frame(transport));
                assert!(time.is_some_and(|time| time.place.step < time.place.steps_per_bar && time.since.is_finite()));
            }
        }
    }
}
