//! A virtual-analogue synthesiser: wavetables in unison, sub oscillator, noise and FM through a resonant or a formant
//! filter with envelopes and a slow oscillator. Renders offline, note by note; the seed decides everything.

use std::f32::consts::{PI, TAU};

use crate::{
    effects::state_variable::{Band, Formants, StateVariable},
    instruments::oscillator::{Slice, Wavetable, phase_of},
    song::{Stereo, silence},
};
use songweave_score::{notation::note::Note, random::Random};

/// Samples over which pitch, filter and level are taken as constant or straight lines.
const BLOCK: usize = 32;
/// Most oscillators of a note in unison.
const UNISON: usize = 9;

/// Rise to full, fall to a level, end: in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    /// Time to full level.
    pub attack: f32,
    /// Time in which the way to the sustained level is done to a twentieth.
    pub decay: f32,
    /// Level while held, 0…1.
    pub sustain: f32,
    /// Time in which a released note falls to a hundredth.
    pub release: f32,
}

impl Envelope {
    /// The level `now` seconds after the begin of a note that is held for `length` seconds.
    #[must_use]
    pub fn at(&self, now: f32, length: f32) -> f32 {
        let held = |now: f32| {
            if now < self.attack {
                return now / self.attack;
            }
            self.sustain + (1.0 - self.sustain) * (-3.0 * (now - self.attack) / self.decay.max(1e-3)).exp()
        };
        if now < length { held(now) } else { held(length) * (-4.6 * (now - length) / self.release.max(1e-3)).exp() }
    }
}

/// What a filter lets pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pass {
    /// Everything.
    All,
    /// A band of a resonant filter.
    Band(Band),
    /// A vowel (of [`crate::effects::state_variable::VOWELS`]) that moves to another one with each note, as in a throat.
    Vowels,
}

/// The filter of a patch.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    /// What passes.
    pub pass: Pass,
    /// Two filters in a row: 24 instead of 12 dB per octave.
    pub steep: bool,
    /// Corner frequency at middle C in Hz.
    pub cutoff: f32,
    /// How far the corner follows the note, 0…1.
    pub track: f32,
    /// Resonance (quality), 0.5…15.
    pub resonance: f32,
    /// Octaves the envelope opens the filter at full velocity.
    pub sweep: f32,
    /// The filter's envelope.
    pub envelope: Envelope,
    /// Octaves the slow oscillator moves the corner up and down.
    pub wobble: f32,
}

/// Frequency modulation by a sine.
#[derive(Debug, Clone, Copy)]
pub struct Fm {
    /// Frequency of the modulator against the note's.
    pub ratio: f32,
    /// Depth in radians at the begin of a note.
    pub index: f32,
    /// Time in which the depth falls to a third, seconds.
    pub decay: f32,
}

/// A sound of the synthesiser.
#[derive(Debug, Clone)]
pub struct Patch {
    /// The waveform.
    pub table: Wavetable,
    /// Place in the waveform's shapes, how far the slow oscillator moves it, and how far the filter's envelope does.
    pub morph: [f32; 3],
    /// Oscillators in unison, 1…9.
    pub unison: usize,
    /// Distance of the outermost oscillators from the note in semitones.
    pub detune: f32,
    /// Level of a sine an octave below, against the oscillators.
    pub sub: f32,
    /// Level of noise.
    pub noise: f32,
    /// Frequency modulation of all oscillators.
    pub fm: Option<Fm>,
    /// Loudness.
    pub amp: Envelope,
    /// The filter.
    pub filter: Filter,
    /// Beats of a period of the slow oscillator.
    pub lfo_beats: f32,
    /// Whether that period changes from note to note.
    pub lfo_changes: bool,
    /// Vibrato in semitones, begins with the second half second of a note.
    pub vibrato: f32,
    /// Semitones above the note at its begin, and time in which they fall to a third, in seconds.
    pub drop: [f32; 2],
    /// Time to glide from the note before, seconds; 0 = none.
    pub glide: f32,
    /// Whether a note ends the one before.
    pub mono: bool,
}

