//! A single note as the plugin's instruments draw it, from whatever says its tones.

use songweave_dsp::{
    band::{
        Instrument,
        instruments::{FRAMES, Frames, Instruments, NoteId, Sounds, ToneFrame},
        tone::Tone,
    },
    exchange::frame::Position,
    stream::layout::StreamLayout,
};
use songweave_models::instruments::{NoteTone, Program, Role};

use songweave_datasets::notes::note_renders::RATE;
use songweave_synth::song::{Stereo, silence};

/// Seconds after its onset in which a note gets a tone for every frame; later one a hop, as in the engine.
const LIVELY: f32 = 0.05;

/// Draws a note of a program from sample 0 on; `tone` says what it sounds like at an age in seconds.
pub fn draw(program: &Program, key: u8, seconds: f32, mut tone: impl FnMut(f32) -> Tone) -> Stereo {
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let (mut instruments, mut sounds, frames) = (Instruments::new(&layout), Sounds::new(&layout), Frames::of(&layout));
    let note = NoteId { instrument: instrument(program), key, begin: 0 };
    instruments.begin(note);
    let mut out = silence((seconds * RATE as f32) as usize);
    for start in (0..out[0].len()).step_by(layout.hop) {
        let age = |frame: usize| frames.middle(start as i64, frame) as f32 / frames.sample_rate;
        for frame in if age(0) < LIVELY { 0 } else { FRAMES - 1 }..FRAMES {
            let tone = tone(age(frame));
            instruments.take(&ToneFrame { position: Position::default(), note, frame, is_last: false, tone });
        }
        instruments.play(start as i64, &mut sounds);
        for n in start..(start + layout.hop).min(out[0].len()) {
            let heard = sounds.at(note.instrument as usize, n - start);
            out.iter_mut().zip(heard).for_each(|(out, heard)| out[n] = heard);
        }
    }
    out
}

const fn instrument(program: &Program) -> Instrument {
    match program.role {
        Role::Drums => Instrument::Drums,
        Role::Bass => Instrument::Bass,
        Role::Keys => Instrument::Keys,
        Role::Pad => Instrument::Pad,
    }
}

/// What the network says, as what is drawn.
#[must_use]
pub const fn drawable(tone: &NoteTone) -> Tone {
    Tone { hz: tone.hz, partials: tone.partials, noise: tone.noise }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_models::instruments::PROGRAMS;

    #[test]
    fn a_tone_is_drawn_at_its_level_while_it_lasts() {
        let sound = draw(&PROGRAMS[6], 60, 0.5, |age| {
            let mut tone = Tone::SILENT;
            tone.hz[0] = 440.0;
            tone.partials[0][0] = if age < 0.25 { 0.5 } else { 0.0 };
            tone
        });
        let peak = |from: usize, to: usize| sound[0][from..to].iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!((peak(2_000, 10_000) - 0.5).abs() < 0.01 && peak(14_000, 24_000) < 1e-3);
        assert!(sound[1].iter().all(|sample| *sample == 0.0));
    }
}
