#![allow(clippy::unwrap_used)]
use songweave_dsp::{
    band::{BandNote, instruments::Sounds, player::Player},
    exchange::frame::Position,
    stream::layout::StreamLayout,
};

use super::*;
use crate::band::Band;

/// What was played: the left channel of all instruments together, and the steepest step between two samples that the tones
/// and their openings explain.
struct Played {
    samples: Vec<f32>,
    steepest: f32,
    is_over: bool,
}

/// Plays steps, each at the hop of its number, and so many hops in all.
fn played(rate: f32, controls: BandControls, steps: &[(u64, BandStep)], hops: u64) -> Played {
    let layout = StreamLayout::for_sample_rate(rate);
    let mut sound = Band::sound().unwrap();
    let (mut player, mut sounds) = (Player::new(&layout), Sounds::new(&layout));
    let (mut samples, mut steepest) = (Vec::new(), 0.0_f32);
    for hop in 0..hops {
        let mut frame = AnalysisFrame { position: Position { generation: 0, hop }, layout, ..AnalysisFrame::default() };
        frame.controls.band = controls;
        let step = steps.iter().find(|(at, _)| *at == hop).map_or(BandStep::EMPTY, |(_, step)| *step);
        sound.play(&frame, &step);
        steepest = steepest.max((0..FRAMES).map(|frame| slope(sound.tones(), frame, rate)).fold(0.0, f32::max));
        let now = (hop as i64 + 1) * layout.hop as i64;
        player.take(&step, now);
        let tones = sound.tones().iter().copied();
        player.play(now + 2 * layout.hop as i64 - layout.latency() as i64, tones, &mut sounds);
        player.finish();
        samples.extend((0..layout.hop).map(|n| (0..INSTRUMENTS).map(|who| sounds.at(who, n)[0]).sum::<f32>()));
    }
    Played { samples, steepest, is_over: player.is_silent() && sound.voices.is_empty() }
}

/// The steepest step between two samples that the tones of a frame, and those of the frame before, can make.
fn slope(tones: &[ToneFrame], frame: usize, rate: f32) -> f32 {
    let of = |tone: &ToneFrame| {
        let partials = tone.tone.hz.iter().zip(&tone.tone.partials[0]);
        let swings: f32 = partials.map(|(hz, amplitude)| amplitude * std::f32::consts::TAU * hz / rate).sum();
        let noise = tone.tone.noise[0].iter().map(|noise| noise * noise).sum::<f32>().sqrt();
        // A note opens within a third of a millisecond at the least.
        let opens = tone.tone.partials[0].iter().sum::<f32>() * 1.6 / (0.000_3 * rate);
        swings + opens + 8.0 * noise
    };
    tones.iter().filter(|tone| tone.frame == frame || tone.frame == FRAMES - 1).map(of).sum()
}

fn note(instrument: Instrument, key: u8, velocity: u8, length: u32) -> BandNote {
    BandNote { instrument, key, velocity, offset: -512, length }
}

fn step(notes: &[BandNote]) -> BandStep {
    let mut step = BandStep::EMPTY;
    notes.iter().for_each(|note| step.push(*note));
    step
}

fn holds(played: &Played, what: &str) {
    assert!(played.samples.iter().all(|sample| sample.is_finite()), "{what}");
    assert!(played.is_over, "{what}: a voice is stuck");
    let jump = played.samples.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f32::max);
    assert!(jump > 0.0 && jump <= 1.1 * played.steepest, "{what}: a jump of {jump}, {} explained", played.steepest);
    let end = &played.samples[played.samples.len() - 64..];
    assert!(end.iter().all(|sample| *sample == 0.0), "{what}: it does not end");
}

#[test]
fn odd_notes_are_finite_without_clicks_and_end() {
    let drum = Instrument::Drums;
    for rate in [44_100.0, 192_000.0] {
        for instrument in Instrument::ALL {
            for sound in 0..instrument.sounds().len() {
                let mut controls = BandControls::default();
                controls.sounds[instrument as usize] = Some(sound as u8);
                let odd = [(0, 1, 9_000), (127, 127, 9_000), (60, 127, 1), (45, 64, 40_000)];
                let notes = odd.map(|(key, velocity, length)| note(instrument, key, velocity, length));
                let played = played(rate, controls, &[(2, step(&notes))], 800);
                holds(&played, &format!("{} at {rate} Hz", instrument.sounds()[sound]));
            }
        }
        let roll: Vec<_> = (0..20).map(|hop| (hop, step(&[note(drum, 38, 100, 1), note(drum, 46, 90, 1)]))).collect();
        let choked = [roll, vec![(21, step(&[note(drum, 42, 100, 1)]))]].concat();
        holds(&played(rate, BandControls::default(), &choked, 800), "a roll");
    }
}

#[test]
fn two_hundred_notes_at_once_and_notes_without_end_do_no_harm() {
    let all: Vec<BandNote> =
        (0..200).map(|n| note(Instrument::ALL[n % INSTRUMENTS], 28 + (n / INSTRUMENTS) as u8, 100, u32::MAX)).collect();
    let mut steps: Vec<_> = all.chunks(24).enumerate().map(|(hop, notes)| (hop as u64, step(notes))).collect();
    steps.push((300, BandStep { silence: Some(0), ..BandStep::EMPTY }));
    holds(&played(48_000.0, BandControls::default(), &steps, 1_000), "two hundred notes");
}

#[test]
fn no_velocity_is_no_note() {
    let played = played(48_000.0, BandControls::default(), &[(0, step(&[note(Instrument::Keys, 60, 0, 900)]))], 40);
    assert!(played.is_over && played.samples.iter().all(|sample| *sample == 0.0));
}

#[test]
fn thirty_two_notes_sound_together() {
    let keys = |instrument, first: u8| (0..8).map(move |n| note(instrument, first + 2 * n, 90, 60_000));
    let notes: Vec<_> = Instrument::ALL.into_iter().flat_map(|who| keys(who, 38)).collect();
    let mut sound = Band::sound().unwrap();
    // The last ones begin three hops after their step.
    for (hop, notes) in notes.chunks(16).chain([&[][..]; 3]).enumerate() {
        let position = Position { generation: 0, hop: hop as u64 };
        sound.play(&AnalysisFrame { position, ..AnalysisFrame::default() }, &step(notes));
    }
    let of = |note: &BandNote| (note.instrument, note.key);
    let sounds = |note: &&BandNote| sound.tones().iter().any(|tone| (tone.note.instrument, tone.note.key) == of(note));
    assert_eq!(notes.iter().filter(sounds).count(), 32);
}

#[test]
fn every_sound_that_can_be_chosen_has_its_network() {
    let role = |who| match who {
        Instrument::Drums => Role::Drums,
        Instrument::Bass => Role::Bass,
        Instrument::Keys => Role::Keys,
        Instrument::Pad => Role::Pad,
    };
    for who in Instrument::ALL {
        for (sound, name) in who.sounds().iter().enumerate() {
            let mut controls = BandControls::default();
            controls.sounds[who as usize] = Some(sound as u8);
            let found = PROGRAMS[program(&controls, who)];
            assert!(found.role == role(who) && (found.name == *name || *name == "Drum machine"), "{name}: {found:?}");
        }
    }
    assert_eq!(PROGRAMS.len(), Instrument::ALL.map(|who| who.sounds().len()).iter().sum::<usize>());
}
