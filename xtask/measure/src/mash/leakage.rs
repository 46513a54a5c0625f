//! What of the unwanted parts is left in a mix: the known parts under the very gains of the mask.

use realfft::num_complex::Complex32;
use serde::Serialize;
use songweave_dsp::{
    analysis::bands::ErbBands,
    mash::mask::{SongGains, crossfade},
    stream::{
        layout::{PARTS, Part, SONGS, StreamLayout},
        stft::Stft,
    },
};

use crate::mash::metrics::ratio;
use songweave_synth::song::Parts;

/// Energy of every part after a mask, `[song][part]`, in any unit.
pub type PartEnergies = [[f64; PARTS]; SONGS];

/// Energy of unwanted parts against that of all wanted ones in the same mix, in dB; lower is better.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leakage {
    /// All unwanted parts together.
    pub total: f64,
    /// Each unwanted part that sounds.
    pub parts: Vec<PartLeakage>,
}

/// What is left of one unwanted part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartLeakage {
    /// `A` or `B`.
    pub song: &'static str,
    /// Name of the part.
    pub part: &'static str,
    /// Energy against that of all wanted parts in dB.
    pub level: f64,
}

impl Leakage {
    /// Of the energies after a mask; parts are unwanted where their A…B fader `[part]` leaves nothing of them. `None`
    /// when every part is wanted, or nothing that sounds is.
    #[must_use]
    pub fn of(energies: &PartEnergies, faders: &[f32; PARTS]) -> Option<Self> {
        let laws = faders.map(crossfade);
        let (mut wanted, mut unwanted) = (0.0, Vec::new());
        for (song, energies) in energies.iter().enumerate() {
            for (part, &energy) in energies.iter().enumerate() {
                if laws[part][song] > 0.0 {
                    wanted += energy;
                } else if energy > 0.0 {
                    unwanted.push((song, part, energy));
                }
            }
        }
        let level = |energy: f64| ratio(energy, wanted);
        let named = |&(song, part, energy): &(usize, usize, f64)| PartLeakage {
            song: ["A", "B"][song],
            part: Part::ALL[part].name(),
            level: level(energy),
        };
        (wanted > 0.0 && !unwanted.is_empty()).then(|| Self {
            total: level(unwanted.iter().map(|&(_, _, energy)| energy).sum()),
            parts: unwanted.iter().map(named).collect(),
        })
    }
}

/// Hears the parts of two songs under several masks at once, with the plugin's windows and bands.
pub struct LeakMeter<'a> {
    songs: [&'a Parts; SONGS],
    layout: StreamLayout,
    stft: Stft,
    bands: ErbBands,
    spectrum: Vec<Complex32>,
    /// Power of the parts in the present frame, `[song][part][bin]`.
    powers: [[Vec<f32>; PARTS]; SONGS],
    gains: Vec<f32>,
}

impl<'a> LeakMeter<'a> {
    /// For the parts of two songs, `[song][part][channel][sample]`.
    #[must_use]
    pub fn new(songs: [&'a Parts; SONGS], layout: &StreamLayout) -> Self {
        let bins = layout.bins();
        Self {
            songs,
            layout: *layout,
            stft: Stft::new(layout.window),
            bands: ErbBands::new(layout),
            spectrum: vec![Complex32::default(); bins],
            powers: std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; bins])),
            gains: vec![0.0; bins],
        }
    }

    /// Takes frame `number`, whose window begins at sample `number * hop`.
    pub fn hear(&mut self, number: usize) {
        let from = number * self.layout.hop;
        let range = from..from + self.layout.window;
        for (parts, powers) in self.songs.iter().zip(&mut self.powers) {
            for (part, powers) in parts.iter().zip(powers) {
                powers.fill(0.0);
                for channel in part {
                    self.stft.analyse(channel.get(range.clone()).unwrap_or_default(), &mut self.spectrum);
                    powers.iter_mut().zip(&self.spectrum).for_each(|(power, bin)| *power += bin.norm_sqr());
                }
            }
        }
    }

    /// Adds the energies of the present frame under a mask to `energies`.
    pub fn add(&mut self, gains: &SongGains, energies: &mut PartEnergies) {
        for ((gains, powers), energies) in gains.iter().zip(&self.powers).zip(energies) {
            self.bands.interpolate(gains, &mut self.gains);
            for (powers, energy) in powers.iter().zip(energies) {
                *energy +=
                    f64::from(powers.iter().zip(&self.gains).map(|(power, gain)| power * gain * gain).sum::<f32>());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_dsp::stream::layout::BANDS;
    use songweave_synth::song::silence;

    #[test]
    fn a_part_at_a_tenth_of_the_wanted_amplitude_leaks_at_minus_twenty_decibels() {
        let tone = |hz: f32| -> Vec<f32> { (0..8_192).map(|n| (n as f32 * hz * 0.000_142_475).sin()).collect() };
        let mut songs: [Parts; SONGS] = std::array::from_fn(|_| std::array::from_fn(|_| silence(8_192)));
        songs[0][0] = [tone(440.0), tone(440.0)];
        songs[1][1] = [tone(440.0), tone(440.0)];
        songs[1][0] = [tone(440.0), tone(440.0)];
        let layout = StreamLayout::for_sample_rate(44_100.0);
        let mut meter = LeakMeter::new([&songs[0], &songs[1]], &layout);
        let mut energies = PartEnergies::default();
        for frame in 0..12 {
            meter.hear(frame);
            meter.add(&[[1.0; BANDS], [0.1; BANDS]], &mut energies);
        }
        // Wanted: A's voice at 1 and B's drums at 0.1; unwanted: B's voice at 0.1.
        let leakage = Leakage::of(&energies, &[0.0, 1.0, 1.0, 1.0]).unwrap();
        assert!((leakage.total + 20.0 + 10.0 * 1.01f64.log10()).abs() < 1e-3, "{leakage:?}");
        assert_eq!((leakage.parts.len(), leakage.parts[0].song, leakage.parts[0].part), (1, "B", "vocals"));
        assert_eq!(Leakage::of(&energies, &[0.5; PARTS]), None, "everything is wanted");
        assert_eq!(Leakage::of(&PartEnergies::default(), &[0.0, 1.0, 1.0, 1.0]), None);
    }
}
