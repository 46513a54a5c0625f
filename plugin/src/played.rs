//! Notes that the band has just played, with their places in the music: told by the audio thread while somebody watches, kept by
//! the editor.

use std::collections::{BTreeMap, VecDeque};

use ringbuf::{
    HeapCons, HeapProd,
    traits::{Consumer, Producer},
};
use songweave_audio::{
    midi::Message,
    midi_out::{self, Item, TICKS},
};
use songweave_dsp::stream::{path::BlockInfo, ring::touched};

/// Notes that may wait for the editor.
const WAITING: usize = 2048;
/// Notes that the editor keeps, more than sixteen bars have.
const KEPT: usize = 16_384;
/// How far before a bar a note may begin that belongs to it, in quarter notes.
const EARLY: f64 = 1.0 / 48.0;

/// The beginning of a note, or with velocity 0 its end.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Note {
    /// Quarter notes since activation.
    pub at: f64,
    /// Quarter notes since the bar began.
    pub in_bar: f64,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// Beats in a bar, and the note value of one.
    pub time_signature: (u16, u16),
    /// MIDI channel, 0…15.
    pub channel: u8,
    /// MIDI key, 0…127.
    pub key: u8,
    /// 0…127.
    pub velocity: u8,
}

impl Note {
    /// Length of a bar in quarter notes.
    fn bar(&self) -> f64 {
        bar(self.time_signature)
    }
}

fn bar((beats, unit): (u16, u16)) -> f64 {
    f64::from(beats.max(1)) * 4.0 / f64::from(unit.max(1))
}

/// The audio thread's end.
pub struct Teller {
    sender: HeapProd<Note>,
    latency: f64,
    sample_rate: f64,
    /// The place of the block's first sample; its key and velocity mean nothing.
    block: Note,
}

/// Both ends, for a latency in samples and a sample rate in Hz.
///
/// # Allocates
#[must_use]
pub fn played(latency: u32, sample_rate: f32) -> (Teller, HeapCons<Note>) {
    let (sender, receiver) = touched(WAITING, Note::default());
    let (latency, sample_rate) = (latency.into(), sample_rate.into());
    (Teller { sender, latency, sample_rate, block: Note::default() }, receiver)
}

impl Teller {
    /// Begins a block of so many samples.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn begin(&mut self, info: &BlockInfo) {
        let transport = &info.transport;
        let block = &mut self.block;
        let told = transport.tempo.filter(|tempo| tempo.is_finite() && *tempo > 0.0);
        block.tempo = told.unwrap_or(info.controls.band.tempo.into());
        block.time_signature = transport.time_signature.map_or((4, 4), |(beats, unit)| (beats.into(), unit.into()));
        let place = transport.beats.map_or(block.at, |beats| beats - transport.bar_start.unwrap_or(0.0));
        block.in_bar = if place.is_finite() { place.rem_euclid(block.bar()) } else { 0.0 };
    }

    /// Tells of a note at a sample of the block's output. It is lost when nobody has listened for seconds.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn tell(&mut self, sample: usize, channel: u8, key: u8, velocity: u8) {
        // The output is later than the music by the latency.
        let later = self.quarters(sample as f64 - self.latency);
        let (at, in_bar) = (self.block.at + later, (self.block.in_bar + later).rem_euclid(self.block.bar()));
        _ = self.sender.try_push(Note { at, in_bar, channel, key, velocity, ..self.block });
    }

    /// Ends a block of so many samples.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn end(&mut self, samples: usize) {
        self.block.at += self.quarters(samples as f64);
    }

    fn quarters(&self, samples: f64) -> f64 {
        samples * self.block.tempo / (60.0 * self.sample_rate)
    }
}

/// The last notes that were played.
#[derive(Debug, Default)]
pub struct Played(VecDeque<Note>);

impl Played {
    /// Takes what was told since the last time.
    pub fn hear(&mut self, receiver: &mut HeapCons<Note>) {
        self.0.extend(receiver.pop_iter());
        let beyond = self.0.len().saturating_sub(KEPT);
        self.0.drain(..beyond);
    }