impl Patch {
    /// Plays the notes, which are in seconds from the first sample and in order, at `beat` seconds per beat.
    #[must_use]
    pub fn play(&self, notes: &[Note], beat: f64, samples: usize, rate: u32, random: &mut Random) -> Stereo {
        let mut out = silence(samples);
        let mut before = None;
        for (index, note) in notes.iter().enumerate() {
            let next = notes.get(index + 1).map_or(f64::INFINITY, |next| next.start);
            let length = if self.mono { note.length.min(next - note.start) } else { note.length };
            let held = Note { length, ..*note };
            let from = before.filter(|_| self.glide > 0.0).unwrap_or(note.key);
            Sounding::new(self, held, from, beat as f32, rate as f32, random).render(&mut out, random);
            before = Some(note.key);
        }
        out
    }
}

/// A note while it sounds.
struct Sounding<'a> {
    patch: &'a Patch,
    note: Note,
    from: f32,
    rate: f32,
    lfo: f32,
    velocity: f32,
    phases: [u32; UNISON],
    sub: u32,
    modulator: u32,
    filters: [[StateVariable; 2]; 2],
    formants: [Formants; 2],
    vowels: [usize; 2],
}

/// What a block of a note sounds like.
struct Moment {
    /// Periods per sample.
    step: f32,
    place: f32,
    cutoff: f32,
    index: f32,
}

impl<'a> Sounding<'a> {
    fn new(patch: &'a Patch, note: Note, from: f32, beat: f32, rate: f32, random: &mut Random) -> Self {
        let pace = if patch.lfo_changes { [1.0, 1.0, 2.0, 1.5, 3.0, 0.5][random.index(6)] } else { 1.0 };
        // A single oscillator begins where a waveform crosses zero; several begin anywhere, as free-running ones do.
        let phase = |random: &mut Random| if patch.unison > 1 { random.bits() as u32 } else { 0 };
        Self {
            patch,
            note,
            from,
            rate,
            lfo: pace / (patch.lfo_beats * beat).max(0.01),
            velocity: note.velocity.clamp(0.0, 1.0),
            phases: std::array::from_fn(|_| phase(random)),
            sub: 0,
            modulator: 0,
            filters: Default::default(),
            formants: Default::default(),
            vowels: [random.index(9), random.index(9)],
        }
    }

    fn render(&mut self, out: &mut Stereo, random: &mut Random) {
        let start = (self.note.start.max(0.0) * f64::from(self.rate)) as usize;
        let length = self.note.length as f32;
        let seconds = length + 1.5 * self.patch.amp.release;
        let end = (start + (seconds * self.rate) as usize).min(out[0].len());
        let loud = 0.3 + 0.7 * self.velocity;
        let mut level = self.patch.amp.at(0.0, length) * loud;
        for begin in (start..end).step_by(BLOCK) {
            let now = (begin - start) as f32 / self.rate;
            let size = BLOCK.min(end - begin);
            let mut block = [[0.0; BLOCK]; 2];
            let moment = self.moment(now, length);
            self.oscillate(&moment, &mut block, random);
            self.filter(&moment, now, &mut block);
            let fade = ((seconds - now) * self.rate / 256.0).clamp(0.0, 1.0);
            let target = self.patch.amp.at(now + BLOCK as f32 / self.rate, length) * loud * fade;
            for (out, block) in out.iter_mut().zip(&block) {
                let ramp = (target - level) / BLOCK as f32;
                for (n, (out, sample)) in out[begin..begin + size].iter_mut().zip(block).enumerate() {
                    *out += sample * (level + ramp * n as f32);
                }
            }
            level = target;
        }
    }

