//! The mask as it acts on a frame's spectra.

use realfft::num_complex::Complex32;

use crate::{
    analysis::bands::ErbBands,
    exchange::{audition::Region, controls::Controls, decision::MashDecision},
    mash::{
        mask,
        shares::{PartBands, ShareSmoother},
        transpose::Transposer,
    },
    stream::{
        layout::{BANDS, CHANNELS, PARTS, Part, SONGS, StreamLayout},
        mode::Spectra,
        part_output::Whole,
    },
};

/// Makes one frame of both songs, as the faders and the network's shares ask for.
pub(crate) struct Masking {
    mixed: Spectra,
    bin_gains: [Vec<f32>; SONGS],
    /// Gains of song B's pitched parts, `[bin]`; scratch of a transposed frame.
    pitched_gains: Vec<f32>,
    smoother: ShareSmoother,
    /// What each part contributes to the gains of the frame made last.
    part_gains: PartBands,
    /// How far song B's pitched parts are transposed in it.
    semitones: i8,
    transposer: Transposer,
}

impl Masking {
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        Self {
            mixed: std::array::from_fn(|_| vec![Complex32::default(); layout.bins()]),
            bin_gains: std::array::from_fn(|_| vec![0.0; layout.bins()]),
            pitched_gains: vec![0.0; layout.bins()],
            smoother: ShareSmoother::new(layout),
            part_gains: [[[0.0; BANDS]; PARTS]; SONGS],
            semitones: 0,
            transposer: Transposer::new(layout),
        }
    }

    /// Forgets everything heard.
    pub(crate) fn reset(&mut self) {
        self.smoother.reset();
        self.transposer.reset();
    }

    /// The host has jumped: phases do not go on.
    pub(crate) fn begin_generation(&mut self) {
        self.transposer.reset();
    }

    /// The frame made last, `[channel][bin]`.
    pub(crate) const fn mixed(&self) -> &Spectra {
        &self.mixed
    }

    /// Makes a frame from both songs' spectra `[song][channel][bin]` and the decision about them.
    pub(crate) fn apply(
        &mut self,
        bands: &ErbBands,
        decision: &MashDecision,
        controls: &Controls,
        spectra: &[Spectra; SONGS],
    ) {
        self.smoother.step(&decision.shares, controls.attack, controls.release);
        self.part_gains = mask::part_gains(self.smoother.shares(), &decision.lead, controls);
        for (gains, bins) in self.part_gains.iter().zip(&mut self.bin_gains) {
            bands.interpolate(&mask::sum(gains), bins);
        }
        self.semitones = if controls.match_keys { decision.transpose_b } else { controls.transpose_b };
        if self.semitones != 0 {
            self.keep_drums(bands);
        }
        self.mix(spectra);
        if self.semitones == 0 {
            self.transposer.reset();
        } else {
            self.transposer.add(self.semitones, &spectra[1], &self.pitched_gains, &mut self.mixed);
        }
    }

    /// Makes the frame that [`Self::apply`] made last anew, with a region of it only; what is remembered for the next stays.
    pub(crate) fn keep(&mut self, bands: &ErbBands, region: &Region, spectra: &[Spectra; SONGS]) {
        self.part_gains.iter_mut().for_each(|gains| region.keep_in(gains));
        for (gains, bins) in self.part_gains.iter().zip(&mut self.bin_gains) {
            bands.interpolate(&mask::sum(gains), bins);
        }
        if self.semitones != 0 {
            self.keep_drums(bands);
        }
        self.mix(spectra);
        if self.semitones != 0 {
            self.transposer.add_again(self.semitones, &spectra[1], &self.pitched_gains, &mut self.mixed);
        }
    }

    /// Makes every part of the frame that [`Self::apply`] made last, of the same spectra: as it is heard, and as it is in
    /// song A. The parts of each whole add up to it.
    pub(crate) fn parts(
        &mut self,
        bands: &ErbBands,
        spectra: &[Spectra; SONGS],
        mut take: impl FnMut(Whole, usize, &Spectra),
    ) {
        for part in 0..PARTS {
            for (gains, bins) in self.part_gains.iter().zip(&mut self.bin_gains) {
                bands.interpolate(&gains[part], bins);
            }
            let moves = self.semitones != 0 && part != Part::Drums as usize;
            if moves {
                let gains = &mut self.bin_gains[1];
                self.pitched_gains.copy_from_slice(gains);
                gains.fill(0.0);
            }
            self.mix(spectra);
            if moves {
                self.transposer.add_again(self.semitones, &spectra[1], &self.pitched_gains, &mut self.mixed);
            }
            take(Whole::Mash, part, &self.mixed);
            bands.interpolate(&self.smoother.shares()[0][part], &mut self.bin_gains[0]);
            self.bin_gains[1].fill(0.0);
            self.mix(spectra);
            take(Whole::SongA, part, &self.mixed);
        }
    }

    fn mix(&mut self, [a, b]: &[Spectra; SONGS]) {
        let [gains_a, gains_b] = &self.bin_gains;
        for channel in 0..CHANNELS {
            let gains = gains_a.iter().zip(gains_b);
            let bins = a[channel].iter().zip(&b[channel]).zip(gains);
            for (mixed, ((a, b), (gain_a, gain_b))) in self.mixed[channel].iter_mut().zip(bins) {
                *mixed = a * gain_a + b * gain_b;
            }
        }
    }

    /// Leaves of song B's gains those of its drums, and lays the others aside.
    fn keep_drums(&mut self, bands: &ErbBands) {
        let gains = &mut self.bin_gains[1];
        self.pitched_gains.copy_from_slice(gains);
        bands.interpolate(&self.part_gains[1][Part::Drums as usize], gains);
        for (pitched, drums) in self.pitched_gains.iter_mut().zip(gains) {
            *pitched = (*pitched - *drums).max(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spectra of both songs in a hop.
    fn spectra(layout: &StreamLayout, hop: usize) -> [Spectra; SONGS] {
        let bin = |bin: usize| Complex32::from_polar(1.0 / (1 + bin % 7) as f32, (bin * (hop + 3)) as f32 * 0.37);
        std::array::from_fn(|_| std::array::from_fn(|_| (0..layout.bins()).map(bin).collect()))
    }

    #[test]
    fn of_a_kept_region_nothing_else_is_heard_and_afterwards_it_is_as_if_it_had_never_been_kept() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let bands = ErbBands::new(&layout);
        let controls = Controls { faders: [0.0, 1.0, 0.3, 0.8], transpose_b: 2, attack: 0.01, ..Controls::default() };
        let region = Region { low: 30, high: 40, part: None };
        let [mut whole, mut narrow] = [0, 1].map(|_| Masking::new(&layout));
        let power = |frame: &Spectra| frame[0].iter().map(Complex32::norm_sqr).sum::<f32>();
        for hop in 0..12 {
            let spectra = spectra(&layout, hop);
            for masking in [&mut whole, &mut narrow] {
                masking.apply(&bands, &MashDecision::UNDECIDED, &controls, &spectra);
            }
            let all = power(whole.mixed());
            if (4..8).contains(&hop) {
                narrow.keep(&bands, &region, &spectra);
                let kept = power(narrow.mixed());
                assert!(kept > 0.0 && kept < 0.1 * all, "{kept} of {all}");
                narrow.keep(&bands, &Region { low: 0, high: 95, part: None }, &spectra);
                assert!(power(narrow.mixed()) <= kept, "what was kept of a frame stays all there is of it");
            } else {
                assert_eq!(narrow.mixed(), whole.mixed(), "hop {hop}");
            }
        }
    }
}
