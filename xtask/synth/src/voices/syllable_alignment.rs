//! A voice's syllables laid onto notes and drawn by the vocoder: consonants at their own speed, vowels stretched.

use crate::voices::{
    envelope::{Frame, HOP, POINTS},
    style::{Manner, Style},
    utterance::{Syllable, Utterance, key_of},
    vocoder::{Pulse, Vocoder},
};
use songweave_score::{notation::note::Note, random::Random};

/// Rest in seconds after which a new line of words begins.
const LINE: f64 = 0.35;
/// Fewest seconds that a syllable gets.
const SHORTEST: f64 = 0.05;

/// One syllable as it is heard: where its frames lie in time.
#[derive(Debug, Clone)]
struct Piece {
    /// `[start, beat, coda, end]` in seconds.
    times: [f64; 4],
    /// The frames heard at these times.
    frames: [f32; 4],
    gain: f32,
}

impl Piece {
    /// The frame heard at a time.
    fn place(&self, seconds: f64) -> f32 {
        let section = (0..2).find(|&n| seconds < self.times[n + 1]).unwrap_or(2);
        let length = (self.times[section + 1] - self.times[section]).max(1e-6);
        let along = ((seconds - self.times[section]) / length).clamp(0.0, 1.0) as f32;
        self.frames[section] + along * (self.frames[section + 1] - self.frames[section])
    }
}

impl Utterance {
    /// Lowest and highest key that suit the voice in a style.
    #[must_use]
    pub fn range(&self, style: &Style) -> (f32, f32) {
        let middle = self.key + style.lift();
        (middle - 8.0, middle + 8.0)
    }

    /// Delivers notes (in order, seconds from the first sample) with syllables from random places: `samples` of mono at
    /// `rate` Hz, peak 1; silence without notes.
    #[must_use]
    pub fn recite(&self, notes: &[Note], style: &Style, samples: usize, rate: u32, random: &mut Random) -> Vec<f32> {
        let split = if style.is_spoken() { syllabic(notes, style.pace) } else { Vec::new() };
        let notes = if style.is_spoken() { &split } else { notes };
        let pieces = self.pieces(notes, style, random);
        let keys = self.keys(notes, &pieces, style, samples as f64 / f64::from(rate), random);
        self.draw(&pieces, &keys, style, samples, rate, random)
    }

    fn draw(
        &self,
        pieces: &[Piece],
        keys: &[f32],
        style: &Style,
        samples: usize,
        rate: u32,
        random: &mut Random,
    ) -> Vec<f32> {
        let mut out = vec![0.0; samples];
        let mut vocoder = Vocoder::new(rate, &style.timbre);
        let (mut at, mut even) = (0.0f64, false);
        let mut next = 0;
        while let Some(piece) = pieces.get(next) {
            let now = at / f64::from(rate);
            if now >= piece.times[3] {
                next += 1;
                continue;
            }
            let seconds = now.max(piece.times[0]);
            at = seconds * f64::from(rate);
            if at as usize >= samples {
                break;
            }
            let mut pulse = self.pulse(piece, seconds, random);
            let hertz = 440.0 * ((key_at(keys, seconds) - 69.0) / 12.0).exp2();
            pulse.period = if pulse.voiced < 0.05 { 0.004 * rate as f32 } else { rate as f32 / hertz };
            pulse.period *= 1.0 + style.timbre.jitter * random.normal();
            if even && pulse.voiced > 0.3 {
                pulse.gain *= 1.0 - 0.7 * style.timbre.growl;
                pulse.period *= 1.0 + 0.04 * style.timbre.growl * random.normal();
            }
            even = !even;
            pulse.period = pulse.period.clamp(16.0, 0.02 * rate as f32);
            vocoder.draw(&pulse, &mut out, at, random);
            at += f64::from(pulse.period);
        }
        normalise(&mut out);
        out
    }

