//! The grid of 16th notes under the stream: the host's, or the plugin's own where the host has no transport.

use songweave_dsp::exchange::frame::AnalysisFrame;

use super::{
    bars::Bars,
    place::{Place, STEPS_PER_QUARTER},
    take::learned::{Spot, bar_ticks},
};

/// Hosts round positions: what is this close to a step (in quarters) is on it, whatever the blocks are.
const ROUNDING: f64 = 1e-6;
/// Steps in a quarter.
const PER_QUARTER: f64 = STEPS_PER_QUARTER as f64;
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
    /// Where the bar begins on the host's timeline, in quarters; `None` in hosts without one.
    pub bar_start: Option<f64>,
}

impl GridTime {
    /// Where the step is on the host's timeline.
    #[must_use]
    pub fn spot(&self) -> Option<Spot> {
        self.bar_start.map(|start| Spot { ticks: bar_ticks(start), place: self.place })
    }

    /// Quarters since the bar began.
    #[must_use]
    pub fn quarters(&self) -> f64 {
        (f64::from(self.place.step) + self.since / self.step_seconds) / PER_QUARTER
    }

    /// The tempo in BPM.
    #[must_use]
    pub fn tempo(&self) -> f64 {
        60.0 / (self.step_seconds * PER_QUARTER)
    }

    /// The very beginning of a step of so many seconds.
    #[must_use]
    pub const fn at_beginning(place: Place, step_seconds: f64) -> Self {
        Self { place, since: 0.0, step_seconds, bar_start: None }
    }
}

/// Where the last frame was.
#[derive(Debug, Clone, Copy)]
struct Last {
    generation: u32,
    beats: f64,
}

/// Follows the host's transport, or counts for itself.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Quarters counted so far, in hosts without a transport.
    own: f64,
    bars: Bars,
    /// `None` while the host has stopped.
    last: Option<Last>,
}

impl Grid {
    /// Where a frame's last sample is; `None` while the host has stopped. Frames come in order.
    pub fn hear(&mut self, frame: &AnalysisFrame) -> Option<GridTime> {
        let transport = &frame.transport;
        if let (Some(beats), Some(tempo)) = (transport.beats, transport.tempo) {
            if transport.playing && beats.is_finite() && tempo.is_finite() && tempo > 0.0 {
                return Some(self.at(beats, tempo, frame));
            }
            self.last = None;
            return None;
        }
        let tempo = f64::from(frame.controls.band.tempo);
        self.own += f64::from(frame.hop_seconds()) * tempo / 60.0;
        Some(self.at(self.own, tempo, frame))
    }

    /// The place of a position in quarters.
    fn at(&mut self, beats: f64, tempo: f64, frame: &AnalysisFrame) -> GridTime {
        let (count, unit) = frame.transport.time_signature.unwrap_or((4, 4));
        let (count, unit) = (u32::from(count.max(1)), u32::from(unit.clamp(1, 64)));
        let steps_per_bar = (4 * STEPS_PER_QUARTER * count / unit).max(1);
        let quarters = f64::from(steps_per_bar) / PER_QUARTER;
        let (beats, continues) = self.played_on(beats, frame.position.generation, quarters);
        let beats = beats + ROUNDING;
        let told = frame.transport.bar_start.filter(|start| start.is_finite());
        let bar = self.bars.follow(beats, quarters, told, continues);
        let in_bar = ((beats - bar.start) * PER_QUARTER).max(0.0);
        let step_seconds = 15.0 / tempo.clamp(TEMPI.0, TEMPI.1);
        let compound = unit == 8 && count > 3 && count.is_multiple_of(3);
        let place = Place {
            bar: bar.number,
            step: (in_bar as u32).min(steps_per_bar - 1),
            steps_per_bar,
            steps_per_beat: if compound { 6 } else { (4 * STEPS_PER_QUARTER / unit).max(1) },
        };
        GridTime {
            place,
            since: (in_bar.fract() - ROUNDING * PER_QUARTER).max(0.0) * step_seconds,
            step_seconds,
            bar_start: frame.transport.beats.map(|_| bar.start),
        }
    }

