//! How restless a mask is.

use songweave_dsp::stream::layout::{BANDS, SONGS, StreamLayout};

use songweave_dsp::mash::mask::SongGains;

/// A gain that has moved by so many dB since it was last counted has changed.
const STEP: f32 = 6.0;
/// Gains below this in dB are as good as closed.
const CLOSED: f32 = -24.0;
/// Band power of a song (full-scale sine = 1) below which nobody hears what its gain does.
const AUDIBLE: f32 = 1e-6;

/// Counts changes of a mask's gains: moves of more than 6 dB, gains below -24 dB taken as closed, where the song is heard.
#[derive(Debug, Clone)]
pub struct Flutter {
    /// Level in dB at the last change, `[song][band]`; none before the band was heard.
    levels: [[Option<f32>; BANDS]; SONGS],
    changes: u64,
    /// Bands heard, added up over all frames.
    heard: u64,
    hop_seconds: f64,
}

impl Flutter {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let hop_seconds = f64::from(layout.hop_seconds());
        Self { levels: [[None; BANDS]; SONGS], changes: 0, heard: 0, hop_seconds }
    }

    /// Counts in the next frame, in which the songs have these band powers `[song][band]`.
    pub fn step(&mut self, gains: &SongGains, powers: [&[f32; BANDS]; SONGS]) {
        for ((levels, gains), powers) in self.levels.iter_mut().zip(gains).zip(powers) {
            for ((level, gain), &power) in levels.iter_mut().zip(gains).zip(powers) {
                if power < AUDIBLE {
                    continue;
                }
                self.heard += 1;
                let now = (20.0 * gain.max(1e-6).log10()).max(CLOSED);
                let before = *level.get_or_insert(now);
                if (now - before).abs() > STEP {
                    self.changes += 1;
                    *level = Some(now);
                }
            }
        }
    }

    /// Changes per second of a band that is heard; 0 when nothing was.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        if self.heard == 0 { 0.0 } else { self.changes as f64 / (self.heard as f64 * self.hop_seconds) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flutter of a mask whose band `band` has the gain `gain(frame)`, all other bands being silent.
    fn flutter(gain: impl Fn(usize) -> f32) -> f64 {
        let layout = StreamLayout { sample_rate: 51_200.0, window: 2_048, hop: 512, look_ahead: 0, mask_delay: 0 };
        let mut flutter = Flutter::new(&layout);
        let (mut loud, silent) = ([0.0; BANDS], [0.0; BANDS]);
        loud[40] = 0.1;
        for frame in 0..1_000 {
            let mut gains = [[1.0; BANDS]; SONGS];
            gains[0][40] = gain(frame);
            flutter.step(&gains, [&loud, &silent]);
        }
        flutter.per_second()
    }

    #[test]
    fn only_large_changes_of_what_is_heard_count() {
        // A hundred frames a second: open and closed in turn every ten frames is ten changes a second.
        let switching = flutter(|frame| if frame / 10 % 2 == 0 { 1.0 } else { 0.0 });
        assert!((switching - 9.9).abs() < 0.01, "{switching}");
        assert_eq!(flutter(|frame| if frame / 10 % 2 == 0 { 1.0 } else { 0.7 }), 0.0, "3 dB");
        assert_eq!(flutter(|frame| if frame / 10 % 2 == 0 { 0.01 } else { 0.0 }), 0.0, "both closed");
        assert_eq!(Flutter::new(&StreamLayout::for_sample_rate(44_100.0)).per_second(), 0.0);
    }
}