    fn pulse(&self, piece: &Piece, seconds: f64, random: &mut Random) -> Pulse {
        let place = (piece.place(seconds) + 0.4 * random.noise()).clamp(0.0, (self.frames.len() - 1) as f32);
        let (one, part) = (&self.frames[place as usize], place.fract());
        let two = self.frames.get(place as usize + 1).unwrap_or(one);
        let edge = ((seconds - piece.times[0]) / 0.004).min((piece.times[3] - seconds) / 0.02).clamp(0.0, 1.0);
        Pulse {
            envelope: between(one, two, part),
            period: 0.0,
            voiced: one.voiced + part * (two.voiced - one.voiced),
            gain: piece.gain * edge as f32,
            effort: 3.0 * (piece.gain - 0.8),
        }
    }

    /// The recording itself, as the style makes it sound, with its own words in its own time: `samples` at `rate` Hz, peak 1.
    #[must_use]
    pub fn again(&self, style: &Style, samples: usize, rate: u32, random: &mut Random) -> Vec<f32> {
        let (length, last) = (samples as f64 / f64::from(rate), self.frames.len() as f32);
        let ends = self.frames.len() as f64 * HOP;
        let whole = Piece {
            times: [0.0, ends / 3.0, ends / 1.5, ends],
            frames: [0.0, last / 3.0, last / 1.5, last],
            gain: 1.0,
        };
        let lift = 12.0 * (style.timbre.tract - 1.0) + random.between(-2.0, 2.0);
        let key = |frame: usize| self.frames.get(frame).map_or(self.key, |frame| key_of(frame.hz) + lift);
        let keys: Vec<f32> = (0..(length / HOP) as usize + 2).map(key).collect();
        self.draw(&[whole], &keys, style, samples, rate, random)
    }

    /// Syllables for notes: a new random line of words after every rest.
    fn pieces(&self, notes: &[Note], style: &Style, random: &mut Random) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::with_capacity(notes.len());
        let mut word = random.index(self.syllables.len());
        let mut index = 0;
        while index < notes.len() {
            let note = &notes[index];
            let mut stop = note.start + note.length;
            let gain = (0.45 + 0.55 * note.velocity) * random.between(0.8, 1.1);
            let mut last = index;
            while notes.get(last + 1).is_some_and(|next| next.start < stop + 0.06 && random.chance(style.slur)) {
                last += 1;
                stop = notes[last].start + notes[last].length;
            }
            let after = notes.get(last + 1).map_or(f64::INFINITY, |next| next.start);
            let before = pieces.last().map_or(0.0, |piece| piece.times[3]);
            let syllable = self.syllables[word];
            if style.manner != Manner::Vocalise {
                word = (word + 1) % self.syllables.len();
            }
            let following = (after < stop + LINE).then(|| self.syllables[word]);
            pieces.extend(piece(&syllable, following, [before, note.start, stop, after], gain, style));
            if following.is_none() {
                word = random.index(self.syllables.len());
            }
            index = last + 1;
        }
        pieces
    }

    /// The key sung every [`HOP`].
    fn keys(&self, notes: &[Note], pieces: &[Piece], style: &Style, seconds: f64, random: &mut Random) -> Vec<f32> {
        let count = (seconds / HOP) as usize + 2;
        let mut curve = Curve::new(style, random.between(0.0, 1.0));
        let (mut note, mut piece) = (0, 0);
        (0..count)
            .map(|frame| {
                let now = frame as f64 * HOP;
                while notes.get(note + 1).is_some_and(|next| next.start <= now) {
                    note += 1;
                }
                while pieces.get(piece + 1).is_some_and(|next| next.times[0] <= now) {
                    piece += 1;
                }
                let Some((note, piece)) = notes.get(note).zip(pieces.get(piece)) else { return self.key };
                let speech = self.speech_key(piece.place(now) as usize, style);
                curve.next(note, now, speech, self.key + style.raised, random)
            })
            .collect()
    }

    /// Pitch of speech at a frame, as far from its middle as the style wants.
    fn speech_key(&self, frame: usize, style: &Style) -> f32 {
        let hz = self.frames.get(frame).map_or(0.0, |frame| frame.hz);
        let away = if hz > 0.0 { (key_of(hz) - self.key).clamp(-12.0, 12.0) } else { 0.0 };
        style.expression * away
    }
}

