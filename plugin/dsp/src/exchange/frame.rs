//! What the audio thread sends to the inference thread: one frame a hop, with what the mode's networks hear of it.
//!
//! Frames are plain values of fixed size. They are addressed by [`Position`], never by order of arrival; so are the decisions
//! about them ([`crate::exchange::decision`]).

use crate::{
    analysis::chroma::PITCH_CLASSES,
    band::VoiceHeard,
    exchange::controls::Controls,
    stream::layout::{BANDS, SONGS, StreamLayout},
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
        let (count, quarters) = (count.max(1), 4.0 / f64::from(unit.max(1)));
        // Hosts round positions: what is as good as on the beat is on it, whatever the blocks are.
        let beats = beats + 1e-6;
        let start = bar_start(beats, f64::from(count) * quarters, self.bar_start);
        let number = (start / quarters).round() as i64;
        let number = number.saturating_add(((beats - start) / quarters).floor() as i64);
        let bar = (start * BAR_TICKS).round() as i64;
        Some(Beat { number, bar, per_bar: count.into(), seconds: quarters * 60.0 / tempo })
    }
}

/// Where the bar of a position begins, all in quarters: where the host says, if that can be, else a multiple of the bar. The host
/// speaks of the beginning of its block, which may run into the next bar.
#[must_use]
pub fn bar_start(beats: f64, bar: f64, told: Option<f64>) -> f64 {
    let told = told.filter(|start| start.is_finite() && (0.0..2.0 * bar).contains(&(beats - start)));
    let from = told.unwrap_or(0.0);
    from + ((beats - from) / bar).floor() * bar
}

/// Parts of a quarter in which a bar's beginning is told.
const BAR_TICKS: f64 = 960.0;

/// A beat of the host's time signature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// Beats from the start of the host's song, 0 = the first.
    pub number: i64,
    /// Where its bar begins, in 960ths of a quarter: another bar has another number, a later one a larger.
    pub bar: i64,
    /// Beats in a bar.
    pub per_bar: i64,
    /// Length in seconds.
    pub seconds: f64,
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

/// What Mash hears in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SongsHeard {
    /// `[song]`: A, B.
    pub bands: [SongBands; SONGS],
    /// Weight of each pitch class in each song, `[song][pitch class]`, 0 = C, at least 0 (see [`crate::analysis::chroma`]).
    pub chroma: [[f32; PITCH_CLASSES]; SONGS],
    /// Whether song B is there (see [`crate::analysis::presence`]).
    pub b_present: bool,
}

impl SongsHeard {
    /// Song A silent, song B absent.
    pub const SILENT: Self =
        Self { bands: [SongBands::SILENT; SONGS], chroma: [[0.0; PITCH_CLASSES]; SONGS], b_present: false };
}

/// What Accompany hears in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SingerHeard {
    /// What is heard of the voice in input A.
    pub voice: VoiceHeard,
    /// MIDI keys that are held and ask for a chord, one bit each.
    pub keys: u128,
}

/// What is heard in one frame, by the mode that is on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it crosses in a ring whose memory is there from the beginning")]
pub enum Heard {
    /// Two songs.
    Mash(SongsHeard),
    /// Somebody who sings.
    Accompany(SingerHeard),
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
    /// The stream's sizes.
    pub layout: StreamLayout,
    /// What the mode's networks hear.
    pub heard: Heard,
}

impl AnalysisFrame {
    /// Length of a hop in seconds.
    #[must_use]
    pub fn hop_seconds(&self) -> f32 {
        self.layout.hop_seconds()
    }
}

impl Default for AnalysisFrame {
    /// Two songs in Mash, A silent and B absent, hops as at 48 kHz.
    fn default() -> Self {
        Self {
            position: Position::default(),
            controls: Controls::default(),
            transport: Transport::default(),
            layout: StreamLayout::for_sample_rate(48_000.0),
            heard: Heard::Mash(SongsHeard::SILENT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_are_counted_in_the_bars_that_the_host_tells() {
        // A bar of 2/4 from 40 to 42 among 4/4; the first block of the bar that follows begins at 41.99.
        for (beats, signature, told, bar, beat) in [
            (39.5, (4, 4), Some(36.0), 36, 39),
            (41.0, (2, 4), Some(40.0), 40, 41),
            (42.01, (2, 4), Some(40.0), 42, 42),
            (45.5, (4, 4), Some(42.0), 42, 45),
            (46.0 - 1e-9, (4, 4), Some(42.0), 46, 46),
            (45.5, (4, 4), None, 44, 45),
            (45.5, (4, 4), Some(0.0), 44, 45),
        ] {
            let transport = Transport {
                playing: true,
                tempo: Some(120.0),
                beats: Some(beats),
                time_signature: Some(signature),
                bar_start: told,
            };
            let found = transport.beat().map(|beat| (beat.bar, beat.number));
            assert_eq!(found, Some((960 * bar, beat)), "{beats} in {signature:?} from {told:?}");
        }
    }
}
