//! The band's notes, recorded by Ardour on a MIDI track beside the one with the plugin.

use super::Work;
use crate::build::demo;
use crate::{files, project};
use anyhow::{Context, Result, ensure};
use songweave_audio::decode::decode;
use songweave_audio::midi::{Message, Midi};
use std::path::Path;
use std::process::Command;

/// Seconds that are recorded.
const SECONDS: f64 = 30.0;
/// Ardour's tempo in a new session.
const TEMPO: &str = "120";
/// How far apart the same note may begin in the two files, in seconds: a tick or two of each.
const CLOSE: f64 = 0.005;
/// General MIDI's channel of drums, counted from 0.
const DRUMS: u8 = 9;

/// Records and compares. The drums have to be those of a render, each as late as the plugin; a chord may be another one, since
/// hops fall at other places in Ardour.
pub(super) fn record(work: &Work) -> Result<()> {
    let voice = work.folder.join("voice.wav");
    demo::sing_melody(&voice)?;
    let sound = decode(&voice)?;
    let latency = work.make_session("voice.lua", "band", &[("Voice", &sound)])?;
    let said = work.lua("record.lua", "band", &SECONDS.to_string())?;
    let midi = |path: &Path| path.is_dir() || path.extension().is_some_and(|kind| kind == "mid");
    let recorded = files::below(&work.folder.join("band/interchange"), &midi)?;
    let recorded = recorded.first().with_context(|| format!("Ardour recorded no MIDI: {}", said.trim()))?;
    let recorded = beginnings(recorded)?;
    let rendered = beginnings(&render(work, &voice)?)?;
    let late = latency as f64 / f64::from(sound.rate);
    for channel in 0..16 {
        let of = |notes: &[Begin]| notes.iter().filter(|note| note.channel == channel).copied().collect::<Vec<_>>();
        let (recorded, rendered) = (of(&recorded), of(&rendered));
        let same = recorded.iter().filter(|note| rendered.iter().any(|other| other.is(note, late))).count();
        if !recorded.is_empty() {
            println!("channel {}: Ardour recorded {} notes, {same} as in a render", channel + 1, recorded.len());
        }
        ensure!(channel != DRUMS || (recorded.len() > 100 && same == recorded.len()), "the drums are others");
    }
    Ok(())
}

/// A note begins.
#[derive(Clone, Copy)]
struct Begin {
    seconds: f64,
    channel: u8,
    key: u8,
}

impl Begin {
    /// Whether a note that was recorded so late is this one.
    fn is(&self, recorded: &Self, late: f64) -> bool {
        self.key == recorded.key && (self.seconds + late - recorded.seconds).abs() < CLOSE
    }
}

fn beginnings(file: &Path) -> Result<Vec<Begin>> {
    let begin = |event: songweave_audio::midi::Event| match event.message {
        Message::NoteOn(key, _) => Some(Begin { seconds: event.seconds, channel: event.channel, key }),
        _ => None,
    };
    Ok(Midi::read(file)?.events.into_iter().filter_map(begin).collect())
}

fn render(work: &Work, voice: &Path) -> Result<std::path::PathBuf> {
    let midi = work.folder.join("render.mid");
    let mut render = Command::new(std::env::current_exe()?);
    render.args(["render", "--mode", "accompany", "--tempo", TEMPO, "--input"]).arg(voice);
    render.arg("--output").arg(work.folder.join("accompanied.wav")).arg("--midi-out").arg(&midi);
    project::run(&mut render)?;
    Ok(midi)
}