/// A syllable between the end of the last and the next, `times` = `[end of the last, beat, stop, next beat]`.
fn piece(
    syllable: &Syllable,
    following: Option<Syllable>,
    [before, beat, stop, after]: [f64; 4],
    gain: f32,
    style: &Style,
) -> Option<Piece> {
    let seconds = |frames: usize| frames as f64 * HOP / f64::from(style.pace);
    let vowel = style.manner == Manner::Vocalise;
    let bare = |one: Syllable| if vowel { Syllable { start: one.vowel, end: one.coda, ..one } } else { one };
    let (syllable, following) = (&bare(*syllable), following.map(bare));
    let start = (beat - seconds(syllable.vowel - syllable.start)).max(before);
    let onset = following.map_or(0.0, |next| seconds(next.vowel - next.start));
    let coda = seconds(syllable.end - syllable.coda);
    let natural = 1.3 * seconds(syllable.coda - syllable.vowel) + coda;
    let wanted = if style.is_spoken() { stop.min(beat + natural) } else { stop + 0.5 * coda };
    let end = wanted.min(after - onset.min(0.5 * (after - beat))).max(beat + SHORTEST);
    let coda = coda.min(0.45 * (end - beat));
    let frames = [syllable.start, syllable.vowel, syllable.coda, syllable.end].map(|frame| frame as f32);
    (end > start).then_some(Piece { times: [start, beat.max(start), end - coda, end], frames, gain })
}

/// Long notes parted into as many as there are syllables in speech.
fn syllabic(notes: &[Note], pace: f32) -> Vec<Note> {
    let parts = |note: &Note| {
        let count = (note.length * f64::from(pace) / 0.2).round().max(1.0);
        let (note, length) = (*note, note.length / count);
        (0..count as usize).map(move |part| Note { start: note.start + length * part as f64, length, ..note })
    };
    notes.iter().flat_map(parts).collect()
}

/// The pitch of a singer from moment to moment.
struct Curve<'a> {
    style: &'a Style,
    key: f32,
    speed: f32,
    wander: f32,
    phase: f32,
    until: f64,
}

impl<'a> Curve<'a> {
    fn new(style: &'a Style, phase: f32) -> Self {
        Self { style, key: 0.0, speed: 0.0, wander: 0.0, phase, until: f64::NEG_INFINITY }
    }

    fn next(&mut self, note: &Note, now: f64, speech: f32, middle: f32, random: &mut Random) -> f32 {
        let (style, step) = (self.style, HOP as f32);
        if now > self.until + LINE {
            (self.key, self.speed) = (note.key - style.scoop, 0.0);
        }
        self.until = self.until.max(note.start + note.length);
        // A damped spring pulls the pitch to the note.
        let pull = 2.5 / style.glide.max(0.01);
        for _ in 0..4 {
            self.speed += 0.25 * step * (pull * pull * (note.key - self.key) - 2.0 * style.damping * pull * self.speed);
            self.key += 0.25 * step * self.speed;
        }
        self.wander += (random.normal() - self.wander) * step / 0.15;
        self.phase += step * style.vibrato_rate * (1.0 + 0.1 * self.wander);
        let depth = style.vibrato * (((now - note.start) as f32 - 0.2) / 0.35).clamp(0.0, 1.0);
        let sung = self.key + depth * (std::f32::consts::TAU * self.phase).sin() + 0.1 * speech;
        let spoken = middle + speech;
        style.sung * sung + (1.0 - style.sung) * spoken + 6.0 * style.wander * self.wander
    }
}

fn between(one: &Frame, two: &Frame, part: f32) -> [f32; POINTS] {
    std::array::from_fn(|point| {
        let (one, two) = (one.envelope[point].to_f32(), two.envelope[point].to_f32());
        one + part * (two - one)
    })
}

