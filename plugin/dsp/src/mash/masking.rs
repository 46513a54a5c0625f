//! The mask as it acts on a frame's spectra.

use realfft::num_complex::Complex32;

use crate::{
    analysis::bands::ErbBands,
    exchange::{controls::Controls, frame::Decision},
    mash::{
        mask::{self, GainSmoother},
        transpose::Transposer,
    },
    stream::{
        layout::{BANDS, CHANNELS, SONGS, StreamLayout},
        mode::Spectra,
    },
};

/// Makes one frame of both songs, as the faders and the network's shares ask for.
pub(crate) struct Masking {
    mixed: Spectra,
    bin_gains: [Vec<f32>; SONGS],
    /// Gains of song B's pitched parts, `[bin]`; scratch of a transposed frame.
    pitched_gains: Vec<f32>,
    smoother: GainSmoother,
    transposer: Transposer,
}

impl Masking {
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        Self {
            mixed: std::array::from_fn(|_| vec![Complex32::default(); layout.bins()]),
            bin_gains: std::array::from_fn(|_| vec![0.0; layout.bins()]),
            pitched_gains: vec![0.0; layout.bins()],
            smoother: GainSmoother::new(layout),
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
        decision: &Decision,
        controls: &Controls,
        spectra: &[Spectra; SONGS],
    ) {
        let target = mask::gains(decision, controls);
        let gains = self.smoother.step(&target, controls.attack, controls.release);
        for (gains, bins) in gains.iter().zip(&mut self.bin_gains) {
            bands.interpolate(gains, bins);
        }
        if controls.delta {
            self.bin_gains.iter_mut().flatten().for_each(|gain| *gain = 1.0 - *gain);
        }
        let semitones = if controls.match_keys { decision.transpose_b } else { controls.transpose_b };
        if semitones != 0 {
            let drums = mask::drum_gains(decision, controls, &target[1], &gains[1]);
            self.keep_drums(bands, &drums);
        }
        self.mix(spectra);
        if semitones == 0 {
            self.transposer.reset();
        } else {
            self.transposer.add(semitones, &spectra[1], &self.pitched_gains, &mut self.mixed);
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

    /// Leaves of song B's gains those of its drums `[band]`, and lays the others aside.
    fn keep_drums(&mut self, bands: &ErbBands, drums: &[f32; BANDS]) {
        let gains = &mut self.bin_gains[1];
        self.pitched_gains.copy_from_slice(gains);
        bands.interpolate(drums, gains);
        for (pitched, drums) in self.pitched_gains.iter_mut().zip(gains) {
            *pitched = (*pitched - *drums).max(0.0);
        }
    }
}
