//! The notes that the host has been told to begin and not to end.

use nice_plug::{
    midi::{Channel, Key, VoiceID},
    prelude::NoteEvent,
};

/// MIDI channels.
const CHANNELS: usize = 16;

/// Keys that sound at the host, `[channel]`, one bit each.
#[derive(Debug, Default)]
pub struct ToldNotes {
    sounding: [u128; CHANNELS],
}

impl ToldNotes {
    /// Takes note of an event that the host gets.
    pub fn tell(&mut self, event: &NoteEvent<()>) {
        let (channel, key, sounds) = match event {
            NoteEvent::NoteOn { channel, key, .. } => (channel, key, true),
            NoteEvent::NoteOff { channel, key, .. } => (channel, key, false),
            _ => return,
        };
        if let (Channel::Number(channel), Key::Number(key)) = (channel, key) {
            let (keys, bit) = (&mut self.sounding[usize::from(*channel) % CHANNELS], 1_u128 << (key & 127));
            if sounds { *keys |= bit } else { *keys &= !bit }
        }
    }

    /// The ends of all notes that sound, at a block's first sample; none sounds afterwards.
    pub fn take_ends(&mut self) -> impl Iterator<Item = NoteEvent<()>> {
        let sounding = std::mem::take(&mut self.sounding);
        (0..CHANNELS as u8).flat_map(move |channel| {
            let keys = (0..128_u8).filter(move |key| sounding[usize::from(channel)] >> key & 1 == 1);
            keys.map(move |key| NoteEvent::NoteOff {
                timing: 0,
                voice_id: VoiceID::Wildcard,
                channel: Channel::Number(channel),
                key: Key::Number(key),
                velocity: 0.0,
            })
        })
    }
}
