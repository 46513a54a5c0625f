//! Single notes of the sound font, and what is measured of a whole note.

use songweave_models::instruments::{Program, Role};

use crate::notes::{
    note_glide::Glide,
    note_pitch::{LongSpectrum, PARTIALS, harmonics, modes},
};
use songweave_score::{
    error::Result,
    files::midi::{Event, Message},
};
use songweave_synth::{
    instruments::soundfont::{DRUM_CHANNEL, Instruments},
    song::Stereo,
};

/// Rate in Hz at which instruments are learned.
pub const RATE: u32 = 48_000;
/// Seconds rendered beyond what is looked at, so that the last windows have sound.
const BEYOND: f64 = 0.2;

/// A note of a program, let go after `held` seconds, from its onset on.
///
/// # Errors
/// The sound font cannot play at [`RATE`].
pub fn render(font: &Instruments, program: &Program, key: u8, velocity: u8, held: f64, seconds: f64) -> Result<Stereo> {
    let channel = if program.role == Role::Drums { DRUM_CHANNEL } else { 0 };
    let at = |seconds, message| Event { seconds, track: 0, channel, message };
    let events = [
        at(0.0, Message::Program(program.number)),
        at(0.0, Message::NoteOn(key, velocity)),
        at(held, Message::NoteOff(key)),
    ];
    font.play(&events, 0.0, seconds, RATE)
}

/// A note that is held as long as it is learned.
///
/// # Errors
/// The sound font cannot play at [`RATE`].
pub fn render_held(font: &Instruments, program: &Program, key: u8, velocity: u8) -> Result<Stereo> {
    let seconds = f64::from(program.seconds()) + BEYOND;
    render(font, program, key, velocity, seconds, seconds)
}

/// Frequency in Hz of a key's first partial in equal temperament.
#[must_use]
pub fn nominal_hz(program: &Program, key: u8) -> f32 {
    program.fundamental * 440.0 * ((f32::from(key) - 69.0) / 12.0).exp2()
}

/// Frequencies of a note's partials in Hz, and how they glide.
#[must_use]
pub fn partials_of(sound: &Stereo, program: &Program, key: u8) -> ([f32; PARTIALS], Glide) {
    let rate = RATE as f32;
    if program.role != Role::Drums {
        return (harmonics(&LongSpectrum::of_pitched(sound, rate), nominal_hz(program, key)), Glide::none());
    }
    let hz = modes(&LongSpectrum::of_drum(sound, rate));
    (hz, Glide::of(sound, rate, &hz))
}

/// Mean power of both channels between two ages in seconds, in dB of full scale; -120 at least.
#[must_use]
pub fn power_db(sound: &Stereo, from: f32, to: f32) -> f32 {
    let [from, to] = [from, to].map(|seconds| ((seconds * RATE as f32) as usize).min(sound[0].len()));
    let sum: f64 = sound.iter().flat_map(|channel| &channel[from..to]).map(|sample| f64::from(*sample).powi(2)).sum();
    (10.0 * (sum / (2 * (to - from).max(1)) as f64).max(1e-12).log10()) as f32
}

/// Loudest 0.4 seconds of a note, in dB of full scale.
#[must_use]
pub fn level_db(sound: &Stereo) -> f32 {
    let seconds = sound[0].len() as f32 / RATE as f32;
    let levels = (0..((seconds - 0.4) / 0.1).max(1.0) as usize).map(|at| at as f32 * 0.1);
    levels.map(|from| power_db(sound, from, from + 0.4)).fold(-120.0, f32::max)
}

/// Fall at the end of what is learned, in dB per second; 0 for a note that sounds on.
#[must_use]
pub fn fall_of(sound: &Stereo, seconds: f32) -> f32 {
    let (early, late) = (power_db(sound, 0.5 * seconds, 0.6 * seconds), power_db(sound, 0.9 * seconds, seconds));
    ((early - late) / (0.4 * seconds)).max(0.0)
}

/// Fall after the release in dB per second: that of the released note against the held one, through their common beginning.
/// The sound font's own is a straight line.
#[must_use]
pub fn release_of(held: &Stereo, released: &Stereo, at: f32) -> f32 {
    let (mut product, mut square) = (0.0, 1e-9);
    for step in 1..70 {
        let after = 0.02 * step as f32;
        let level = power_db(released, at + after - 0.01, at + after + 0.01);
        if level < -95.0 {
            break;
        }
        product += after * (power_db(held, at + after - 0.01, at + after + 0.01) - level);
        square += after * after;
    }
    if square < 1e-6 { 1_000.0 } else { (product / square).clamp(0.0, 4_000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(level: impl Fn(f32) -> f32) -> Stereo {
        let wave = |n: usize| level(n as f32 / RATE as f32) * (0.1 * n as f32).sin();
        let channel: Vec<f32> = (0..RATE as usize * 2).map(wave).collect();
        [channel.clone(), channel]
    }

    #[test]
    fn falls_are_measured_in_decibels_per_second() {
        let fall = |seconds: f32, rate: f32| 10.0_f32.powf(-rate * seconds / 20.0);
        let held = sound(|seconds| fall(seconds, 6.0));
        let released = sound(|seconds| fall(seconds, 6.0) * fall((seconds - 0.5).max(0.0), 80.0));
        assert!((release_of(&held, &released, 0.5) - 80.0).abs() < 1.0);
        assert!((fall_of(&held, 2.0) - 6.0).abs() < 0.1);
        assert_eq!(fall_of(&sound(|_| 0.1), 2.0), 0.0);
        assert!((level_db(&sound(|_| 1.0)) + 3.01).abs() < 0.05);
    }
}
