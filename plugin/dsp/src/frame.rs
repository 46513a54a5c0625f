//! What crosses between the audio thread and the inference thread: analysis frames one way, decisions the other.
//!
//! Both are plain values of fixed size. They are addressed by [`Position`], never by order of arrival.

use crate::{
    band::{BandStep, VoiceHeard},
    chroma::PITCH_CLASSES,
    controls::Controls,
    layout::{BANDS, PARTS, SONGS, StreamLayout},
    tune::TuneGuide,
};

/// Which frame of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Counts resets, seeks and loops: a new generation makes the networks forget.
    pub generation: u32,
    /// Hops since the stream began or was reset.
    pub hop: u64,
}

/// The host's transport at the last sample of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Transport {
    /// Whether the host is playing.
    pub playing: bool,
    /// Tempo in beats per minute, when the host has one.
    pub tempo: Option<f64>,
    /// Position in quarter notes, when the host has one.
    pub beats: Option<f64>,
    /// Time signature as numerator and denominator, when the host has one.
    pub time_signature: Option<(u8, u8)>,
    /// Position of the present bar's beginning in quarter notes, when the host has one.
    pub bar_start: Option<f64>,
}

impl Transport {
    /// The transport `samples` later at a sample rate in Hz.
    #[must_use]
    pub fn after(mut self, samples: usize, sample_rate: f32) -> Self {
        if let (true, Some(beats), Some(tempo)) = (self.playing, self.beats, self.tempo) {
            self.beats = Some(beats + samples as f64 / f64::from(sample_rate) * tempo / 60.0);
        }
        self
    }

    /// Whether the host has a transport and it does not run.
    #[must_use]
    pub const fn stands(&self) -> bool {
        self.beats.is_some() && self.tempo.is_some() && !self.playing
    }

    /// The beat that sounds; `None` unless the host plays with a tempo and a position.
    #[must_use]
    pub fn beat(&self) -> Option<Beat> {
        let (true, Some(tempo), Some(beats)) = (self.playing, self.tempo, self.beats) else { return None };
        if !(beats.is_finite() && tempo.is_finite() && tempo > 0.0) {
            return None;
        }
        let (count, unit) = self.time_signature.unwrap_or((4, 4));
        let quarters = 4.0 / f64::from(unit.max(1));
        // Hosts round positions: what is as good as on the beat is on it, whatever the blocks are.
        let number = ((beats + 1e-6) / quarters).floor() as i64;
        Some(Beat { number, per_bar: i64::from(count.max(1)), seconds: quarters * 60.0 / tempo })
    }
}

/// A beat of the host's time signature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// Beats from the start of the host's song, 0 = the first.
    pub number: i64,
    /// Beats in a bar. Bars are counted from the start of the song.
    pub per_bar: i64,
    /// Length in seconds.
    pub seconds: f64,
}

impl Beat {
    /// Number of its bar, 0 = the first.
    #[must_use]
    pub const fn bar(&self) -> i64 {
        self.number.div_euclid(self.per_bar)
    }
}

/// What a song sounds like in one frame, per band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SongBands {
    /// Mean power of the band's bins over both channels, `[band]`, full-scale sine about 1.
    pub power: [f32; BANDS],
    /// Power of the side signal (L-R)/2 as a share of the whole, `[band]`, 0 = mono … 1 = out of phase.
    pub width: [f32; BANDS],
}

impl SongBands {
    /// A silent song.
    pub const SILENT: Self = Self { power: [0.0; BANDS], width: [0.0; BANDS] };
}

/// One hop of the stream as the networks hear it, with the controls and the transport at its last sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnalysisFrame {
    /// Which frame this is.
    pub position: Position,
    /// Parameter values at the frame's last sample.
    pub controls: Controls,
    /// Host transport at the frame's last sample.
    pub transport: Transport,
    /// Whether song B is there (see [`crate::presence`]).
    pub b_present: bool,
    /// `[song]`: A, B.
    pub songs: [SongBands; SONGS],
    /// Weight of each pitch class in each song, `[song][pitch class]`, 0 = C, at least 0 (see [`crate::chroma`]).
    pub chroma: [[f32; PITCH_CLASSES]; SONGS],
    /// What is heard of the voice in song A; nothing outside Accompany.
    pub voice: VoiceHeard,
    /// MIDI keys that are held, one bit each.
    pub keys: u128,
    /// The stream's sizes.
    pub layout: StreamLayout,
}

impl AnalysisFrame {
    /// Length of a hop in seconds.
    #[must_use]
    pub fn hop_seconds(&self) -> f32 {
        self.layout.hop_seconds()
    }
}

impl Default for AnalysisFrame {
    /// Song A silent, song B absent, hops as at 48 kHz.
    fn default() -> Self {
        Self {
            position: Position::default(),
            controls: Controls::default(),
            transport: Transport::default(),
            b_present: false,
            songs: [SongBands::SILENT; SONGS],
            chroma: [[0.0; PITCH_CLASSES]; SONGS],
            voice: VoiceHeard::default(),
            keys: 0,
            layout: StreamLayout::for_sample_rate(48_000.0),
        }
    }
}

/// What the networks decided for one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The frame that this decision is about.
    pub position: Position,
    /// Share of each part in each song, `[song][part][band]`, 0…1, the parts of a band add up to 1.
    pub shares: [[[f32; BANDS]; PARTS]; SONGS],
    /// Who leads each part now, `[part]`, 0 = A … 1 = B; where its fader stands before anyone does.
    pub lead: [f32; PARTS],
    /// Transposition of song B in semitones, −6…6, that brings both songs into one key.
    pub transpose_b: i8,
    /// What the band plays.
    pub band: BandStep,
    /// What the tuner may aim at.
    pub tune: TuneGuide,
}

impl Decision {
    /// Before anything was heard: every part may be anywhere, nobody leads.
    pub const UNDECIDED: Self = Self {
        position: Position { generation: 0, hop: 0 },
        shares: [[[1.0 / PARTS as f32; BANDS]; PARTS]; SONGS],
        lead: [0.5; PARTS],
        transpose_b: 0,
        band: BandStep::EMPTY,
        tune: TuneGuide { key: None, chord: None, melody: None },
    };
}
