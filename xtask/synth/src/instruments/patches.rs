//! Random patches of the synthesiser, by what they are for.

use crate::{
    effects::{
        layer_effects::{Drive, Effects},
        state_variable::Band,
    },
    instruments::{
        oscillator::Wavetable,
        synthesiser::{Envelope, Filter, Fm, Pass, Patch},
    },
};
use songweave_score::random::Random;

/// Basses of electronic music.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bass {
    /// A sine or triangle, hardly more.
    Sub,
    /// A long sine with a fall at its begin, often driven.
    Eight,
    /// Detuned saws that beat.
    Reese,
    /// One oscillator through a resonant filter with a short envelope.
    Acid,
    /// Frequency modulation.
    Fm,
    /// Short and filtered.
    Plucked,
    /// Everything, driven.
    Distorted,
    /// A filter that moves in time with the beat.
    Wobble,
}

/// All basses.
pub const BASSES: [Bass; 8] =
    [Bass::Sub, Bass::Eight, Bass::Reese, Bass::Acid, Bass::Fm, Bass::Plucked, Bass::Distorted, Bass::Wobble];

/// Layers of electronic music above the bass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// A melody.
    Lead,
    /// A melody through the formants of a throat: not a voice.
    Talking,
    /// Short notes.
    Pluck,
    /// Chords held for long.
    Pad,
    /// Chords in a rhythm.
    Stab,
    /// Electric pianos, bells, organs.
    Keys,
}

/// A random patch for a bass.
#[must_use]
pub fn bass(kind: Bass, random: &mut Random) -> Patch {
    let mut patch = plain(random);
    patch.mono = true;
    patch.amp = envelope([0.001, 0.01], [0.2, 1.0], [0.5, 1.0], [0.02, 0.12], random);
    patch.filter = low_pass([150.0, 900.0], [0.6, 2.5], [0.0, 2.0], random);
    patch.glide = if random.chance(0.25) { random.between(0.03, 0.15) } else { 0.0 };
    patch.sub = if random.chance(0.5) { random.between(0.2, 1.0) } else { 0.0 };
    match kind {
        Bass::Sub => {
            patch.table = if random.chance(0.6) { Wavetable::sine() } else { Wavetable::triangle() };
            patch.filter.pass = Pass::All;
            patch.sub = 0.0;
        }
        Bass::Eight => {
            patch.table = Wavetable::sine();
            patch.filter.pass = Pass::All;
            patch.amp = envelope([0.001, 0.004], [0.6, 3.0], [0.0, 0.3], [0.05, 0.4], random);
            patch.drop = [random.between(4.0, 24.0), random.between(0.01, 0.06)];
            patch.glide = if random.chance(0.4) { random.between(0.05, 0.2) } else { 0.0 };
            patch.sub = 0.0;
        }
        Bass::Reese => unison(&mut patch, [2, 7], [0.08, 0.4], random),
        Bass::Acid => {
            patch.table = if random.chance(0.6) { Wavetable::saw() } else { Wavetable::pulse() };
            patch.filter = low_pass([120.0, 500.0], [3.0, 14.0], [1.5, 4.5], random);
            patch.filter.envelope = envelope([0.001, 0.003], [0.1, 0.5], [0.0, 0.2], [0.05, 0.1], random);
            patch.glide = random.between(0.02, 0.1);
        }
        Bass::Fm => {
            patch.table = Wavetable::sine();
            patch.fm = Some(modulation([1.0, 2.0, 1.0, 3.0, 0.5], [0.8, 5.0], [0.08, 1.5], random));
            patch.filter.pass = if random.chance(0.5) { Pass::All } else { patch.filter.pass };
        }
        Bass::Plucked => {
            patch.amp = envelope([0.001, 0.003], [0.12, 0.6], [0.0, 0.2], [0.03, 0.15], random);
            patch.filter = low_pass([90.0, 300.0], [0.6, 3.0], [2.0, 5.0], random);
            patch.filter.envelope = envelope([0.001, 0.002], [0.08, 0.4], [0.0, 0.1], [0.05, 0.1], random);
        }
        Bass::Distorted => {
            unison(&mut patch, [1, 5], [0.02, 0.25], random);
            patch.filter = low_pass([400.0, 3_000.0], [0.6, 3.0], [0.0, 2.0], random);
            patch.morph[1] = random.between(0.0, 0.4);
        }
        Bass::Wobble => wobble(&mut patch, random),
    }
    patch
}