    /// The position, and whether the host has played on to it. While the tempo gets slower a block may have run ahead of where the
    /// next one begins; time stands still there, since a step that was played must not come again.
    fn played_on(&mut self, beats: f64, generation: u32, bar: f64) -> (f64, bool) {
        let last = self.last.filter(|last| last.generation == generation);
        let reached = last.filter(|last| (0.0..1.0 / PER_QUARTER).contains(&(last.beats - beats)));
        let beats = reached.map_or(beats, |last| last.beats);
        self.last = Some(Last { generation, beats });
        (beats, last.is_some_and(|last| (0.0..bar.max(1.0)).contains(&(beats - last.beats))))
    }
}

#[cfg(test)]
mod tests {
    use songweave_dsp::exchange::frame::Transport;

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
            (10.0, (4, 4), Some(7.0), 1, 12),
            (11.25, (4, 4), Some(7.0), 2, 1),
            (43.0, (4, 4), Some(42.0), 10, 4),
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

    /// The places at which a timeline is found, hop after hop, in blocks of some hops: `says(seconds)` is what the host says at the
    /// beginning of a block, which the audio thread carries on.
    fn places(says: impl Fn(f64) -> Transport, block: usize, hops: usize) -> Vec<Place> {
        let mut grid = Grid::default();
        let length = frame(Transport::default()).layout;
        let seconds = f64::from(length.hop_seconds());
        let mut places: Vec<Place> = (0..hops)
            .filter_map(|hop| {
                let inside = hop % block;
                let transport = says((hop - inside) as f64 * seconds);
                grid.hear(&frame(transport.after(inside * length.hop, length.sample_rate))).map(|time| time.place)
            })
            .collect();
        places.dedup_by(|next, last| next.is_same_step(last));
        places
    }

    #[test]
    fn a_change_of_metre_is_no_jump() {
        // 4/4, and a bar of 2/4 from 40 to 42.
        let says = |seconds: f64| {
            let beats = 30.0 + 2.0 * seconds;
            let (signature, bar_start) = match beats {
                ..40.0 => ((4, 4), (beats / 4.0).floor() * 4.0),
                40.0..42.0 => ((2, 4), 40.0),
                _ => ((4, 4), 42.0 + ((beats - 42.0) / 4.0).floor() * 4.0),
            };
            Transport {
                playing: true,
                tempo: Some(120.0),
                beats: Some(beats),
                time_signature: Some(signature),
                bar_start: Some(bar_start),
            }
        };
        for block in [1, 3, 16] {
            let places = places(says, block, 1_200);
            assert!(places.windows(2).all(|two| two[0].is_followed_by(&two[1])), "{places:?}");
            assert_eq!(places.iter().filter(|place| place.bar == 10).count(), 8, "the short bar has eight steps");
            let last = places.last().map(|place| (place.bar, place.step));
            // 1,200 hops are 25.6 quarters: 55.6, in the bar that begins at 54.
            assert_eq!(last, Some((14, 6)));
        }
    }

    #[test]
    fn a_ramp_of_the_tempo_is_no_jump() {
        for (change, block) in [(-12.0, 1), (-12.0, 16), (30.0, 16), (-60.0, 4)] {
            // From 180 BPM on, `change` BPM faster every second, in a host that tells beats and nothing else.
            let says = |seconds: f64| Transport {
                playing: true,
                tempo: Some(180.0 + change * seconds),
                beats: Some((180.0 * seconds + change * seconds * seconds / 2.0) / 60.0),
                ..Transport::default()
            };
            let places = places(says, block, 200);
            assert!(places.len() > 15);
            assert!(places.windows(2).all(|two| two[0].is_followed_by(&two[1])), "{change} {block}: {places:?}");
        }
    }
}