    /// The last whole bars, as many as there are up to `bars`, as a Standard MIDI File that begins with a bar; `None` before the band
    /// has played a whole one.
    #[must_use]
    pub fn last_bars(&self, bars: u32) -> Option<Vec<u8>> {
        let newest = self.0.back()?;
        let end = newest.at - newest.in_bar;
        let begin = end - f64::from(bars) * newest.bar();
        let inside = |note: &&Note| (begin - EARLY..end - EARLY).contains(&note.at);
        let mut notes: Vec<&Note> = self.0.iter().filter(inside).collect();
        notes.sort_by(|one, other| one.at.total_cmp(&other.at));
        let tick = |at: f64| ((at - begin).max(0.0) * f64::from(TICKS)).round() as u32;
        let (mut items, mut sounding) = (Vec::new(), BTreeMap::new());
        for note in notes {
            let place = (note.channel, note.key);
            let at = tick(note.at);
            if sounding.remove(&place).is_some() {
                items.push((at, Item::Channel(note.channel, Message::NoteOff(note.key))));
            }
            if note.velocity > 0 {
                sounding.insert(place, at);
                items.push((at, Item::Channel(note.channel, Message::NoteOn(note.key, note.velocity))));
            }
        }
        let last = tick(end);
        let ends = sounding.into_keys().map(|(channel, key)| (last, Item::Channel(channel, Message::NoteOff(key))));
        items.extend(ends);
        (!items.is_empty()).then(|| midi_out::write(newest.tempo, newest.time_signature, &items))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use songweave_audio::midi::Midi;
    use songweave_dsp::exchange::frame::Transport;

    use super::*;

    /// Plays a note a beat from the host's beat 2 on, in 3/4 at 120 BPM, with a latency of 3,000 samples.
    fn play(beats: u32) -> Played {
        let (mut teller, mut receiver) = played(3_000, 48_000.0);
        let mut kept = Played::default();
        for block in 0..beats * 48 {
            let transport = Transport {
                playing: true,
                tempo: Some(120.0),
                beats: Some(2.0 + f64::from(block) / 48.0),
                time_signature: Some((3, 4)),
                bar_start: Some(0.0),
            };
            teller.begin(&BlockInfo { transport, ..BlockInfo::default() });
            // 24,000 samples a beat; the note of a beat sounds 3,000 samples later.
            if block % 48 == 6 {
                teller.tell(0, 1, 36 + (block / 48 % 12) as u8, 100);
            }
            if block % 48 == 30 {
                teller.tell(0, 1, 36 + (block / 48 % 12) as u8, 0);
            }
            teller.end(500);
            kept.hear(&mut receiver);
        }
        kept
    }

    #[test]
    fn the_last_bars_begin_with_a_bar_and_every_note_is_on_its_beat() {
        let path = std::env::temp_dir().join(format!("songweave-played-{}.mid", std::process::id()));
        std::fs::write(&path, play(20).last_bars(4).unwrap()).unwrap();
        let midi = Midi::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let begins = midi.events.iter().filter(|event| matches!(event.message, Message::NoteOn(..)));
        let begins: Vec<_> = begins.map(|event| (event.message, event.seconds)).collect();
        assert_eq!(begins.len(), 12, "four bars of three beats: {begins:?}");
        // Beat 19 of the playing is the host's beat 21, the first of a bar: the last whole bar ends there.
        for (beat, (message, seconds)) in begins.into_iter().enumerate() {
            assert_eq!(message, Message::NoteOn(36 + ((7 + beat) % 12) as u8, 100));
            assert!((seconds - 0.5 * beat as f64).abs() < 1e-6, "beat {beat} at {seconds}");
        }
        let ends = midi.events.iter().filter(|event| matches!(event.message, Message::NoteOff(_))).count();
        assert_eq!(ends, 12);
    }

    #[test]
    fn fewer_bars_than_asked_for_are_written_and_none_is_none() {
        assert_eq!(Played::default().last_bars(4), None);
        assert_eq!(play(1).last_bars(4), None, "no whole bar yet");
        assert!(play(5).last_bars(16).is_some());
    }

    #[test]
    fn nobody_who_listens_is_no_harm() {
        let (mut teller, mut receiver) = played(0, 48_000.0);
        teller.begin(&BlockInfo::default());
        (0..2 * WAITING).for_each(|_| teller.tell(0, 0, 60, 1));
        let mut kept = Played::default();
        kept.hear(&mut receiver);
        assert_eq!(kept.0.len(), WAITING);
    }
}
