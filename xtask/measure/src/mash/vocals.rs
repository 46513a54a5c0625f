//! Vocals of mixtures whose voice is known: both qualities beside the mixture, the oracle of the same bands and Spleeter's
//! original, all on the same sound.

use std::{f32::consts::PI, sync::Arc};

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex, num_complex::Complex32};
use serde::{Deserialize, Serialize};
use songweave_dsp::stream::layout::{BANDS, CHANNELS, PARTS, Part, StreamLayout};
use songweave_engine::mash::studio::{Studio, Timing};
use songweave_models::{
    layers::Planes,
    mash::MashNetwork,
    studio::{BINS, FRAME_SECONDS, StudioNetwork},
};
use songweave_synth::song::{Song, Stereo, silence};

use crate::mash::{evaluation_song::EvaluationSong, masker::Masker, metrics::Comparison, replay::Replay};

/// Frames that the original decides at once.
const ORIGINAL_FRAMES: usize = 512;
/// Its window and hop in samples.
const WINDOW: usize = 4096;
const HOP: usize = 1024;

/// Other ways to spend latency than the plugin's.
const TIMINGS: [Timing; 4] = [
    Timing { block: 2, ahead: 2, work: 1 },
    Timing { block: 4, ahead: 5, work: 3 },
    Timing::SHIPPED,
    Timing { block: 8, ahead: 6, work: 7 },
];

/// The networks that are compared.
pub struct VocalNetworks {
    /// Live quality.
    pub live: MashNetwork,
    /// Studio quality: the original's network for the accompaniment, trained further for its short window.
    pub studio: StudioNetwork,
    /// The original's network for the accompaniment, as it was published.
    pub accompaniment: StudioNetwork,
    /// The original's network for the vocals.
    pub vocals: StudioNetwork,
}

/// SI-SDR of the vocals in dB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VocalFigures {
    /// Name of the mixture.
    pub name: String,
    /// Its length in seconds.
    pub seconds: f64,
    /// The mixture as it is.
    pub mixture: f64,
    /// Live quality.
    pub live: f64,
    /// Studio quality with the original's weights, before they were trained further.
    #[serde(default)]
    pub untuned: Option<f64>,
    /// Studio quality.
    pub studio: f64,
    /// Spleeter as it was published: twelve seconds at once, both networks, every bin by itself.
    pub spleeter: f64,
    /// The true shares of the plugin's bands.
    pub oracle: f64,
    /// Studio quality at other latencies.
    #[serde(default)]
    pub latencies: Vec<LatencyFigures>,
}

/// What Studio quality reaches at a latency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencyFigures {
    /// The plugin's latency in ms at 44.1 kHz.
    pub milliseconds: f64,
    /// Frames that are decided at once.
    pub block: usize,
    /// Frames that are heard after them.
    pub ahead: usize,
    /// Runs of the network in a second, for each song.
    pub runs_a_second: f64,
    /// SI-SDR of the vocals in dB.
    pub si_sdr: f64,
}

