//! `--roll-out`: the piano roll of a render.

use crate::drawing::roll::{self, Roll, RollNote};
use crate::harte::harte;
use crate::render::chart::Chart;
use crate::render::job::Job;
use crate::render::midi::Timed;
use crate::render::session::Rendered;
use anyhow::Result;
use songweave_dsp::band::{Instrument, VoiceHeard};
use songweave_host::EventKind;
use std::collections::HashMap;
use std::path::Path;

/// Draws what was played.
pub(in crate::render) fn write(path: &Path, job: &Job, rendered: &Rendered, chart: &Chart) -> Result<()> {
    let quarters = |sample: u64| sample as f64 / f64::from(job.inputs.sample_rate) * job.tempo / 60.0;
    let (beats, unit) = job.time_signature;
    let name = |chord: Option<_>| chord.map_or_else(|| "N".to_owned(), harte);
    let end = quarters(job.inputs.samples() as u64);
    let roll = Roll {
        notes: notes(&rendered.notes, quarters, end),
        chords: chart.chords.iter().map(|(since, chord)| (quarters(*since), name(*chord))).collect(),
        sung: chart.voice.iter().map(|(sample, voice)| (quarters(*sample), pitch(voice))).collect(),
        bar: 4.0 * f64::from(beats) / f64::from(unit.max(1)),
        end,
    };
    roll::draw(&roll).write(path)
}

/// The pitch of a voice, 0 where it has none.
fn pitch(voice: &VoiceHeard) -> f32 {
    if voice.voicing < 0.5 { 0.0 } else { voice.key }
}

/// Notes from their onsets and ends; one without an end lasts to the end of the song.
pub(crate) fn notes(events: &[Timed], quarters: impl Fn(u64) -> f64, end: f64) -> Vec<RollNote> {
    let mut sounding: HashMap<(u8, u8), usize> = HashMap::new();
    let mut notes: Vec<RollNote> = Vec::new();
    for event in events {
        let now = quarters(event.sample);
        match event.kind {
            EventKind::NoteOn { channel, key, velocity } => {
                let by = |instrument: &&Instrument| instrument.channel() == channel;
                let Some(&instrument) = Instrument::ALL.iter().find(by) else { continue };
                sounding.insert((channel, key), notes.len());
                notes.push(RollNote { instrument, start: now, end: end.max(now), key, velocity });
            }
            EventKind::NoteOff { channel, key, .. } => {
                if let Some(note) = sounding.remove(&(channel, key)).and_then(|place| notes.get_mut(place)) {
                    note.end = now;
                }
            }
            EventKind::Midi(_) | EventKind::Parameter { .. } => {}
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_lasts_from_its_beginning_to_its_own_end() {
        let on = |sample, channel| Timed { sample, kind: EventKind::NoteOn { channel, key: 60, velocity: 1.0 } };
        let off = |sample, channel| Timed { sample, kind: EventKind::NoteOff { channel, key: 60, velocity: 0.0 } };
        let events = [on(0, 0), on(10, 1), on(15, 4), off(20, 0), on(30, 0)];
        let notes = notes(&events, |sample| sample as f64, 40.0);
        let told: Vec<_> = notes.iter().map(|note| (note.instrument, note.start, note.end)).collect();
        assert_eq!(
            told,
            [(Instrument::Keys, 0.0, 20.0), (Instrument::Bass, 10.0, 40.0), (Instrument::Keys, 30.0, 40.0)]
        );
    }
}
