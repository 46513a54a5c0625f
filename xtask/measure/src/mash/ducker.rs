//! The classic way to make room: a band-wise ducker that turns one song down where the other is loud. The baseline.

use songweave_dsp::{
    exchange::frame::SongBands,
    mash::mask::SongGains,
    stream::layout::{BANDS, SONGS, StreamLayout},
};

/// Range in dB: how far a song is turned down at most.
const RANGE: f32 = 12.0;
/// Level in dB of the one against the other in the same band from which on the other is turned down.
const THRESHOLD: f32 = 0.0;
/// dB down for each dB above the threshold.
const SLOPE: f32 = 1.0;
/// Seconds in which the gain falls.
const ATTACK: f32 = 0.01;
/// Seconds in which it comes back.
const RELEASE: f32 = 0.15;

/// A 96-band dynamic ducker with sensible fixed settings.
#[derive(Debug, Clone)]
pub struct Ducker {
    leader: usize,
    /// Of the frame before; `None` before the first.
    gains: Option<[f32; BANDS]>,
    hop_seconds: f32,
}

impl Ducker {
    /// For a layout; `leader` (0 = A, 1 = B) passes untouched and turns the other song down.
    #[must_use]
    pub fn new(layout: &StreamLayout, leader: usize) -> Self {
        Self { leader, gains: None, hop_seconds: layout.hop_seconds() }
    }

    /// Gains of the next frame.
    pub fn step(&mut self, songs: &[SongBands; SONGS]) -> SongGains {
        let (leader, other) = if self.leader == 0 { (&songs[0], &songs[1]) } else { (&songs[1], &songs[0]) };
        let gain = |band: usize| {
            let difference = 10.0 * ((leader.power[band] + 1e-9) / (other.power[band] + 1e-9)).log10();
            let down = (SLOPE * (difference - THRESHOLD)).clamp(0.0, RANGE);
            10f32.powf(-down / 20.0)
        };
        let share = |seconds: f32| 1.0 - (-self.hop_seconds / seconds).exp();
        let target: [f32; BANDS] = std::array::from_fn(gain);
        let ducked = self.gains.get_or_insert(target);
        for (ducked, target) in ducked.iter_mut().zip(target) {
            // A falling gain is the ducker's attack.
            *ducked += share(if target < *ducked { ATTACK } else { RELEASE }) * (target - *ducked);
        }
        let (ducked, passing) = (*ducked, [1.0; BANDS]);
        if self.leader == 0 { [passing, ducked] } else { [ducked, passing] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_song_is_turned_down_where_the_leader_is_loud_and_nowhere_else() {
        let mut ducker = Ducker::new(&StreamLayout::for_sample_rate(44_100.0), 0);
        let mut songs = [SongBands::SILENT, SongBands { power: [0.01; BANDS], width: [0.0; BANDS] }];
        songs[0].power[40] = 1.0;
        let gains = ducker.step(&songs);
        assert!((gains[1][40] - 10f32.powf(-RANGE / 20.0)).abs() < 1e-3);
        assert_eq!((gains[1][10], gains[0][40]), (1.0, 1.0));
    }
}
