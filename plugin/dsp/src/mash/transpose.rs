//! Transposition of a stream of spectra, with formants kept.
//!
//! Every frame is cut into regions, one around each spectral peak; a region is moved as a whole by a whole number of
//! bins, and turned so that its phase runs on at the transposed frequency from frame to frame (Laroche and Dolson, "New
//! phase-vocoder techniques for pitch-shifting, harmonizing and other exotic effects", 1999). All bins of a region turn
//! alike, so the phases around a peak stay locked, and both channels turn alike, so the stereo image stays. Where a sound
//! begins, its regions are turned such that its instant stays where it is (after Röbel, "A new approach to transient
//! processing in the phase vocoder", 2003). The spectral envelope is taken out before the move and put back after it.

use std::f32::consts::TAU;

use realfft::num_complex::Complex32;

use crate::{
    analysis::envelope::Envelope,
    stream::layout::{CHANNELS, StreamLayout},
};

/// Largest transposition in semitones, up and down.
pub const MOST_SEMITONES: i8 = 6;
/// Gains that keep formants stay within these, linear: −18 dB … 18 dB.
const FORMANT_GAINS: (f32, f32) = (0.126, 7.94);
/// A peak begins where its power is this many times that of the frame before …
const BORN_RISE: f32 = 4.0;
/// … and its sound lies this late in the window, as a share of the window behind its middle.
const BORN_LATE: f32 = 1.0 / 16.0;
/// A region is moved by another number of bins than in the frame before only when that was this far off, in bins.
const KEPT_SHIFT: f32 = 0.65;
/// Hops in a window.
const HOPS: f32 = 4.0;

/// A region of the spectrum around a peak.
#[derive(Debug, Clone, Copy, Default)]
struct Region {
    /// The peak's bin.
    peak: usize,
    /// One behind the last bin; the first is where the region before ends.
    end: usize,
    /// The peak's frequency in bins.
    frequency: f32,
    /// How far it is turned, in turns.
    turn: f32,
    /// How far it is moved, in bins.
    shift: i32,
    /// Whether its sound begins here.
    born: bool,
}

impl Region {
    /// Chooses the whole number of bins nearest to `exact`, or stays at that of the frame before.
    fn settle(&mut self, exact: f32) {
        if (exact - self.shift as f32).abs() > KEPT_SHIFT {
            self.shift = exact.round() as i32;
        }
    }
}

/// Transposes a stream of frames.
pub struct Transposer {
    /// Spectra of the frame before, `[channel][bin]`, when `follows`.
    before: [Vec<Complex32>; CHANNELS],
    follows: bool,
    /// How far the region that each bin belonged to was turned and moved in the frame before, `[bin]`.
    moves: Vec<(f32, i32)>,
    regions: Vec<Region>,
    count: usize,
    power: Vec<f32>,
    envelope: Envelope,
}

