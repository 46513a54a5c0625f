//! A voice and a host that plays it to the band, with the plugin linked into the test.

use songweave_host::{Block, ClapPlugin, Event, EventKind, HostError, Transport, silent_bus};
use songweave_score::songs::structure_song::{StepNote, StructureSong};
use songweave_synth::voices::evaluation_singers::{Manner, sing};

use crate::bounce::{MULTI_OUT, instance, parameter, parameter_event};

/// Sample rate in Hz.
pub const RATE: u32 = 48_000;

/// The beginning or the end of a note that the plugin played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    /// Sample of the output, latency included.
    pub sample: usize,
    /// MIDI channel, counted from 0.
    pub channel: u8,
    /// MIDI key.
    pub key: u8,
    /// Velocity 0…1 of a beginning, `None` for an end.
    pub velocity: Option<f64>,
}

/// What came of it.
pub struct Accompanied {
    /// `[port][channel][sample]`, latency included: main, drums, bass, keys, pad.
    pub ports: Vec<Vec<Vec<f32>>>,
    /// In order of time.
    pub told: Vec<Told>,
    /// Latency in samples.
    pub latency: usize,
    /// Decisions that came too late.
    pub missed: f64,
    /// The plugin's state afterwards.
    pub state: Vec<u8>,
}

/// What a host says at a sample of the stream.
pub type Timeline = fn(usize) -> Option<Transport>;

/// A host with a band in it.
pub struct Host {
    /// The play head at the first sample of a block.
    pub timeline: Timeline,
    /// Samples at which the play head does something sudden: blocks end there.
    pub cuts: Vec<usize>,
    /// `(sample, parameter name, value)` in order of time.
    pub automation: Vec<(usize, &'static str, f64)>,
    /// Keys played to the plugin: sample and event, in order of time.
    pub keys: Vec<(usize, EventKind)>,
    /// A state that is loaded before.
    pub state: Option<Vec<u8>>,
}

impl Default for Host {
    fn default() -> Self {
        Self { timeline: rolling, cuts: vec![], automation: vec![], keys: vec![], state: None }
    }
}

/// 120 BPM in 4/4 from the first sample on.
#[must_use]
pub fn rolling(sample: usize) -> Option<Transport> {
    Some(Transport { position: sample as u64, ..Transport::default() })
}

impl Host {
    /// Plays a voice to a fresh Multi-Out plugin in Accompany.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn play(&self, voice: &[f32], mut sizes: impl Iterator<Item = usize>) -> Result<Accompanied, HostError> {
        let mut plugin = instance(MULTI_OUT)?;
        plugin.set_offline(true)?;
        if let Some(state) = &self.state {
            plugin.load_state(state)?;
        }
        choose(&mut plugin, "Mode", "Accompany")?;
        let automation: Vec<(usize, u32, f64)> =
            self.automation.iter().map(|(at, name, value)| (*at, parameter(&mut plugin, name), *value)).collect();
        let mut processor = plugin.activate(f64::from(RATE), 8192)?;
        let latency = plugin.latency() as usize;
        let mut ports = vec![vec![Vec::new(); 2]; 5];
        let (mut told, mut events_out) = (Vec::new(), Vec::new());
        let mut start = 0;
        while start < voice.len() {
            let cut = self.cuts.iter().find(|cut| **cut > start).map_or(usize::MAX, |cut| cut - start);
            let frames = sizes.next().unwrap_or(512).min(voice.len() - start).min(cut);
            let range = start..start + frames;
            let mut inputs = [vec![voice[range.clone()].to_vec(); 2], silent_bus(2, frames)];
            let mut outputs: Vec<_> = (0..5).map(|_| silent_bus(2, frames)).collect();
            let moved = automation.iter().filter(|(at, ..)| range.contains(at));
            let mut events: Vec<Event> =
                moved.map(|(at, id, value)| parameter_event(at - start, *id, *value)).collect();
            let keys = self.keys.iter().filter(|(at, _)| range.contains(at));
            events.extend(keys.map(|(at, kind)| Event { time: (at - start) as u32, kind: *kind }));
            events.sort_by_key(|event| event.time);
            let transport = (self.timeline)(start);
            processor.process(&mut Block {
                frames,
                inputs: &mut inputs,
                outputs: &mut outputs,
                events: &events,
                transport,
                events_out: &mut events_out,
            })?;
            plugin.idle();
            for (port, block) in ports.iter_mut().flatten().zip(outputs.iter().flatten()) {
                port.extend_from_slice(&block[..frames]);
            }
            told.extend(events_out.drain(..).filter_map(|event| read(start, &event)));
            start += frames;
        }
        plugin.deactivate(processor);
        let counter = parameter(&mut plugin, "Missed hops");
        let missed = plugin.value(counter).unwrap_or(f64::NAN);
        let state = plugin.save_state()?;
        Ok(Accompanied { ports, told, latency, missed, state })
    }
}

/// Sets a parameter of an inactive plugin to one of its choices.
///
/// # Errors
/// When the plugin has no such choice.
pub fn choose(plugin: &mut ClapPlugin, name: &str, choice: &str) -> Result<(), HostError> {
    let id = parameter(plugin, name);
    let value = plugin.parse(id, choice).ok_or(HostError::Missing("choice of that name"))?;
    plugin.set_value(id, value)
}

fn read(start: usize, event: &Event) -> Option<Told> {
    let sample = start + event.time as usize;
    match event.kind {
        EventKind::NoteOn { channel, key, velocity } => Some(Told { sample, channel, key, velocity: Some(velocity) }),
        EventKind::NoteOff { channel, key, .. } => Some(Told { sample, channel, key, velocity: None }),
        EventKind::Midi(_) | EventKind::Parameter { .. } => None,
    }
}

impl Accompanied {
    /// Channel and key of all notes that sound right after a sample of the output.
    #[must_use]
    pub fn sounding(&self, sample: usize) -> Vec<(u8, u8)> {
        let mut sounding = Vec::new();
        for told in self.told.iter().take_while(|told| told.sample <= sample) {
            let note = (told.channel, told.key);
            sounding.retain(|other| *other != note);
            if told.velocity.is_some() {
                sounding.push(note);
            }
        }
        sounding
    }

    /// Beginnings of notes.
    #[must_use]
    pub fn onsets(&self) -> usize {
        self.told.iter().filter(|told| told.velocity.is_some()).count()
    }

    /// Largest sample of all outputs; NaN where one is no number.
    #[must_use]
    pub fn peak(&self) -> f32 {
        let samples = self.ports.iter().flatten().flatten();
        samples.fold(0.0, |peak: f32, sample| if sample.is_finite() { peak.max(sample.abs()) } else { f32::NAN })
    }
}

/// A made-up song in C at 120 BPM, of so many bars.
#[must_use]
pub fn song(bars: u32) -> StructureSong {
    const KEYS: [u8; 16] = [60, 62, 64, 67, 65, 64, 62, 60, 69, 67, 65, 64, 62, 59, 60, 60];
    let note = |index: u32| StepNote { start: 4 * index, length: 3, key: KEYS[index as usize % KEYS.len()] };
    StructureSong {
        name: "made up".to_owned(),
        tempo: 120.0,
        key: None,
        melody: (0..4 * bars).map(note).collect(),
        chords: vec![],
    }
}

/// Somebody sings the made-up song; one channel at [`RATE`].
#[must_use]
pub fn voice(bars: u32) -> Vec<f32> {
    let [left, _] = sing(&song(bars), Manner::Clean, RATE).audio;
    left
}
