//! What the editor sees of the audio thread: meters in atomics, mask columns in a ring of their own.
//!
//! Columns travel through a ring and not as a latest value, since the heat map draws every one of them. They are made
//! only while somebody watches.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use atomic_float::AtomicF32;
use ringbuf::{HeapCons, HeapProd, traits::Producer};

use crate::{
    band::{Chord, INSTRUMENTS, VoiceHeard, schedule::Sounding},
    exchange::{
        controls::Controls,
        decision::MashDecision,
        frame::{Position, SongBands, Transport},
    },
    mash::mask::{crossfade, effective_faders},
    stream::{
        layout::{BANDS, CHANNELS, PARTS, SONGS},
        ring::touched,
    },
    tune::TuneView,
};

/// Columns that may wait for the editor: about three seconds.
const COLUMNS: usize = 256;

/// The mask of one hop as it was applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaskColumn {
    /// The frame it was applied to.
    pub position: Position,
    /// Who is heard, `[part][band]`, 0 = only A … 1 = only B, by power; the fader where the part is silent in both.
    pub heard: [[f32; BANDS]; PARTS],
    /// Power of what is heard, `[part][band]`.
    pub power: [[f32; BANDS]; PARTS],
    /// Who leads each part, `[part]`, 0 = A … 1 = B.
    pub lead: [f32; PARTS],
    /// Where each part's fader stands after balance and auto, `[part]`, 0 = A … 1 = B.
    pub faders: [f32; PARTS],
    /// Whether the mask was held as it was.
    pub frozen: bool,
    /// The host's transport at the frame's last sample.
    pub transport: Transport,
}

impl MaskColumn {
    /// The column of a decision as the controls apply it to the songs `[song]`, without its place and a transport.
    #[must_use]
    pub fn new(decision: &MashDecision, controls: &Controls, songs: &[SongBands; SONGS]) -> Self {
        let faders = effective_faders(controls, &decision.lead);
        let mut column = Self {
            position: Position::default(),
            heard: faders.map(|fader| [fader; BANDS]),
            power: [[0.0; BANDS]; PARTS],
            lead: decision.lead,
            faders,
            frozen: controls.freeze,
            transport: Transport::default(),
        };
        for (part, law) in faders.map(crossfade).into_iter().enumerate() {
            for band in 0..BANDS {
                let [a, b]: [f32; SONGS] = std::array::from_fn(|song| {
                    let gain = decision.shares[song][part][band] * law[song];
                    songs[song].power[band] * gain * gain
                });
                column.power[part][band] = a + b;
                if a + b > 1e-12 {
                    column.heard[part][band] = b / (a + b);
                }
            }
        }
        column
    }
}

/// The band in one hop as it was played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandColumn {
    /// First sample of the hop, counted from the stream's last reset; negative while the latency passes.
    pub sample: i64,
    /// What is heard of the voice, two hops after this one's beginning.
    pub voice: VoiceHeard,
    /// The chord and the sample since which it sounds.
    pub chord: (Option<Chord>, i64),
    /// Keys that sound.
    pub sounding: Sounding,
    /// The tuner at the hop's first sample.
    pub tune: TuneView,
    /// The host's transport, about three hops later.
    pub transport: Transport,
}

impl BandColumn {
    /// Nobody sings and nobody plays.
    fn nothing() -> Self {
        Self {
            sample: 0,
            voice: VoiceHeard::default(),
            chord: (None, 0),
            sounding: [0; INSTRUMENTS],
            tune: TuneView::default(),
            transport: Transport::default(),
        }
    }
}