    fn moment(&self, now: f32, length: f32) -> Moment {
        let patch = self.patch;
        let slow = (TAU * (self.lfo * (self.note.start as f32 * f32::from(!patch.lfo_changes as u8) + now))).sin();
        let opened = patch.filter.envelope.at(now, length) * (0.3 + 0.7 * self.velocity);
        let glide = (self.from - self.note.key) * (-3.0 * now / patch.glide.max(1e-3)).exp();
        let vibrato = patch.vibrato * (TAU * 5.6 * now).sin() * ((now - 0.2) * 3.0).clamp(0.0, 1.0);
        let drop = patch.drop[0] * (-now / patch.drop[1].max(1e-3)).exp();
        let key = self.note.key + glide + vibrato + drop;
        let filter = &patch.filter;
        let octaves = filter.track * (key - 60.0) / 12.0 + filter.sweep * opened + filter.wobble * slow;
        Moment {
            step: (440.0 * ((key - 69.0) / 12.0).exp2() / self.rate).min(0.45),
            place: patch.morph[0] + patch.morph[1] * slow + patch.morph[2] * opened,
            cutoff: filter.cutoff * octaves.exp2(),
            index: patch.fm.map_or(0.0, |fm| fm.index * (-now / fm.decay).exp()),
        }
    }

    fn oscillate(&mut self, moment: &Moment, block: &mut [[f32; BLOCK]; 2], random: &mut Random) {
        let patch = self.patch;
        let voices = patch.unison.clamp(1, UNISON);
        let slice = patch.table.slice(moment.place, moment.step);
        let shift = self.modulation(moment);
        let gain = 1.0 / (voices as f32).sqrt();
        for voice in 0..voices {
            let place = if voices == 1 { 0.0 } else { 2.0 * voice as f32 / (voices - 1) as f32 - 1.0 };
            let step = phase_of(moment.step * (patch.detune * place / 12.0).exp2());
            let gains = [gain * (1.0 - 0.8 * place).sqrt(), gain * (1.0 + 0.8 * place).sqrt()];
            // Neighbours change sides, so that high and low oscillators are heard on both.
            let gains = if voice % 2 == 0 { gains } else { [gains[1], gains[0]] };
            self.phases[voice] = sweep(&slice, self.phases[voice], step, &shift, gains, block);
        }
        if patch.sub > 0.0 {
            let step = phase_of(moment.step * 0.5);
            for n in 0..BLOCK {
                let value = 0.5 * patch.sub * (TAU * self.sub as f32 / 4_294_967_296.0).sin();
                block.iter_mut().for_each(|channel| channel[n] += value);
                self.sub = self.sub.wrapping_add(step);
            }
        }
        if patch.noise > 0.0 {
            block.iter_mut().flatten().for_each(|sample| *sample += patch.noise * random.noise());
        }
    }

    /// Shift of the phase of all oscillators in a block.
    fn modulation(&mut self, moment: &Moment) -> [u32; BLOCK] {
        let Some(fm) = self.patch.fm else { return [0; BLOCK] };
        let step = phase_of((moment.step * fm.ratio).min(0.45));
        // High notes are modulated less: their side bands would fold back.
        let index = moment.index * (0.12 / (moment.step * fm.ratio.max(1.0))).min(1.0) / TAU;
        std::array::from_fn(|_| {
            self.modulator = self.modulator.wrapping_add(step);
            phase_of(index * (TAU * self.modulator as f32 / 4_294_967_296.0).sin())
        })
    }

    fn filter(&mut self, moment: &Moment, now: f32, block: &mut [[f32; BLOCK]; 2]) {
        let filter = &self.patch.filter;
        match filter.pass {
            Pass::All => {}
            Pass::Band(band) => {
                let g = (PI * (moment.cutoff / self.rate).clamp(0.0005, 0.45)).tan();
                for (channel, filters) in block.iter_mut().zip(&mut self.filters) {
                    filters[0].run(band, g, filter.resonance, channel);
                    if filter.steep {
                        filters[1].run(band, g, 0.7, channel);
                    }
                }
            }
            Pass::Vowels => {
                let way = (now / 0.25).min(1.0);
                for (channel, formants) in block.iter_mut().zip(&mut self.formants) {
                    formants.run(self.vowels, way, filter.resonance, filter.cutoff, self.rate, channel);
                }
            }
        }
    }
}