/// Effects that suit a bass: no wide echoes, little room.
#[must_use]
pub fn bass_effects(kind: Bass, random: &mut Random) -> Effects {
    let (probability, room) = match kind {
        Bass::Sub => (0.1, 0.0),
        Bass::Distorted => (1.0, 0.1),
        Bass::Wobble | Bass::Eight => (0.5, 0.05),
        _ => (0.3, 0.08),
    };
    Effects {
        drive: Drive::random(probability, random),
        chorus: if random.chance(0.08) { random.between(0.1, 0.4) } else { 0.0 },
        send: if random.chance(0.3) { random.between(0.0, room) } else { 0.0 },
        ..Effects::default()
    }
}

/// A random patch for a layer.
#[must_use]
pub fn layer(kind: Layer, random: &mut Random) -> Patch {
    let mut patch = plain(random);
    match kind {
        Layer::Lead => lead(&mut patch, random),
        Layer::Talking => {
            lead(&mut patch, random);
            patch.table = if random.chance(0.5) { Wavetable::saw() } else { Wavetable::pulse() };
            patch.fm = None;
            patch.filter.pass = Pass::Vowels;
            patch.filter.cutoff = random.between(850.0, 1_400.0);
            patch.filter.resonance = random.between(4.0, 14.0);
            patch.vibrato = random.between(0.0, 0.6);
        }
        Layer::Pluck => {
            patch.amp = envelope([0.001, 0.004], [0.1, 0.7], [0.0, 0.1], [0.05, 0.5], random);
            patch.filter = low_pass([200.0, 1_500.0], [0.6, 5.0], [1.0, 4.5], random);
            patch.filter.envelope = envelope([0.001, 0.003], [0.06, 0.5], [0.0, 0.2], [0.05, 0.3], random);
            unison(&mut patch, [1, 6], [0.03, 0.2], random);
        }
        Layer::Pad => {
            patch.amp = envelope([0.05, 0.9], [0.5, 2.0], [0.6, 1.0], [0.3, 2.0], random);
            patch.filter = low_pass([250.0, 3_000.0], [0.6, 3.0], [0.0, 2.0], random);
            patch.filter.envelope = envelope([0.1, 2.0], [0.5, 3.0], [0.2, 1.0], [0.5, 1.5], random);
            patch.lfo_beats = [4.0, 8.0, 16.0, 2.0][random.index(4)];
            patch.filter.wobble = if random.chance(0.5) { random.between(0.1, 1.2) } else { 0.0 };
            patch.morph[1] = random.between(0.0, 0.5);
            patch.noise = if random.chance(0.25) { random.between(0.01, 0.15) } else { 0.0 };
            unison(&mut patch, [3, 8], [0.05, 0.3], random);
        }
        Layer::Stab => {
            patch.amp = envelope([0.001, 0.01], [0.15, 1.0], [0.0, 0.8], [0.05, 0.3], random);
            patch.filter = low_pass([400.0, 5_000.0], [0.6, 3.0], [0.0, 3.0], random);
            unison(&mut patch, [1, 9], [0.05, 0.35], random);
        }
        Layer::Keys => {
            patch.table = if random.chance(0.7) { Wavetable::sine() } else { Wavetable::random(random) };
            let ratios = [1.0, 2.0, 3.0, 3.5, 14.0];
            patch.fm = Some(modulation(ratios, [0.3, 3.0], [0.1, 1.2], random));
            patch.amp = envelope([0.001, 0.005], [0.5, 2.5], [0.0, 0.5], [0.1, 0.6], random);
            patch.filter.pass = Pass::All;
        }
    }
    patch
}

fn lead(patch: &mut Patch, random: &mut Random) {
    patch.amp = envelope([0.002, 0.06], [0.2, 1.0], [0.5, 1.0], [0.03, 0.4], random);
    patch.filter = low_pass([800.0, 6_000.0], [0.6, 4.0], [0.0, 2.0], random);
    patch.mono = random.chance(0.7);
    patch.glide = if random.chance(0.45) { random.between(0.02, 0.15) } else { 0.0 };
    patch.vibrato = if random.chance(0.5) { random.between(0.05, 0.5) } else { 0.0 };
    patch.morph[2] = random.between(0.0, 0.6);
    patch.sub = if random.chance(0.2) { random.between(0.1, 0.6) } else { 0.0 };
    patch.fm = random.chance(0.12).then(|| modulation([1.0, 2.0, 3.0, 1.5, 4.0], [0.5, 4.0], [0.2, 2.0], random));
    unison(patch, [1, 9], [0.03, 0.3], random);
}

