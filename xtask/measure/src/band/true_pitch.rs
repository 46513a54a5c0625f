//! The harmony alone, fed with the score's pitches instead of what is heard of the voice.

use songweave_dsp::exchange::controls::BandControls;
use songweave_engine::band::harmony::{Harmony, Overrides};
use songweave_engine::band::heard::StepHeard;
use songweave_engine::band::place::Place;
use songweave_models::chords::ChordNetwork;
use songweave_score::notation::step_chord::StepChord;
use songweave_score::songs::structure_song::{STEPS_PER_BAR, STEPS_PER_BEAT, StructureSong};

/// Level of a sung step in dB.
const LEVEL: f32 = -20.0;
const SILENCE: f32 = -120.0;

/// The chord of each step of a song, as the plugin is set.
///
/// # Errors
/// The network fails, with its reason.
pub fn chords(song: &StructureSong, controls: &BandControls) -> Result<Vec<Option<StepChord>>, String> {
    let network = ChordNetwork::embedded().map_err(|error| error.to_string())?;
    let mut harmony = Harmony::new(network);
    let heard = heard(song);
    let nothing = StepHeard { level: SILENCE, heard: 1.0, ..StepHeard::default() };
    let overrides = Overrides {
        key: controls.key,
        minor: controls.minor,
        chord: None,
        adventure: controls.adventure,
        seed: controls.seed,
    };
    let mut chords = Vec::with_capacity(heard.len());
    for step in 0..heard.len() {
        let place = Place {
            bar: (step as u32 / STEPS_PER_BAR).into(),
            step: step as u32 % STEPS_PER_BAR,
            steps_per_bar: STEPS_PER_BAR,
            steps_per_beat: STEPS_PER_BEAT,
        };
        let last = step.checked_sub(1).map_or(&nothing, |last| &heard[last]);
        let step = harmony.step(&place, last, &[], &overrides).map_err(|error| error.to_string())?;
        chords.push(step.chord.map(StepChord::from));
    }
    Ok(chords)
}

/// What perfect ears would hear of each step.
fn heard(song: &StructureSong) -> Vec<StepHeard> {
    let silent = StepHeard { level: SILENCE, heard: 1.0, ..StepHeard::default() };
    let mut steps = vec![silent; song.steps() as usize];
    for note in &song.melody {
        for step in note.start..note.start + note.length {
            let heard = &mut steps[step as usize];
            heard.pitch[usize::from(note.key % 12)] = 1.0;
            heard.onset[usize::from(note.key % 12)] = if step == note.start { 1.0 } else { 0.0 };
            (heard.key, heard.level) = (f32::from(note.key), LEVEL);
        }
    }
    steps
}