/// Meters and counters, written by the audio thread, read by anyone.
#[derive(Debug, Default)]
pub struct Telemetry {
    /// Set by whoever reads mask columns; none are made otherwise.
    pub watched: AtomicBool,
    /// Falling peak of song A, `[channel]`, linear.
    pub peak_a: [AtomicF32; CHANNELS],
    /// Falling peak of song B, `[channel]`, linear.
    pub peak_b: [AtomicF32; CHANNELS],
    /// Falling peak of the output, `[channel]`, linear.
    pub peak_out: [AtomicF32; CHANNELS],
    /// Whether song B is there.
    pub b_present: AtomicBool,
    /// Hops processed since activation.
    pub hops: AtomicU64,
    /// Hops since activation whose decision was not there in time.
    pub missed: AtomicU64,
    /// Panics of the audio thread since activation.
    pub panics: AtomicU32,
    /// Whether a panic has stopped the path, so that the delayed dry signal is heard.
    pub stopped: AtomicBool,
    /// Input samples since activation that were no usable numbers and were replaced by silence.
    pub repaired: AtomicU64,
    /// Generation of the stream: counts resets, seeks and loops.
    pub generation: AtomicU32,
}

impl Telemetry {
    /// Raises a falling peak (20 dB per second) to that of a hop.
    pub(crate) fn meter(meter: &AtomicF32, peak: f32, hop_seconds: f32) {
        let fallen = meter.load(Relaxed) * (1.0 - 2.3 * hop_seconds).max(0.0);
        meter.store(if fallen > 1e-6 { fallen.max(peak) } else { peak }, Relaxed);
    }
}

/// Largest magnitude of the samples.
pub(crate) fn peak(samples: &[f32]) -> f32 {
    // Eight running maxima, so that the compiler may take the samples eight at a time.
    let (eights, rest) = samples.as_chunks::<8>();
    let mut peaks = [0.0_f32; 8];
    for eight in eights {
        for lane in 0..8 {
            peaks[lane] = peaks[lane].max(eight[lane].abs());
        }
    }
    peaks.into_iter().chain(rest.iter().map(|sample| sample.abs())).fold(0.0, f32::max)
}

/// The audio thread's end of the column rings.
pub struct ColumnSender {
    mask: HeapProd<MaskColumn>,
    band: HeapProd<BandColumn>,
}

/// The reader's end of the column rings.
pub struct ColumnReceiver {
    /// Columns of Mash.
    pub mask: HeapCons<MaskColumn>,
    /// Columns of Accompany.
    pub band: HeapCons<BandColumn>,
}

/// The rings for columns of both modes.
///
/// # Allocates
#[must_use]
pub fn columns() -> (ColumnSender, ColumnReceiver) {
    let songs = [SongBands::SILENT; SONGS];
    let (mask_in, mask_out) = touched(COLUMNS, MaskColumn::new(&MashDecision::UNDECIDED, &Controls::default(), &songs));
    let (band_in, band_out) = touched(COLUMNS, BandColumn::nothing());
    (ColumnSender { mask: mask_in, band: band_in }, ColumnReceiver { mask: mask_out, band: band_out })
}

impl ColumnSender {
    /// Sends a column; it is lost when nobody has read for seconds.
    pub fn send(&mut self, column: MaskColumn) {
        let _ = self.mask.try_push(column);
    }

    /// Sends a column of the band; it is lost when nobody has read for seconds.
    pub fn send_band(&mut self, column: BandColumn) {
        let _ = self.band.try_push(column);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_shows_a_where_only_a_plays_and_the_fader_where_nobody_does() {
        let mut decision = MashDecision::UNDECIDED;
        decision.shares[0] = [[1.0; BANDS], [0.0; BANDS], [0.0; BANDS], [0.0; BANDS]];
        let songs = [SongBands { power: [0.1; BANDS], width: [0.0; BANDS] }, SongBands::SILENT];
        let controls = Controls { faders: [0.5; PARTS], ..Controls::default() };
        let column = MaskColumn::new(&decision, &controls, &songs);
        assert_eq!((column.heard[0][0], column.heard[1][0]), (0.0, 0.5));
    }

    #[test]
    fn meters_rise_at_once_and_fall_slowly() {
        let meter = AtomicF32::new(0.0);
        Telemetry::meter(&meter, peak(&[0.5, -1.0]), 0.01);
        assert_eq!(meter.load(Relaxed), 1.0);
        Telemetry::meter(&meter, peak(&[]), 0.01);
        assert!((0.97..0.98).contains(&meter.load(Relaxed)));
    }
}