fn key_at(keys: &[f32], seconds: f64) -> f32 {
    let place = seconds / HOP;
    let (whole, part) = (place as usize, place.fract() as f32);
    let one = keys.get(whole).copied().unwrap_or(60.0);
    one + part * (keys.get(whole + 1).copied().unwrap_or(one) - one)
}

fn normalise(samples: &mut [f32]) {
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.0 {
        samples.iter_mut().for_each(|sample| *sample /= peak);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::voices::pitch_track::track;

    /// Vowels at 120 Hz with a formant, parted by hisses.
    fn speaker() -> Utterance {
        let mut random = Random::new(1);
        let mut formant = [0.0f32; 2];
        let sound: Vec<f32> = (0..8 * 5_000)
            .map(|n| {
                let at = n % 5_000;
                let edge = ((at as f32 - 1_200.0) / 300.0).min((5_000.0 - at as f32) / 300.0).clamp(0.0, 1.0);
                let pulse = 0.5 - (n as f32 * 120.0 / 16_000.0).fract();
                let voice = pulse + 1.8 * formant[0] - 0.92 * formant[1];
                formant = [voice, formant[0]];
                if at < 1_200 { 0.2 * random.noise() } else { edge * voice }
            })
            .collect();
        Utterance::of("buzz", &sound, 16_000).unwrap()
    }

    fn plain(manner: Manner) -> Style {
        let style = Style::of(manner, &mut Random::new(4));
        let timbre = crate::voices::vocoder::Timbre { growl: 0.0, breath: 0.0, ..style.timbre };
        Style { timbre, vibrato: 0.0, wander: 0.0, slur: 0.0, ..style }
    }

    #[test]
    fn sustained_notes_are_sung_within_half_a_semitone_and_rests_are_silent() {
        let (voice, style) = (speaker(), plain(Manner::Sung));
        for key in [45.0f32, 52.0, 60.0, 67.0] {
            let note = Note { start: 0.5, length: 1.5, key, velocity: 0.8 };
            let out = voice.recite(&[note], &style, 132_300, 44_100, &mut Random::new(2));
            let pitches = track(&out, 44_100, HOP, 600);
            for pitch in &pitches[200..360] {
                let cents = 100.0 * (key_of(pitch.hz) - key);
                assert!(cents.abs() < 50.0, "key {key}: {cents} cents");
            }
            assert!(out.iter().all(|sample| sample.is_finite() && sample.abs() <= 1.0));
            assert!(out[..4_000].iter().chain(&out[110_000..]).all(|sample| sample.abs() < 0.02));
        }
    }

    #[test]
    fn every_manner_is_decided_by_the_seed_and_stays_in_range() {
        let voice = speaker();
        let notes: Vec<Note> = (0..6)
            .map(|n| Note { start: 0.3 * f64::from(n), length: 0.28, key: 50.0 + n as f32, velocity: 0.7 })
            .collect();
        use Manner::{Falsetto, HalfSpoken, Robot, Shouted, Spoken, Sung, Vocalise, Whispered};
        for manner in [Sung, Spoken, HalfSpoken, Whispered, Shouted, Falsetto, Vocalise, Robot] {
            let recite = |seed| {
                let mut random = Random::new(seed);
                voice.recite(&notes, &Style::of(manner, &mut random), 100_000, 48_000, &mut random)
            };
            let out = recite(1);
            assert_eq!(out, recite(1));
            assert_ne!(out, recite(2));
            assert!(out.iter().all(|sample| sample.is_finite() && sample.abs() <= 1.0), "{manner:?}");
            assert!(out.iter().any(|sample| sample.abs() > 0.9), "{manner:?}");
        }
    }

    #[test]
    fn no_notes_are_silence_and_a_recording_keeps_its_length() {
        let (voice, style) = (speaker(), plain(Manner::Sung));
        assert!(voice.recite(&[], &style, 1_000, 44_100, &mut Random::new(1)).iter().all(|&sample| sample == 0.0));
        let out = voice.again(&style, 50_000, 44_100, &mut Random::new(1));
        assert!(out.len() == 50_000 && out[45_000..].iter().any(|sample| sample.abs() > 0.05));
    }
}
