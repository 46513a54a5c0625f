//! What the tuner hears: the plugin's own pitch tracker over a whole recording, hop by hop.

use std::time::{Duration, Instant};

use realfft::num_complex::Complex32;
use songweave_dsp::{
    analysis::voice::VoiceTracker,
    exchange::controls::TuneControls,
    stream::{framer::Framer, layout::StreamLayout, stft::Stft},
    tune::{TuneFrame, Tuner},
};

use crate::tune::pitch_line::PitchPoint;

/// What was heard, and what it cost.
#[derive(Debug, Clone)]
pub struct TuneHearing {
    /// Seconds and pitch, in order: the pitch is about that instant, which was half a window before it was known.
    pub points: Vec<(f64, PitchPoint)>,
    /// Level of the window of each of them in dB, full-scale sine 0.
    pub levels: Vec<f32>,
    /// Time that the tracker took, the spectrum not counted, `[hop]`.
    pub costs: Vec<Duration>,
    /// Seconds from the instant that a pitch is about to the newest sample that it was found from.
    pub look_back: f64,
}

impl TuneHearing {
    /// Hears a mono recording at a rate in Hz.
    #[must_use]
    pub fn of(samples: &[f32], rate: u32) -> Self {
        let layout = StreamLayout::for_sample_rate(rate as f32);
        let (mut framer, mut stft) = (Framer::new(&layout), Stft::new(layout.window));
        let (mut tracker, mut tuner) = (VoiceTracker::new(&layout), Tuner::new(&layout));
        let mut spectrum = vec![Complex32::default(); layout.bins()];
        let look_back = 0.5 * layout.window as f64 / f64::from(rate);
        let mut hearing = Self { points: Vec::new(), levels: Vec::new(), costs: Vec::new(), look_back };
        for (index, sample) in samples.iter().enumerate() {
            framer.push([[*sample; 2], [0.0; 2]]);
            if !framer.is_full() {
                continue;
            }
            stft.analyse(framer.window(0)[0], &mut spectrum);
            let begun = Instant::now();
            let voice = tracker.hear([&spectrum, &spectrum], stft.power_scale());
            let pitch = tracker.candidate().map(|(key, _)| key);
            let controls = TuneControls::default();
            let frame = TuneFrame { listens: true, pitch, level: voice.level, controls, held: 0, tells: false };
            tuner.hear(framer.newest(0), &frame);
            hearing.costs.push(begun.elapsed());
            let sung = tuner.sung();
            let at = (index + 1) as f64 / f64::from(rate) - look_back;
            hearing.points.push((at, PitchPoint { key: sung.key, voiced: sung.sings }));
            let window = framer.window(0)[0];
            let power = window.iter().map(|sample| sample * sample).sum::<f32>() / window.len() as f32;
            hearing.levels.push(10.0 * (2.0 * power).max(1e-12).log10());
            framer.advance();
        }
        hearing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_heard_where_it_is() {
        let rate = 44_100;
        let sample = |n: usize| {
            let wave = |h: usize| (n as f32 * 220.0 * h as f32 / rate as f32 * std::f32::consts::TAU).sin() / h as f32;
            if (22_050..66_150).contains(&n) { 0.2 * (1..12).map(wave).sum::<f32>() } else { 0.0 }
        };
        let samples: Vec<f32> = (0..88_200).map(sample).collect();
        let heard = TuneHearing::of(&samples, rate);
        for (at, point) in &heard.points {
            let sounds = (0.55..1.45).contains(at);
            let silent = *at < 0.45 || *at > 1.55;
            assert!(!sounds || (point.voiced && (point.key - 57.0).abs() < 0.05), "{at}: {point:?}");
            assert!(!silent || !point.voiced, "{at}");
        }
        assert!(heard.look_back < 0.025 && heard.costs.len() == heard.points.len());
    }
}
