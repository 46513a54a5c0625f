//! Whether a song was sung to the host's beat, and at which tempo it was sung.
//!
//! Notes that are sung to a beat begin at like places of it: their places, as pointers around an eighth, a triplet or a 16th of the host's,
//! add up (the mean resultant length of circular statistics). A tempo is told from the times between onsets alone, which go round
//! its beat, its eighths and its 16ths in whole turns; only onsets near each other are compared, so that a tempo that drifts is heard.

use std::f32::consts::TAU;

/// Seconds between two onsets that are compared at most, and at least.
const REACH: f64 = 2.0;
const NEAREST: f64 = 0.1;
/// Intervals are counted in parts of a second.
const PER_SECOND: f64 = 200.0;
/// Slowest and fastest tempo in BPM, and how many there are in an octave.
const RANGE: (f32, f32) = (50.0, 210.0);
const PER_OCTAVE: usize = 120;
/// The tempo that people prefer in BPM, and how much in octaves (standard deviation).
const PREFERRED: (f32, f32) = (100.0, 0.75);
/// Tempi beside the best one that are tried against all onsets at once, and how far they are apart.
const FINER: (i32, f32) = (20, 0.000_3);
/// Fewer onsets tell nothing, and more nothing new.
const FEWEST: usize = 24;
const MOST: usize = 1024;
/// Parts of a beat that notes may begin on: eighths, triplets, 16ths.
const PARTS: [f64; 3] = [2.0, 3.0, 4.0];
/// A resultant from which on it is the host's beat, and a score from which on a tempo was heard. Of 24 songs that nothing is tested with, sung to
/// a host at tempi 6 to 23 % away from theirs, none reaches 0.33, with theirs each reaches 0.53; scores are 0.41 or more, and below 0.25 for half
/// of those whose tempo drifts by 8 %.
const ON_THE_BEAT: f32 = 0.4;
const STEADY: f32 = 0.25;
/// Tempi nearer to each other than this ratio are one, as are those an octave apart.
const SAME: f32 = 1.02;

/// What is known of the beat that a song was sung to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum SungBeat {
    /// Too little was sung.
    #[default]
    Unknown,
    /// The host's.
    OnTheBeat,
    /// Another one, at so many beats per minute.
    Otherwise(f32),
    /// No steady one was heard.
    Unsteady,
}

impl SungBeat {
    /// What to do about it; nothing where the beat is the host's.
    #[must_use]
    pub fn advice(self) -> Option<String> {
        match self {
            Self::Unknown | Self::OnTheBeat => None,
            Self::Otherwise(tempo) => Some(format!(
                "This was sung at about {tempo:.1} BPM and not to the project's beat. Give the project that tempo, move the recording until its \
                 bars begin on bar lines, and learn it again.",
            )),
            Self::Unsteady => Some(
                "No steady beat was heard in this voice. If the bars are not the singer's, let the project's tempo follow the voice, \
                 and learn it again."
                    .to_owned(),
            ),
        }
    }
}

/// Sums of pointers around a part of a beat, as sine and cosine, `[part]`.
type Pointers = [(f32, f32); PARTS.len()];

/// Adds the pointers of an onset after so many beats.
fn point(sums: &mut Pointers, beats: f64, strength: f32) {
    for (sum, parts) in sums.iter_mut().zip(PARTS) {
        let (sin, cos) = libm::sincosf(TAU * (beats * parts).fract() as f32);
        *sum = (sum.0 + strength * sin, sum.1 + strength * cos);
    }
}

/// Listens to where sung notes begin.
#[derive(Debug, Clone, Default)]
pub struct BeatListener {
    seconds: f64,
    /// Seconds at which notes began, and their strengths.
    onsets: Vec<(f64, f32)>,
    /// Strengths of the intervals between onsets, `[PER_SECOND * seconds]`.
    intervals: Vec<f32>,
    /// Sums of the pointers to the onsets' places in the host's beats, `[part]`.
    places: Pointers,
    /// The host's tempo in BPM.
    tempo: f32,
}

impl BeatListener {
    /// A hop of so many seconds passes; `onset` is the strength of a note that began in it, 0 for none, so many of the host's quarters
    /// after its bar, at the host's tempo in BPM.
    pub fn hear(&mut self, onset: f32, (quarters, tempo): (f64, f64), hop_seconds: f32) {
        self.seconds += f64::from(hop_seconds);
        let begins = onset > 0.0 && self.onsets.len() < MOST;
        if !begins {
            return;
        }
        self.intervals.resize((REACH * PER_SECOND) as usize, 0.0);
        for (at, strength) in self.onsets.iter().rev().take_while(|(at, _)| self.seconds - at < REACH) {
            if let Some(count) = self.intervals.get_mut(((self.seconds - at) * PER_SECOND) as usize) {
                *count += strength * onset;
            }
        }
        self.onsets.push((self.seconds, onset));
        point(&mut self.places, quarters, onset);
        self.tempo = tempo as f32;
    }

    /// What is known so far. Takes a few milliseconds where it was sung to another beat than the host's.
    #[must_use]
    pub fn told(&self) -> SungBeat {
        if self.onsets.len() < FEWEST {
            return SungBeat::Unknown;
        }
        if self.resultant(&self.places) >= ON_THE_BEAT {
            return SungBeat::OnTheBeat;
        }
        let (tempo, score) = self.tempo();
        if score < STEADY {
            return SungBeat::Unsteady;
        }
        match self.exact(tempo) {
            Some(exact) => SungBeat::Otherwise(exact),
            // A tempo that drifts is no better known than this.
            None if is_same(tempo, self.tempo) => SungBeat::OnTheBeat,
            None => SungBeat::Otherwise(tempo),
        }
    }