/// Measures the vocals of a song whose other parts are the accompaniment, at 44.1 kHz.
///
/// # Errors
/// A network fails, or the song has no vocals.
pub fn measure_vocals(song: &Song, networks: &mut VocalNetworks) -> Result<VocalFigures, String> {
    let evaluated = EvaluationSong::new(song, None);
    let (mixture, truth) = (&evaluated.mixture, &evaluated.parts[Part::Vocals as usize]);
    let near = |estimate: &Stereo| {
        let near = Comparison::of(estimate, truth, song.rate).near();
        near.map(|near| near.si_sdr).ok_or_else(|| format!("{} has no vocals", song.name))
    };
    let latencies = TIMINGS.into_iter().map(|timing| {
        let layout = StreamLayout::for_sample_rate(song.rate as f32);
        let latency = layout.with_mask_delay(Studio::lag_of(&layout, timing)).latency();
        let estimate = studio(mixture, song.rate, &networks.studio, timing)?;
        Ok(LatencyFigures {
            milliseconds: 1000.0 * latency as f64 / f64::from(song.rate),
            block: timing.block,
            ahead: timing.ahead,
            runs_a_second: 1.0 / (f64::from(FRAME_SECONDS) * timing.block as f64),
            si_sdr: near(&estimate)?,
        })
    });
    let latencies = latencies.collect::<Result<Vec<LatencyFigures>, String>>()?;
    let is_shipped =
        |figures: &&LatencyFigures| (figures.block, figures.ahead) == (Timing::SHIPPED.block, Timing::SHIPPED.ahead);
    let shipped = latencies.iter().find(is_shipped).map_or(f64::NAN, |figures| figures.si_sdr);
    Ok(VocalFigures {
        name: song.name.clone(),
        seconds: evaluated.seconds(),
        mixture: near(mixture)?,
        live: near(&live(mixture, song.rate, &networks.live)?)?,
        untuned: Some(near(&studio(mixture, song.rate, &networks.accompaniment, Timing::SHIPPED)?)?),
        studio: shipped,
        spleeter: near(&original(mixture, [&mut networks.vocals, &mut networks.accompaniment]))?,
        oracle: near(&evaluated.oracle[Part::Vocals as usize])?,
        latencies,
    })
}

fn live(mixture: &Stereo, rate: u32, network: &MashNetwork) -> Result<Stereo, String> {
    let mut masker = Masker::new(rate);
    let silent = silence(mixture[0].len());
    let songs = [mixture, &silent].map(|song| song.each_ref().map(Vec::as_slice));
    let replay = Replay::record(*masker.layout(), network.clone(), songs)?;
    let [vocals, ..] = masker.separate(mixture, |frame| &replay.decision(frame).shares[0]);
    Ok(vocals)
}

fn studio(mixture: &Stereo, rate: u32, network: &StudioNetwork, timing: Timing) -> Result<Stereo, String> {
    let mut masker = Masker::new(rate);
    let layout = *masker.layout();
    let shares = studio_shares(mixture, &layout, network, timing)?;
    // The window of a hop ends with it; a frame's begins at its own hop.
    let before = layout.window / layout.hop - 1;
    let [vocals, ..] = masker.separate(mixture, |frame| &shares[(frame + before).min(shares.len() - 1)]);
    Ok(vocals)
}

/// Shares of every hop of a song, `[hop][part][band]`; what is not vocals counts as other.
fn studio_shares(
    song: &Stereo,
    layout: &StreamLayout,
    network: &StudioNetwork,
    timing: Timing,
) -> Result<Vec<[[f32; BANDS]; PARTS]>, String> {
    let (hops, lag) = (song[0].len() / layout.hop, Studio::lag_of(layout, timing));
    let mut studio = Studio::with_timing(network.clone(), layout, timing).map_err(|error| error.to_string())?;
    let silent = vec![0.0; layout.hop];
    let told = (0..hops + lag).map(|hop| {
        let samples = hop * layout.hop..(hop + 1) * layout.hop;
        let newest = song.each_ref().map(|channel| channel.get(samples.clone()).unwrap_or(&silent));
        let [vocals, _] = studio.hear(&[newest, [&silent; CHANNELS]]);
        let mut shares = [[0.0; BANDS]; PARTS];
        (shares[Part::Vocals as usize], shares[Part::Other as usize]) = (vocals, vocals.map(|share| 1.0 - share));
        shares
    });
    Ok(told.collect::<Vec<_>>().split_off(lag))
}

