//! What passes between host and plugin in one call of `process`, the same for both formats.

/// Audio of one port: `[channel][frame]`. Without channels it is a port the host left unconnected.
pub type Bus = Vec<Vec<f32>>;

/// A bus of zeros, `channels` × `frames`.
pub fn silent_bus(channels: usize, frames: usize) -> Bus {
    vec![vec![0.0; frames]; channels]
}

/// Something that happens inside a block, in either direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Frame in the block, from 0.
    pub time: u32,
    /// What happens.
    pub kind: EventKind,
}

/// What an [`Event`] says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A parameter takes a value (CLAP: in the plugin's range; VST3: 0..1).
    Parameter {
        /// The host's number of the parameter.
        id: u32,
        /// Its new value.
        value: f64,
    },
    /// A key goes down.
    NoteOn {
        /// MIDI channel, 0..15.
        channel: u8,
        /// MIDI key, 0..127.
        key: u8,
        /// 0..1.
        velocity: f64,
    },
    /// A key comes up.
    NoteOff {
        /// MIDI channel, 0..15.
        channel: u8,
        /// MIDI key, 0..127.
        key: u8,
        /// 0..1.
        velocity: f64,
    },
    /// A raw MIDI 1 message (CLAP only).
    Midi([u8; 3]),
}

/// The host's play head at the first frame of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    /// Rolling.
    pub playing: bool,
    /// Position on the timeline, in samples.
    pub position: u64,
    /// Position in quarter notes where the tempo has changed on the way; `None`: as far as `tempo` gets from the start.
    pub quarters: Option<f64>,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// Beats in a bar, and the note value of a beat.
    pub time_signature: (u16, u16),
    /// Where the present bar begins, in quarter notes, where the metre has changed on the way; `None`: at a multiple of its length.
    pub bar_start: Option<f64>,
    /// Active loop from, to; in samples.
    pub loop_range: Option<(u64, u64)>,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            playing: true,
            position: 0,
            quarters: None,
            tempo: 120.0,
            time_signature: (4, 4),
            bar_start: None,
            loop_range: None,
        }
    }
}

impl Transport {
    /// A position in samples as quarter notes from the start of the song.
    pub fn quarters(&self, position: u64, sample_rate: f64) -> f64 {
        position as f64 / sample_rate * self.tempo / 60.0
    }

    /// Where the play head is, in quarter notes.
    pub fn quarters_now(&self, sample_rate: f64) -> f64 {
        self.quarters.unwrap_or_else(|| self.quarters(self.position, sample_rate))
    }

    /// Where the present bar begins, in quarter notes.
    pub fn bar_start_now(&self, sample_rate: f64) -> f64 {
        let multiple = || (self.quarters_now(sample_rate) / self.bar_quarters()).floor() * self.bar_quarters();
        self.bar_start.unwrap_or_else(multiple)
    }

    /// Length of a bar in quarter notes.
    pub fn bar_quarters(&self) -> f64 {
        f64::from(self.time_signature.0) * 4.0 / f64::from(self.time_signature.1.max(1))
    }
}

/// One call of `process`: buffers are the caller's and may be longer than `frames`.
#[derive(Debug)]
pub struct Block<'a> {
    /// Frames to process, from the start of every buffer.
    pub frames: usize,
    /// Input ports, main first: `[port][channel][frame]`.
    pub inputs: &'a mut [Bus],
    /// Output ports, main first: `[port][channel][frame]`.
    pub outputs: &'a mut [Bus],
    /// What happens in this block, in order of time.
    pub events: &'a [Event],
    /// Where the host is; `None`: a host without a transport.
    pub transport: Option<Transport>,
    /// What the plugin says is appended here. Reserve room for a run without allocation.
    pub events_out: &'a mut Vec<Event>,
}