    /// The largest sum of pointers against all of them in one direction, 0…1.
    fn resultant(&self, sums: &Pointers) -> f32 {
        let strengths = self.onsets.iter().map(|(_, strength)| strength).sum::<f32>();
        let largest = sums.iter().map(|(sin, cos)| libm::hypotf(*sin, *cos)).fold(0.0, f32::max);
        largest / strengths.max(f32::MIN_POSITIVE)
    }

    /// A tempo as exactly as the whole song tells it; `None` where no tempo holds for the whole song.
    fn exact(&self, tempo: f32) -> Option<f32> {
        let tempi = (-FINER.0..=FINER.0).map(|step| tempo * (1.0 + step as f32 * FINER.1));
        let rated = tempi.map(|bpm| {
            let mut sums = Pointers::default();
            self.onsets.iter().for_each(|(at, strength)| point(&mut sums, at * f64::from(bpm) / 60.0, *strength));
            (bpm, self.resultant(&sums))
        });
        let best = rated.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.filter(|(_, resultant)| *resultant >= ON_THE_BEAT).map(|(bpm, _)| bpm)
    }

    /// The tempo that goes best with the intervals, and how well: 3 would be every onset on its beat.
    fn tempo(&self) -> (f32, f32) {
        let nearest = (NEAREST * PER_SECOND) as usize;
        let counts = || self.intervals.iter().enumerate().skip(nearest);
        let sum = counts().map(|(_, count)| count).sum::<f32>().max(f32::MIN_POSITIVE);
        let score = |bpm: f32| {
            let turns = bpm / (60.0 * PER_SECOND as f32);
            let fits = counts().map(|(interval, count)| {
                let beat = libm::cosf(TAU * turns * (interval as f32 + 0.5));
                // The cosines of twice and four times the angle.
                let eighth = 2.0 * beat * beat - 1.0;
                count * (beat + eighth + 2.0 * eighth * eighth - 1.0)
            });
            fits.sum::<f32>() / sum
        };
        let steps = (libm::log2f(RANGE.1 / RANGE.0) * PER_OCTAVE as f32) as usize;
        let tempi = (0..=steps).map(|step| RANGE.0 * libm::exp2f(step as f32 / PER_OCTAVE as f32));
        let rated = tempi.map(|bpm| {
            let away = libm::log2f(bpm / PREFERRED.0) / PREFERRED.1;
            let score = score(bpm);
            (bpm, score, score * libm::expf(-0.5 * away * away))
        });
        let best = rated.reduce(|best, next| if next.2 > best.2 { next } else { best });
        best.map_or((RANGE.0, 0.0), |(bpm, score, _)| (bpm, score))
    }
}

/// Whether two tempi are one, or one an octave apart.
fn is_same(one: f32, other: f32) -> bool {
    [0.5, 1.0, 2.0].into_iter().any(|octave| {
        let ratio = octave * one / other;
        (1.0 / SAME..SAME).contains(&ratio)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOP: f32 = 512.0 / 48_000.0;

    /// What is told of notes at so many beats per minute in a host with another tempo; `off` is by how much of a second the singer
    /// is late at a time.
    fn told(sung: f32, host: f32, off: impl Fn(f32) -> f32) -> SungBeat {
        let mut listener = BeatListener::default();
        // Quarters and eighths, as in a song.
        let rhythm = [0.0, 1.0, 1.5, 2.0, 3.0, 3.5];
        let mut onsets: Vec<f32> = (0..20)
            .flat_map(|bar| rhythm.map(|beat| (4.0 * bar as f32 + beat) * 60.0 / sung))
            .map(|at| at + off(at))
            .collect();
        onsets.sort_by(|one, other| other.total_cmp(one));
        for hop in 0..(80.0 * 60.0 / sung / HOP) as usize {
            let at = hop as f32 * HOP;
            let quarters = (f64::from(at) * f64::from(host) / 60.0) % 4.0;
            let due = onsets.last().is_some_and(|onset| *onset <= at);
            listener.hear(if due { 0.8 } else { 0.0 }, (quarters, host.into()), HOP);
            if due {
                onsets.pop();
            }
        }
        listener.told()
    }

    #[test]
    fn the_beat_is_the_hosts_or_another_one_that_is_told() {
        // 30 ms early or late, as people are.
        let human = |at: f32| 0.03 * libm::sinf(91.7 * at);
        for (sung, host) in [(92.0, 92.0), (60.0, 120.0), (138.0, 138.0)] {
            assert_eq!(told(sung, host, human), SungBeat::OnTheBeat, "{sung} in {host}");
        }
        for (sung, host) in [(92.0, 120.0), (80.0, 90.0), (138.0, 120.0), (96.0, 97.0)] {
            let SungBeat::Otherwise(tempo) = told(sung, host, human) else { panic!("{sung} in {host}") };
            let octave = libm::exp2f(libm::rintf(libm::log2f(tempo / sung)));
            assert!((tempo / sung / octave - 1.0).abs() < 0.002, "{tempo}, sung at {sung}");
        }
        // Late enough for any place of the bar, at any time.
        let free = |at: f32| (43_758.5 * libm::sinf(12.99 * at)).fract();
        assert_eq!(told(92.0, 120.0, free), SungBeat::Unsteady);
        assert_eq!(BeatListener::default().told(), SungBeat::Unknown);
    }

    #[test]
    fn nonsense_is_no_onset() {
        let mut listener = BeatListener::default();
        for onset in [f32::NAN, -1.0, 0.0] {
            (0..100).for_each(|_| listener.hear(onset, (0.0, 120.0), HOP));
        }
        assert_eq!(listener.told(), SungBeat::Unknown);
    }
}