impl Transposer {
    /// A transposer for frames of a layout.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let bins = layout.bins();
        Self {
            before: std::array::from_fn(|_| vec![Complex32::default(); bins]),
            follows: false,
            moves: vec![(0.0, 0); bins],
            // Peaks are at least two bins apart.
            regions: vec![Region::default(); bins / 2 + 1],
            count: 0,
            power: vec![0.0; bins],
            envelope: Envelope::new(layout),
        }
    }

    /// Forgets the phases: the next frame follows none.
    pub fn reset(&mut self) {
        self.follows = false;
        self.moves.fill((0.0, 0));
    }

    /// Adds a frame, transposed by `semitones` (−6…6), onto `mixed`. The frame is `spectra` `[channel][bin]` times
    /// `gains` `[bin]`; frames must come hop by hop, see [`Self::reset`].
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn add(
        &mut self,
        semitones: i8,
        spectra: &[Vec<Complex32>; CHANNELS],
        gains: &[f32],
        mixed: &mut [Vec<Complex32>; CHANNELS],
    ) {
        let stretch = stretch(semitones);
        let [left, right] = spectra;
        for ((power, gain), (l, r)) in self.power.iter_mut().zip(gains).zip(left.iter().zip(right)) {
            *power = (l.norm_sqr() + r.norm_sqr()) * gain * gain;
        }
        self.find_regions();
        self.follow_phases(stretch, spectra);
        self.place_beginnings(stretch, spectra);
        for region in &mut self.regions[..self.count] {
            region.settle(stretch * region.frequency);
        }
        self.envelope.estimate(&self.power);
        self.move_regions(stretch, spectra, gains, mixed);
        self.remember(spectra);
    }

    /// Adds what other `gains` `[bin]` have of the frame that [`Self::add`] added last, moved and turned as that was: gains that
    /// add up to its gains give what adds up to it.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn add_again(
        &self,
        semitones: i8,
        spectra: &[Vec<Complex32>; CHANNELS],
        gains: &[f32],
        mixed: &mut [Vec<Complex32>; CHANNELS],
    ) {
        self.move_regions(stretch(semitones), spectra, gains, mixed);
    }

    /// Cuts the spectrum at its valleys.
    fn find_regions(&mut self) {
        let Self { power, regions, count, .. } = self;
        let last = power.len() - 1;
        *count = 0;
        let mut valley = (0, f32::INFINITY);
        for bin in 0..=last {
            let here = power[bin];
            if here < valley.1 {
                valley = (bin, here);
            }
            // Partials of low notes are hardly more than two bins apart, so only the nearest neighbours are asked.
            let is_peak = (bin == 0 || power[bin - 1] < here) && (bin == last || power[bin + 1] <= here);
            if is_peak && here > 0.0 && *count < regions.len() {
                if *count > 0 {
                    regions[*count - 1].end = valley.0;
                }
                regions[*count] = Region { peak: bin, end: last + 1, ..Region::default() };
                *count += 1;
                valley = (bin, f32::INFINITY);
            }
        }
    }

    /// Measures each peak's frequency by how its phase advanced, and turns its region on.
    fn follow_phases(&mut self, stretch: f32, spectra: &[Vec<Complex32>; CHANNELS]) {
        for region in &mut self.regions[..self.count] {
            let peak = region.peak;
            region.frequency = peak as f32;
            (region.turn, region.shift) = self.moves[peak];
            if !self.follows || peak == 0 {
                continue;
            }
            let advance: Complex32 = (0..CHANNELS).map(|c| spectra[c][peak] * self.before[c][peak].conj()).sum();
            // In one hop a sine on the bin's centre advances by a quarter turn per bin.
            let off_centre = fraction(advance.arg() / TAU - (peak % 4) as f32 / HOPS);
            region.frequency = (peak as f32 + off_centre * HOPS).max(0.0);
            region.turn = fraction(region.turn + fraction(stretch * peak as f32 / HOPS) + stretch * off_centre);
            let near = peak.saturating_sub(1)..(peak + 2).min(self.power.len());
            let power = |spectra: &[Vec<Complex32>; CHANNELS]| -> f32 {
                spectra.iter().flat_map(|spectrum| &spectrum[near.clone()]).map(Complex32::norm_sqr).sum()
            };
            region.born = power(spectra) > BORN_RISE * power(&self.before);
        }
    }

    /// Turns the regions of a sound that begins in this window such that its instant stays where it is.
    fn place_beginnings(&mut self, stretch: f32, spectra: &[Vec<Complex32>; CHANNELS]) {
        let mut instant = Complex32::default();
        for region in self.regions[..self.count].iter_mut().filter(|region| region.born) {
            // Neighbouring bins of a sound at one instant differ by an angle that tells the instant (group delay).
            let near = region.peak.saturating_sub(2)..(region.peak + 2).min(self.power.len() - 1);
            let delay: Complex32 =
                spectra.iter().flat_map(|bins| near.clone().map(|bin| bins[bin + 1].conj() * -bins[bin])).sum();
            region.born = delay.im > 0.0 && delay.arg() > TAU * BORN_LATE;
            if region.born {
                instant += delay;
            }
        }
        let late = instant.arg() / TAU;
        for region in self.regions[..self.count].iter_mut().filter(|region| region.born) {
            region.turn = fraction(-stretch * region.frequency * late);
        }
    }

    /// Adds every region at its new place.
    fn move_regions(
        &self,
        stretch: f32,
        spectra: &[Vec<Complex32>; CHANNELS],
        gains: &[f32],
        mixed: &mut [Vec<Complex32>; CHANNELS],
    ) {
        let last = self.power.len() as isize - 1;
        let mut first = 0;
        for region in &self.regions[..self.count] {
            let level = 1.0 / off_centre_level(stretch * region.frequency - region.shift as f32);
            // Frames are told from their first sample, turns from their middle: half a turn per bin.
            let turn = region.turn + if region.shift % 2 == 0 { 0.0 } else { 0.5 };
            let (im, re) = libm::sincosf(TAU * turn);
            let turn = Complex32::new(re, im) * level;
            for bin in first..region.end {
                let to = bin as isize + region.shift as isize;
                if to > last {
                    break;
                }
                let place = to.unsigned_abs();
                let formant = self.envelope.ratio(bin, place).clamp(FORMANT_GAINS.0, FORMANT_GAINS.1);
                let turn = turn * (gains[bin] * formant);
                for (mixed, spectrum) in mixed.iter_mut().zip(spectra) {
                    let moved = spectrum[bin] * turn;
                    // What falls below zero is heard as its mirror image.
                    mixed[place] += if to < 0 { moved.conj() } else { moved };
                }
            }
            first = region.end;
        }
    }

    fn remember(&mut self, spectra: &[Vec<Complex32>; CHANNELS]) {
        let mut first = 0;
        for region in &self.regions[..self.count] {
            self.moves[first..region.end].fill((region.turn, region.shift));
            first = region.end;
        }
        for (before, spectrum) in self.before.iter_mut().zip(spectra) {
            before.copy_from_slice(spectrum);
        }
        self.follows = true;
    }
}

/// How much higher a transposition makes every frequency, as a share of it.
fn stretch(semitones: i8) -> f32 {
    libm::exp2f(f32::from(semitones.clamp(-MOST_SEMITONES, MOST_SEMITONES)) / 12.0) - 1.0
}

/// The part of a number of turns that counts, −0.5…0.5.
fn fraction(turns: f32) -> f32 {
    turns - turns.round()
}

/// Level of a sine after overlap-add whose frames hold it `off` bins (−0.5…0.5) beside where it runs on: the transform
/// of the Hann window, which analysis and synthesis make together.
fn off_centre_level(off: f32) -> f32 {
    let angle = std::f32::consts::PI * off;
    let sinc = if angle.abs() < 1e-3 { 1.0 } else { libm::sinf(angle) / angle };
    sinc / (1.0 - off * off)
}

#[cfg(test)]
mod tests;
