//! Where songs are sung to the plugin: voice in, notes and chords out.

use crate::band::grid::Onset;
use anyhow::Result;
use songweave_audio::store::StereoStore;
use songweave_cli::render::{self, Args, Chart, Inputs, Installed, Performance, Replayed, Timed};
use songweave_dsp::band::Instrument;
use songweave_host::EventKind;
use songweave_score::notation::step_chord::StepChord;
use songweave_score::songs::structure_song::{STEPS_PER_BAR, StructureSong};
use songweave_synth::voices::evaluation_singers::Sung;

/// Steps of listening before anything is measured: two bars.
pub const LISTENING: usize = 2 * STEPS_PER_BAR as usize;

/// The plugin and how it is set.
pub struct Stage {
    /// The plugin.
    pub installed: Installed,
    /// `ID=VALUE` each.
    pub params: Vec<String>,
    /// Whether the voice is heard in what comes out.
    pub voice: bool,
    /// Whether songs are sung to a band that has learned them as well, and to one that looks ahead.
    pub learn: bool,
}

impl Stage {
    /// The plugin accompanies a voice at a tempo in BPM.
    ///
    /// # Errors
    /// The plugin cannot be loaded, or fails.
    pub fn perform(&self, sung: &Sung, tempo: f64) -> Result<Performance> {
        render::perform(&self.args(tempo, &[])?, inputs(sung), &self.installed)
    }

    /// The same by the plugin's own path without the plugin: chords and hearing only, with `more` options of a render.
    ///
    /// # Errors
    /// A parameter is none of the plugin's.
    pub fn chart(&self, sung: &Sung, tempo: f64, more: &[&str]) -> Result<Replayed> {
        render::chart(&self.args(tempo, more)?, inputs(sung), &self.installed)
    }

    fn args(&self, tempo: f64, more: &[&str]) -> Result<Args> {
        // Nothing is read or written: input and output are there because the command line asks for them.
        let fixed = ["--mode", "accompany", "--input", "voice", "--output", "band", "--tempo"];
        let silent = (!self.voice).then(|| "voice_level=-inf dB".to_owned());
        let params = self.params.iter().cloned().chain(silent).flat_map(|param| ["--param".to_owned(), param]);
        let words: Vec<String> = fixed
            .map(str::to_owned)
            .into_iter()
            .chain([tempo.to_string()])
            .chain(params)
            .chain(more.iter().map(|word| (*word).to_owned()))
            .collect();
        Args::parse_line(&words)
    }
}

fn inputs(sung: &Sung) -> Inputs {
    Inputs { sample_rate: super::RATE, a: StereoStore::of(super::RATE, &sung.audio).into(), b: None }
}

/// The chord that sounds in the middle of each step.
pub fn chords(chart: &Chart, song: &StructureSong) -> Vec<Option<StepChord>> {
    let samples = song.step_seconds() * f64::from(super::RATE);
    let chord = |step: u32| chart.chord_at(((f64::from(step) + 0.5) * samples) as u64).map(StepChord::from);
    (0..song.steps()).map(chord).collect()
}

/// Where notes begin, up to the end of the singing.
pub fn onsets(notes: &[Timed], song: &StructureSong) -> Vec<Onset> {
    let end = f64::from(song.steps()) * song.step_seconds();
    let onset = |note: &Timed| {
        let EventKind::NoteOn { channel, key, .. } = note.kind else { return None };
        let instrument = Instrument::ALL.into_iter().find(|instrument| instrument.channel() == channel)?;
        Some(Onset { seconds: note.sample as f64 / f64::from(super::RATE), instrument, key })
    };
    notes.iter().filter_map(onset).filter(|onset| onset.seconds < end).collect()
}
