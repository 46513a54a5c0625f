//! How what is not vocals is divided in Studio quality: hits are short and reach over many bands, tones last and stay in a few
//! (Fitzgerald, "Harmonic/percussive separation using median filtering", DAFX-10, 2010), and what is low and lasts is bass.
//!
//! The small network, which has heard few artists, is asked for its opinion, and this is added to it. It takes some hops that
//! come later, which in Studio quality have been heard.

use std::{array::from_fn, collections::VecDeque};

use songweave_dsp::{
    analysis::bands::centre_hz,
    exchange::frame::SongsHeard,
    stream::layout::{BANDS, PARTS, Part, SONGS},
};
use songweave_models::layers::sigmoid;

/// Hops before and after a frame, and bands below and above a band, that a median is taken of.
const REACH: usize = 4;
/// What the medians count against the network's opinion, in logits per logarithm of power.
const WEIGHT: f32 = 1.2;
/// Hertz above and below which a tone is rather not bass and rather bass, and what an octave counts in logits.
const BASS_HZ: f32 = 160.0;
const OCTAVE: f32 = 2.0;
/// Power below which nothing is heard.
const SILENCE: f32 = 1e-10;
/// No opinion is surer than this.
const SUREST: f32 = 1e-4;

/// Logarithms of the bands' power in a frame, `[song][band]`.
type Powers = [[f32; BANDS]; SONGS];

/// Divides the rest of frames that were heard so many hops ago.
pub(super) struct Division {
    /// Oldest first.
    frames: VecDeque<Powers>,
    delay: usize,
    /// How far a band is from being bass, in logits.
    height: [f32; BANDS],
}

impl Division {
    /// Nothing heard so far; frames are divided `delay` hops after they were heard, at least [`REACH`].
    pub(super) fn new(delay: usize) -> Self {
        let height = from_fn(|band| OCTAVE * libm::log2f(centre_hz(band) / BASS_HZ));
        Self { frames: VecDeque::with_capacity(delay + REACH + 2), delay, height }
    }

    /// Forgets everything heard.
    pub(super) fn forget(&mut self) {
        self.frames.clear();
    }

    /// Hears the newest frame.
    pub(super) fn hear(&mut self, songs: &SongsHeard) {
        self.frames.push_back(songs.bands.each_ref().map(|song| song.power.map(|power| libm::logf(power + SILENCE))));
        if self.frames.len() > self.delay + REACH + 1 {
            self.frames.pop_front();
        }
    }

    /// Divides drums, bass and other of the frame that was heard `delay` hops ago, `[song][part][band]`; their sum stays.
    pub(super) fn divide(&self, shares: &mut [[[f32; BANDS]; PARTS]; SONGS]) {
        let Some(now) = self.frames.len().checked_sub(self.delay + 1) else { return };
        for (song, shares) in shares.iter_mut().enumerate() {
            for band in 0..BANDS {
                self.divide_band(song, band, now, shares);
            }
        }
    }

    fn divide_band(&self, song: usize, band: usize, now: usize, shares: &mut [[f32; BANDS]; PARTS]) {
        let [drums, bass, other] = [Part::Drums, Part::Bass, Part::Other].map(|part| shares[part as usize][band]);
        let (rest, tones) = (drums + bass + other, bass + other);
        if rest <= SUREST {
            return;
        }
        let around = |at: usize, end: usize| at.saturating_sub(REACH)..(at + REACH + 1).min(end);
        let lasting = median(around(now, self.frames.len()).map(|frame| self.frames[frame][song][band]));
        let wide = median(around(band, BANDS).map(|band| self.frames[now][song][band]));
        let hits = rest * sigmoid(logit(drums / rest) + WEIGHT * (wide - lasting));
        let low = if tones > SUREST { bass / tones } else { 0.5 };
        let bass = (rest - hits) * sigmoid(logit(low) - self.height[band]);
        shares[Part::Drums as usize][band] = hits;
        shares[Part::Bass as usize][band] = bass;
        shares[Part::Other as usize][band] = (rest - hits - bass).max(0.0);
    }
}

/// The median of at most `2 * REACH + 1` numbers, the greater one of two in the middle.
fn median(numbers: impl Iterator<Item = f32>) -> f32 {
    let (mut sorted, mut count) = ([0.0_f32; 2 * REACH + 1], 0);
    for (place, number) in sorted.iter_mut().zip(numbers) {
        (*place, count) = (number, count + 1);
    }
    let sorted = &mut sorted[..count];
    sorted.sort_unstable_by(f32::total_cmp);
    sorted.get(count / 2).copied().unwrap_or(0.0)
}

fn logit(share: f32) -> f32 {
    let share = share.clamp(SUREST, 1.0 - SUREST);
    libm::logf(share / (1.0 - share))
}

#[cfg(test)]
mod tests {
    use songweave_dsp::exchange::frame::SongBands;

    use super::*;

    /// A band of tones that last, at 70 Hz and at 700 Hz, and a hit in all bands every 20 hops.
    fn music(hop: usize) -> SongsHeard {
        let tone = |band: usize| [70.0, 700.0].iter().any(|hz| (centre_hz(band) / hz).log2().abs() < 0.08);
        let power =
            from_fn(|band| 1e-7 + if tone(band) { 1e-3 } else { 0.0 } + if hop % 20 == 10 { 1e-3 } else { 0.0 });
        SongsHeard { bands: [SongBands { power, width: [0.0; BANDS] }; SONGS], ..SongsHeard::SILENT }
    }

    #[test]
    fn hits_are_drums_and_tones_are_bass_or_other() {
        const DELAY: usize = 12;
        let mut division = Division::new(DELAY);
        let undecided = [[[0.25; BANDS]; PARTS]; SONGS];
        let at = |hz: f32| (0..BANDS).find(|band| centre_hz(*band) >= hz).unwrap_or(0);
        let mut hits = 0;
        for hop in 0..100 {
            division.hear(&music(hop));
            let mut shares = undecided;
            division.divide(&mut shares);
            for band in 0..BANDS {
                let sum: f32 = shares[0].iter().map(|part| part[band]).sum();
                assert!((sum - 1.0).abs() < 1e-5 && shares[0][Part::Vocals as usize][band] == 0.25, "hop {hop}");
            }
            let share = |part: Part, hz| shares[1][part as usize][at(hz)] / 0.75;
            if hop < DELAY {
                assert!(shares == undecided, "nothing was heard {DELAY} hops ago");
            } else if (hop - DELAY) % 20 == 10 {
                hits += 1;
                assert!(share(Part::Drums, 3_000.0) > 0.9, "hop {hop}");
            } else {
                assert!(share(Part::Drums, 70.0) < 0.05 && share(Part::Bass, 70.0) > 0.7, "hop {hop}");
                assert!(share(Part::Drums, 700.0) < 0.05 && share(Part::Other, 700.0) > 0.9, "hop {hop}");
            }
        }
        assert_eq!(hits, 4);
        division.forget();
        let mut shares = undecided;
        division.divide(&mut shares);
        assert!(shares == undecided);
    }
}
