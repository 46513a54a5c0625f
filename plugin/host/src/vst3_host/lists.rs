//! Parameter changes and events of a block as VST3's lists.

use crate::{Event, EventKind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use vst3::Steinberg::Vst::{
    Event as RawEvent, Event_::EventTypes_, IEventList, IEventListTrait, IParamValueQueue, IParamValueQueueTrait,
    IParameterChanges, IParameterChangesTrait, NoteOffEvent, NoteOnEvent, ParamID, ParamValue,
};
use vst3::Steinberg::{kInvalidArgument, kResultFalse, kResultOk, tresult};
use vst3::{Class, ComWrapper};

/// The points of one parameter in one block.
pub(super) struct Queue {
    id: ParamID,
    points: Mutex<Vec<(i32, ParamValue)>>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> i32 {
        lock(&self.points).len() as i32
    }

    unsafe fn getPoint(&self, index: i32, offset: *mut i32, value: *mut ParamValue) -> tresult {
        let points = lock(&self.points);
        let Some(point) = usize::try_from(index).ok().and_then(|index| points.get(index)) else {
            return kInvalidArgument;
        };
        // SAFETY: valid places by the standard.
        unsafe { (*offset, *value) = *point };
        kResultOk
    }

    unsafe fn addPoint(&self, offset: i32, value: ParamValue, index: *mut i32) -> tresult {
        let mut points = lock(&self.points);
        points.push((offset, value));
        // SAFETY: null or a valid place.
        if let Some(index) = unsafe { index.as_mut() } {
            *index = points.len() as i32 - 1;
        }
        kResultOk
    }
}

/// All parameters that move in one block, or that the plugin moves.
#[derive(Default)]
pub(super) struct Changes(Mutex<Vec<ComWrapper<Queue>>>);

impl Changes {
    /// The parameter events among `events`.
    pub(super) fn new(events: &[Event]) -> Self {
        let changes = Self::default();
        for event in events {
            if let EventKind::Parameter { id, value } = event.kind {
                lock(&changes.queue(id).points).push((event.time as i32, value));
            }
        }
        changes
    }

    fn queue(&self, id: ParamID) -> ComWrapper<Queue> {
        let mut queues = lock(&self.0);
        if let Some(queue) = queues.iter().find(|queue| queue.id == id) {
            return queue.clone();
        }
        let queue = ComWrapper::new(Queue { id, points: Mutex::default() });
        queues.push(queue.clone());
        queue
    }

    /// All points as events.
    pub(super) fn read(&self, out: &mut Vec<Event>) {
        for queue in lock(&self.0).iter() {
            let points = lock(&queue.points);
            out.extend(points.iter().map(|(time, value)| Event {
                time: *time as u32,
                kind: EventKind::Parameter { id: queue.id, value: *value },
            }));
        }
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        lock(&self.0).len() as i32
    }

    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        let queues = lock(&self.0);
        let queue = usize::try_from(index).ok().and_then(|index| queues.get(index));
        // The list keeps the queue alive; the standard lends the pointer without a reference.
        queue.and_then(ComWrapper::as_com_ref::<IParamValueQueue>).map_or(std::ptr::null_mut(), |queue| queue.as_ptr())
    }

    unsafe fn addParameterData(&self, id: *const ParamID, index: *mut i32) -> *mut IParamValueQueue {
        // SAFETY: a valid place by the standard.
        let id = unsafe { *id };
        let queue = self.queue(id);
        let position = lock(&self.0).iter().position(|queue| queue.id == id).unwrap_or(0);
        // SAFETY: null or a valid place.
        if let Some(index) = unsafe { index.as_mut() } {
            *index = position as i32;
        }
        queue.as_com_ref::<IParamValueQueue>().map_or(std::ptr::null_mut(), |queue| queue.as_ptr())
    }
}

/// The notes of one block.
#[derive(Default)]
pub(super) struct Notes(Mutex<Vec<RawEvent>>);

impl Notes {
    /// The note events among `events`.
    pub(super) fn new(events: &[Event]) -> Self {
        Self(Mutex::new(events.iter().filter_map(raw_note).collect()))
    }

    /// All notes as events.
    pub(super) fn read(&self, out: &mut Vec<Event>) {
        out.extend(lock(&self.0).iter().filter_map(read_note));
    }
}

impl Class for Notes {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Notes {
    unsafe fn getEventCount(&self) -> i32 {
        lock(&self.0).len() as i32
    }

    unsafe fn getEvent(&self, index: i32, event: *mut RawEvent) -> tresult {
        let events = lock(&self.0);
        let Some(found) = usize::try_from(index).ok().and_then(|index| events.get(index)) else {
            return kResultFalse;
        };
        // SAFETY: a valid place by the standard.
        unsafe { *event = *found };
        kResultOk
    }

    unsafe fn addEvent(&self, event: *mut RawEvent) -> tresult {
        // SAFETY: null or a valid event by the standard.
        match unsafe { event.as_ref() } {
            Some(event) => lock(&self.0).push(*event),
            None => return kInvalidArgument,
        }
        kResultOk
    }
}

fn raw_note(event: &Event) -> Option<RawEvent> {
    // SAFETY: a C struct for which zeros are valid.
    let mut raw: RawEvent = unsafe { std::mem::zeroed() };
    raw.sampleOffset = event.time as i32;
    match event.kind {
        EventKind::NoteOn { channel, key, velocity } => {
            raw.r#type = EventTypes_::kNoteOnEvent as u16;
            let (channel, pitch, velocity) = (channel.into(), key.into(), velocity as f32);
            raw.__field0.noteOn = NoteOnEvent { channel, pitch, tuning: 0.0, velocity, length: 0, noteId: -1 };
        }
        EventKind::NoteOff { channel, key, velocity } => {
            raw.r#type = EventTypes_::kNoteOffEvent as u16;
            let (channel, pitch, velocity) = (channel.into(), key.into(), velocity as f32);
            raw.__field0.noteOff = NoteOffEvent { channel, pitch, velocity, noteId: -1, tuning: 0.0 };
        }
        EventKind::Parameter { .. } | EventKind::Midi(_) => return None,
    }
    Some(raw)
}

fn read_note(raw: &RawEvent) -> Option<Event> {
    let number = |value: i16| u8::try_from(value).ok();
    // SAFETY: the type says which field of the union is set.
    let kind = unsafe {
        match raw.r#type.into() {
            EventTypes_::kNoteOnEvent => {
                let note = raw.__field0.noteOn;
                let (channel, key) = (number(note.channel)?, number(note.pitch)?);
                EventKind::NoteOn { channel, key, velocity: note.velocity.into() }
            }
            EventTypes_::kNoteOffEvent => {
                let note = raw.__field0.noteOff;
                let (channel, key) = (number(note.channel)?, number(note.pitch)?);
                EventKind::NoteOff { channel, key, velocity: note.velocity.into() }
            }
            _ => return None,
        }
    };
    Some(Event { time: raw.sampleOffset as u32, kind })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