fn wobble(patch: &mut Patch, random: &mut Random) {
    unison(patch, [1, 5], [0.05, 0.3], random);
    patch.lfo_beats = [0.25, 0.5, 1.0, 1.0 / 3.0, 2.0][random.index(5)];
    patch.lfo_changes = random.chance(0.7);
    patch.filter = low_pass([200.0, 900.0], [1.0, 8.0], [0.0, 0.5], random);
    patch.filter.wobble = random.between(1.0, 2.8);
    patch.morph[1] = random.between(0.0, 0.5);
    patch.amp.sustain = 1.0;
    if random.chance(0.3) {
        patch.fm = Some(modulation([1.0, 2.0, 3.0, 0.5, 4.0], [1.0, 6.0], [0.3, 3.0], random));
    }
    if random.chance(0.3) {
        patch.filter.pass = Pass::Vowels;
        patch.filter.cutoff = random.between(700.0, 1_200.0);
    }
}

/// A patch with a random waveform and nothing else.
fn plain(random: &mut Random) -> Patch {
    Patch {
        table: match random.index(12) {
            0..4 => Wavetable::saw(),
            4 | 5 => Wavetable::pulse(),
            6 => Wavetable::sync(),
            7 => Wavetable::triangle(),
            8 => Wavetable::folded(),
            _ => Wavetable::random(random),
        },
        morph: [random.unit() * random.unit(), 0.0, 0.0],
        unison: 1,
        detune: 0.0,
        sub: 0.0,
        noise: 0.0,
        fm: None,
        amp: envelope([0.002, 0.02], [0.2, 1.0], [0.5, 1.0], [0.05, 0.3], random),
        filter: low_pass([500.0, 6_000.0], [0.6, 3.0], [0.0, 2.0], random),
        lfo_beats: [0.5, 1.0, 2.0, 4.0][random.index(4)],
        lfo_changes: false,
        vibrato: 0.0,
        drop: [0.0, 0.01],
        glide: 0.0,
        mono: false,
    }
}

fn envelope(attack: [f32; 2], decay: [f32; 2], sustain: [f32; 2], release: [f32; 2], random: &mut Random) -> Envelope {
    let mut draw = |range: [f32; 2]| random.between(range[0], range[1]);
    Envelope { attack: draw(attack), decay: draw(decay), sustain: draw(sustain), release: draw(release) }
}

fn low_pass(cutoff: [f32; 2], resonance: [f32; 2], sweep: [f32; 2], random: &mut Random) -> Filter {
    let band = [Band::Low, Band::Low, Band::Low, Band::Low, Band::Low, Band::Band][random.index(6)];
    Filter {
        pass: Pass::Band(band),
        // A steep band-pass leaves too little.
        steep: band == Band::Low && random.chance(0.5),
        cutoff: cutoff[0] * (cutoff[1] / cutoff[0]).powf(random.unit()),
        track: random.between(0.2, 1.0),
        resonance: random.between(resonance[0], resonance[1]),
        sweep: random.between(sweep[0], sweep[1]),
        envelope: envelope([0.001, 0.02], [0.1, 0.8], [0.0, 0.6], [0.05, 0.5], random),
        wobble: if random.chance(0.1) { random.between(0.2, 1.2) } else { 0.0 },
    }
}

fn modulation(ratios: [f32; 5], index: [f32; 2], decay: [f32; 2], random: &mut Random) -> Fm {
    Fm {
        ratio: ratios[random.index(5)],
        index: random.between(index[0], index[1]),
        decay: random.between(decay[0], decay[1]),
    }
}

fn unison(patch: &mut Patch, voices: [usize; 2], detune: [f32; 2], random: &mut Random) {
    patch.unison = voices[0] + random.index(voices[1] - voices[0] + 1);
    patch.detune = random.between(detune[0], detune[1]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::song::active_level;
    use songweave_score::notation::note::Note;

    #[test]
    fn every_patch_is_finite_audible_and_within_level_wherever_it_plays() {
        let layers = [Layer::Lead, Layer::Talking, Layer::Pluck, Layer::Pad, Layer::Stab, Layer::Keys];
        for seed in 0..60 {
            let random = &mut Random::new(seed);
            let low = seed % 2 == 0;
            let patch = if low {
                bass(BASSES[seed as usize / 2 % BASSES.len()], random)
            } else {
                layer(layers[seed as usize / 2 % layers.len()], random)
            };
            let key = if low { random.between(24.0, 48.0) } else { random.between(48.0, 96.0) };
            let notes = [0.05, 0.3].map(|start| Note { start, length: 0.25, key, velocity: 0.9 });
            let sound = patch.play(&notes, 0.5, 44_100, 44_100, random);
            let peak = sound.iter().flatten().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!(sound.iter().flatten().all(|sample| sample.is_finite()), "seed {seed}");
            assert!(peak < 8.0 && active_level(&sound, 44_100) > 0.003, "seed {seed}: peak {peak}");
        }
    }
}
