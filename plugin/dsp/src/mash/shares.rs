//! Attack and release of the mask.

use crate::stream::layout::{BANDS, PARTS, Part, SONGS, StreamLayout};

/// One number for each part and band of both songs, `[song][part][band]`.
pub(crate) type PartBands = [[[f32; BANDS]; PARTS]; SONGS];

/// Vocals, drums and bass; what they leave of a song is its other part.
const NAMED: [usize; PARTS - 1] = [Part::Vocals as usize, Part::Drums as usize, Part::Bass as usize];

/// The parts' shares of both songs as they follow what is decided.
///
/// Vocals, drums and bass come with the attack and go with the release, the other part is what they leave. So shares add up
/// to one at every time, and depend on the song alone: not on the faders, the depth or the limits of the mask.
#[derive(Debug, Clone)]
pub(crate) struct ShareSmoother {
    shares: PartBands,
    hop_seconds: f32,
    fresh: bool,
}

impl ShareSmoother {
    /// A smoother that takes its first shares as they are.
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        Self { shares: [[[0.0; BANDS]; PARTS]; SONGS], hop_seconds: layout.hop_seconds(), fresh: true }
    }

    /// Forgets the present shares.
    pub(crate) const fn reset(&mut self) {
        self.fresh = true;
    }

    /// The shares that were told last.
    pub(crate) const fn shares(&self) -> &PartBands {
        &self.shares
    }

    /// Moves one hop towards `target`; `attack` and `release` are time constants in seconds.
    pub(crate) fn step(&mut self, target: &PartBands, attack: f32, release: f32) {
        let fresh = std::mem::take(&mut self.fresh);
        let towards =
            |seconds: f32| if seconds > 0.0 && !fresh { 1.0 - libm::expf(-self.hop_seconds / seconds) } else { 1.0 };
        let (rise, fall) = (towards(attack), towards(release));
        for (shares, target) in self.shares.iter_mut().zip(target) {
            for band in 0..BANDS {
                step_band(shares, target, band, [rise, fall]);
            }
        }
    }
}

/// Moves the shares of one band of a song; `speeds` are the parts of the way that a rising and a falling share go.
fn step_band(shares: &mut [[f32; BANDS]; PARTS], target: &[[f32; BANDS]; PARTS], band: usize, [rise, fall]: [f32; 2]) {
    let mut named = 0.0;
    for part in NAMED {
        let (share, target) = (&mut shares[part][band], target[part][band]);
        let towards = if target > *share { rise } else { fall };
        *share = if towards >= 1.0 { target } else { *share + towards * (target - *share) };
        named += *share;
    }
    // A part that comes fast takes the room of one that goes slowly.
    if named > 1.0 {
        NAMED.iter().for_each(|part| shares[*part][band] /= named);
    }
    shares[Part::Other as usize][band] = (1.0 - named).max(0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCALS: usize = Part::Vocals as usize;
    const OTHER: usize = Part::Other as usize;

    /// Shares of which everything is one part's.
    fn only(part: usize) -> PartBands {
        let mut shares = [[[0.0; BANDS]; PARTS]; SONGS];
        shares.iter_mut().for_each(|song| song[part] = [1.0; BANDS]);
        shares
    }

    #[test]
    fn a_part_comes_with_the_attack_and_goes_with_the_release() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let mut smoother = ShareSmoother::new(&layout);
        smoother.step(&only(OTHER), 1.0, 1.0);
        assert_eq!(*smoother.shares(), only(OTHER), "the first shares are taken as they are");
        smoother.step(&only(VOCALS), layout.hop_seconds(), 0.0);
        let risen = smoother.shares()[0][VOCALS][7];
        assert!((risen - (1.0 - (-1.0_f32).exp())).abs() < 1e-6, "{risen}");
        assert!((smoother.shares()[0][OTHER][7] - (1.0 - risen)).abs() < 1e-6);
        smoother.step(&only(OTHER), 0.0, layout.hop_seconds());
        assert!((smoother.shares()[0][VOCALS][7] - risen * (-1.0_f32).exp()).abs() < 1e-6);
        smoother.step(&only(OTHER), 1.0, 0.0);
        assert_eq!(*smoother.shares(), only(OTHER));
    }

    #[test]
    fn whatever_happens_the_shares_add_up_to_one() {
        let mut smoother = ShareSmoother::new(&StreamLayout::for_sample_rate(48_000.0));
        let times = [0.0, 1e-3, 0.02, 0.3, 5.0];
        for n in 0..500_usize {
            let number = |seed: usize| ((n * 7_919 + seed * 104_729) % 1_009) as f32 / 1_009.0;
            let raw = |song: usize, part: usize, band: usize| number(1 + band + 100 * part + 1_000 * song).powi(6);
            let share =
                |song, part, band| raw(song, part, band) / (0..PARTS).map(|part| raw(song, part, band)).sum::<f32>();
            let target = std::array::from_fn(|song| {
                std::array::from_fn(|part| std::array::from_fn(|band| share(song, part, band)))
            });
            smoother.step(&target, times[n % 5], times[n / 5 % 5]);
            for song in smoother.shares() {
                for band in 0..BANDS {
                    let sum: f32 = song.iter().map(|shares| shares[band]).sum();
                    assert!((sum - 1.0).abs() < 3e-7 && song.iter().all(|shares| shares[band] >= 0.0), "{sum}");
                }
            }
        }
    }
}