/// Vocals as Spleeter's two networks give them, `[vocals, accompaniment]`.
fn original(mixture: &Stereo, networks: [&mut StudioNetwork; 2]) -> Stereo {
    let transform = Transform::new();
    let spectra = mixture.each_ref().map(|channel| transform.analyse(channel));
    let frames = spectra[0].len();
    let mut masks: [Vec<[Vec<f32>; CHANNELS]>; 2] = Default::default();
    for (network, masks) in networks.into_iter().zip(&mut masks) {
        for start in (0..frames).step_by(ORIGINAL_FRAMES) {
            let mut window = Planes::zeros(CHANNELS, ORIGINAL_FRAMES, BINS);
            for (channel, spectra) in spectra.iter().enumerate() {
                for (row, spectrum) in spectra[start..].iter().take(ORIGINAL_FRAMES).enumerate() {
                    let bins = window.row_mut(channel, row).iter_mut().zip(spectrum);
                    bins.for_each(|(magnitude, bin)| *magnitude = bin.norm());
                }
            }
            let mask = network.decide(&window, 0..ORIGINAL_FRAMES);
            let of_frame = |row: usize| std::array::from_fn(|channel| mask.row(channel, row).to_vec());
            masks.extend((0..ORIGINAL_FRAMES.min(frames - start)).map(of_frame));
        }
    }
    let [vocals, rest] = masks;
    let mut channel = 0;
    spectra.map(|mut spectra| {
        for (frame, spectrum) in spectra.iter_mut().enumerate() {
            let shares = vocals[frame][channel].iter().zip(&rest[frame][channel]);
            let shares = shares.map(|(vocals, rest)| vocals * vocals / (vocals * vocals + rest * rest + 1e-10));
            spectrum.iter_mut().zip(shares.chain(std::iter::repeat(0.0))).for_each(|(bin, share)| *bin *= share);
        }
        channel += 1;
        transform.synthesise(&spectra, mixture[0].len())
    })
}

/// Spleeter's transform: Hann windows whose middles lie at multiples of the hop.
struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
}

impl Transform {
    fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            forward: planner.plan_fft_forward(WINDOW),
            inverse: planner.plan_fft_inverse(WINDOW),
            window: (0..WINDOW).map(|n| 0.5 - 0.5 * (2.0 * PI * n as f32 / WINDOW as f32).cos()).collect(),
        }
    }

    fn analyse(&self, samples: &[f32]) -> Vec<Vec<Complex32>> {
        let padded = [&vec![0.0; WINDOW / 2][..], samples, &vec![0.0; WINDOW / 2][..]].concat();
        let spectrum = |samples: &[f32]| {
            let mut time: Vec<f32> = samples.iter().zip(&self.window).map(|(sample, window)| sample * window).collect();
            let mut bins = self.forward.make_output_vec();
            // Fails on a length mismatch only.
            let _ = self.forward.process(&mut time, &mut bins);
            bins
        };
        padded.windows(WINDOW).step_by(HOP).map(spectrum).collect()
    }

    fn synthesise(&self, spectra: &[Vec<Complex32>], length: usize) -> Vec<f32> {
        let whole = spectra.len().saturating_sub(1) * HOP + WINDOW;
        let (mut sum, mut weight) = (vec![0.0; whole.max(length + WINDOW)], vec![1e-8; whole.max(length + WINDOW)]);
        for (frame, spectrum) in spectra.iter().enumerate() {
            let (mut bins, mut time) = (spectrum.clone(), vec![0.0; WINDOW]);
            (bins[0].im, bins[WINDOW / 2].im) = (0.0, 0.0);
            let _ = self.inverse.process(&mut bins, &mut time);
            let places = sum[frame * HOP..].iter_mut().zip(&mut weight[frame * HOP..]);
            for ((sum, weight), (time, window)) in places.zip(time.iter().zip(&self.window)) {
                *sum += time * window / WINDOW as f32;
                *weight += window * window;
            }
        }
        let samples = sum.iter().zip(&weight).skip(WINDOW / 2).take(length);
        samples.map(|(sum, weight)| sum / weight.max(1e-8)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timing_that_is_measured_is_possible() {
        assert!(TIMINGS.into_iter().all(Timing::is_possible));
    }

    #[test]
    fn the_originals_transform_gives_the_sound_back() {
        let samples: Vec<f32> = (0..20_000).map(|n| ((n * 7_919) % 1_009) as f32 / 1_009.0 - 0.5).collect();
        let transform = Transform::new();
        let back = transform.synthesise(&transform.analyse(&samples), samples.len());
        let worst = samples.iter().zip(&back).take(18_000).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4 && back.len() == samples.len(), "{worst}");
    }
}
