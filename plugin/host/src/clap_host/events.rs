//! Events between this crate's form and CLAP's.

use crate::{Event, EventKind, Transport};
use clack_host::events::event_types::{
    MidiEvent, NoteOffEvent, NoteOnEvent, ParamValueEvent, TransportEvent, TransportFlags,
};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, Match};
use clack_host::prelude::{ClapId, EventBuffer, EventHeader, Pckn, UnknownEvent};
use clack_host::utils::{BeatTime, SecondsTime};

/// Appends `event` to a plugin's input.
pub(super) fn push(buffer: &mut EventBuffer, event: &Event) {
    let Event { time, kind } = *event;
    let note = |channel: u8, key: u8| Pckn::new(0u16, channel, key, Match::All);
    match kind {
        EventKind::Parameter { id, value } => {
            if let Some(id) = ClapId::from_raw(id) {
                buffer.push(&ParamValueEvent::new(time, id, Pckn::match_all(), value));
            }
        }
        EventKind::NoteOn { channel, key, velocity } => {
            buffer.push(&NoteOnEvent::new(time, note(channel, key), velocity));
        }
        EventKind::NoteOff { channel, key, velocity } => {
            buffer.push(&NoteOffEvent::new(time, note(channel, key), velocity));
        }
        EventKind::Midi(bytes) => buffer.push(&MidiEvent::new(time, 0, bytes)),
    }
}

/// What a plugin said, if this host listens to it.
pub(super) fn read(event: &UnknownEvent) -> Option<Event> {
    let time = event.header().time();
    let kind = match event.as_core_event()? {
        CoreEventSpace::ParamValue(event) => EventKind::Parameter { id: event.param_id()?.get(), value: event.value() },
        CoreEventSpace::NoteOn(event) => EventKind::NoteOn {
            channel: number(event.channel())?,
            key: number(event.key())?,
            velocity: event.velocity(),
        },
        CoreEventSpace::NoteOff(event) => EventKind::NoteOff {
            channel: number(event.channel())?,
            key: number(event.key())?,
            velocity: event.velocity(),
        },
        CoreEventSpace::Midi(event) => EventKind::Midi(event.data()),
        _ => return None,
    };
    Some(Event { time, kind })
}

fn number(value: Match<u16>) -> Option<u8> {
    value.into_specific().and_then(|value| u8::try_from(value).ok())
}

/// The play head in CLAP's units.
pub(super) fn transport(transport: &Transport, sample_rate: f64) -> TransportEvent {
    let seconds = |position: u64| SecondsTime::from_float(position as f64 / sample_rate);
    let beats = |position: u64| BeatTime::from_float(transport.quarters(position, sample_rate));
    let mut flags = TransportFlags::HAS_TEMPO
        | TransportFlags::HAS_BEATS_TIMELINE
        | TransportFlags::HAS_SECONDS_TIMELINE
        | TransportFlags::HAS_TIME_SIGNATURE;
    flags.set(TransportFlags::IS_PLAYING, transport.playing);
    flags.set(TransportFlags::IS_LOOP_ACTIVE, transport.loop_range.is_some());
    let (from, to) = transport.loop_range.unwrap_or_default();
    let now = transport.quarters_now(sample_rate);
    let bar_start = transport.bar_start_now(sample_rate);
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: BeatTime::from_float(now),
        song_pos_seconds: seconds(transport.position),
        tempo: transport.tempo,
        tempo_inc: 0.0,
        loop_start_beats: beats(from),
        loop_end_beats: beats(to),
        loop_start_seconds: seconds(from),
        loop_end_seconds: seconds(to),
        bar_start: BeatTime::from_float(bar_start),
        bar_number: (bar_start / transport.bar_quarters()).round() as i32,
        time_signature_numerator: transport.time_signature.0,
        time_signature_denominator: transport.time_signature.1,
    }
}