/// Adds an oscillator to a block; returns its phase at the end.
fn sweep(
    slice: &Slice,
    mut phase: u32,
    step: u32,
    shift: &[u32; BLOCK],
    gains: [f32; 2],
    block: &mut [[f32; BLOCK]; 2],
) -> u32 {
    let [left, right] = block;
    for ((left, right), shift) in left.iter_mut().zip(right).zip(shift) {
        let value = slice.at(phase.wrapping_add(*shift));
        *left += gains[0] * value;
        *right += gains[1] * value;
        phase = phase.wrapping_add(step);
    }
    phase
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: Envelope = Envelope { attack: 0.002, decay: 0.1, sustain: 1.0, release: 0.02 };

    fn patch(table: Wavetable, pass: Pass) -> Patch {
        let filter = Filter {
            pass,
            steep: true,
            cutoff: 800.0,
            track: 0.0,
            resonance: 0.7,
            sweep: 0.0,
            envelope: HELD,
            wobble: 0.0,
        };
        Patch {
            table,
            morph: [0.0; 3],
            unison: 1,
            detune: 0.0,
            sub: 0.0,
            noise: 0.0,
            fm: None,
            amp: HELD,
            filter,
            lfo_beats: 1.0,
            lfo_changes: false,
            vibrato: 0.0,
            drop: [0.0; 2],
            glide: 0.0,
            mono: false,
        }
    }

    fn play(patch: &Patch, notes: &[Note]) -> Vec<f32> {
        let [left, right] = patch.play(notes, 0.5, 44_100, 44_100, &mut Random::new(3));
        assert!(left.iter().chain(&right).all(|sample| sample.is_finite()));
        left
    }

    fn hertz(sound: &[f32]) -> f32 {
        let rises = sound.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
        rises as f32 * 44_100.0 / sound.len() as f32
    }

    const NOTES: [Note; 2] = [
        Note { start: 0.1, length: 0.3, key: 69.0, velocity: 1.0 },
        Note { start: 0.5, length: 0.4, key: 57.0, velocity: 1.0 },
    ];

    #[test]
    fn notes_sound_at_their_time_and_pitch() {
        let sound = play(&patch(Wavetable::sine(), Pass::All), &NOTES);
        assert!(sound[..4_000].iter().chain(&sound[20_000..22_000]).all(|sample| *sample == 0.0));
        assert!((hertz(&sound[5_000..17_000]) - 440.0).abs() < 5.0);
        assert!((hertz(&sound[23_000..38_000]) - 220.0).abs() < 5.0);
    }

    #[test]
    fn a_low_pass_takes_the_edge_and_a_glide_begins_at_the_note_before() {
        let edge = |sound: &[f32]| sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let open = play(&patch(Wavetable::saw(), Pass::All), &NOTES);
        let dull = play(&patch(Wavetable::saw(), Pass::Band(Band::Low)), &NOTES);
        assert!(edge(&dull) < 0.3 * edge(&open), "{} {}", edge(&dull), edge(&open));
        let gliding = Patch { glide: 0.2, mono: true, ..patch(Wavetable::sine(), Pass::All) };
        let early = hertz(&play(&gliding, &NOTES)[22_050..23_500]);
        assert!(early > 300.0, "{early}");
    }

    #[test]
    fn fm_unison_noise_and_vowels_stay_within_level() {
        let fm = Some(Fm { ratio: 3.0, index: 6.0, decay: 0.3 });
        for pass in [Pass::All, Pass::Band(Band::Band), Pass::Band(Band::High), Pass::Vowels] {
            let rich = Patch { unison: 9, detune: 0.3, sub: 0.7, noise: 0.1, fm, ..patch(Wavetable::saw(), pass) };
            let sound = play(&rich, &NOTES);
            let peak = sound.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!((0.01..6.0).contains(&peak), "{pass:?}: {peak}");
        }
    }
}
