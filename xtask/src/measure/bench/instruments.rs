//! What sixteen notes of the band cost per hop: their tones on the inference thread, their drawing on the audio thread.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use songweave_dsp::band::instruments::Sounds;
use songweave_dsp::band::player::Player;
use songweave_dsp::band::{BandNote, BandStep, Instrument};
use songweave_dsp::exchange::frame::{AnalysisFrame, Position};
use songweave_dsp::stream::layout::StreamLayout;
use songweave_engine::band::Band;
use songweave_measure::statistics::percentile;
use std::time::{Duration, Instant};

/// Hops that are measured, and after how many the notes are struck again.
const HOPS: u64 = 4_000;
const STRUCK_EVERY: u64 = 50;
/// Who plays which keys.
const NOTES: [(Instrument, &[u8]); 4] = [
    (Instrument::Drums, &[36, 42]),
    (Instrument::Bass, &[40]),
    (Instrument::Keys, &[48, 52, 55, 60, 64, 67, 72, 76]),
    (Instrument::Pad, &[55, 60, 64, 67, 71]),
];

/// Microseconds per hop at p50 and p99, of both threads.
pub(super) fn measure(sample_rate: f32) -> Result<Value> {
    let layout = StreamLayout::for_sample_rate(sample_rate);
    let mut sound = Band::sound().context("the instruments in this program are damaged")?;
    let (mut player, mut sounds) = (Player::new(&layout), Sounds::new(&layout));
    let (mut asked, mut drawn) = (Vec::new(), Vec::new());
    for hop in 0..HOPS {
        let frame = AnalysisFrame { position: Position { generation: 0, hop }, layout, ..AnalysisFrame::default() };
        let step = if hop.is_multiple_of(STRUCK_EVERY) { chord(&layout) } else { BandStep::EMPTY };
        let begun = Instant::now();
        sound.play(&frame, &step);
        asked.push(begun.elapsed());
        let now = (hop as i64 + 1) * layout.hop as i64;
        player.take(&step, now);
        let begun = Instant::now();
        player.play(now + 2 * layout.hop as i64 - layout.latency() as i64, sound.tones().iter().copied(), &mut sounds);
        drawn.push(begun.elapsed());
        player.finish();
    }
    let percentiles = |times: Vec<Duration>| {
        let times = super::sorted_us(times);
        json!({"p50": percentile(&times, 0.5), "p99": percentile(&times, 0.99)})
    };
    Ok(json!({
        "notes": NOTES.iter().map(|(_, keys)| keys.len()).sum::<usize>(),
        "hops": HOPS,
        "inference_us": percentiles(asked),
        "audio_us": percentiles(drawn),
    }))
}

/// All notes at once, until they are struck again.
fn chord(layout: &StreamLayout) -> BandStep {
    let mut step = BandStep::EMPTY;
    let length = layout.hop as u32 * STRUCK_EVERY as u32;
    for (instrument, keys) in NOTES {
        let offset = -(layout.hop as i32);
        keys.iter().for_each(|key| step.push(BandNote { instrument, key: *key, velocity: 90, offset, length }));
    }
    step
}
