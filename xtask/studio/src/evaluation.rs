//! What the Mash mode is worth on songs whose parts are known.

use std::time::Instant;

use serde::Serialize;
use songweave_dsp::{
    controls::Controls,
    frame::{AnalysisFrame, Decision, Position},
    layout::{BANDS, PARTS, Part, SONGS},
    mask::{self, gains},
};
use songweave_engine::{offline::Offline, pipeline::Pipeline};
use songweave_models::mash::MashNetwork;

use crate::{
    ducker::Ducker,
    masker::Masker,
    metrics::Nearness,
    mixture::Parts,
    song::{Song, Stereo, silence},
    targets::Analyser,
};

/// Who is heard of each part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// Short name.
    pub name: &'static str,
    /// In words.
    pub description: &'static str,
    /// A…B fader of each part, `[part]`.
    pub faders: [f32; PARTS],
}

/// What is measured. The last one needs no separation: it shows that nothing is lost on the way.
pub const RECIPES: [Recipe; 3] = [
    Recipe { name: "vocals", description: "vocals of A over the rest of B", faders: [0.0, 1.0, 1.0, 1.0] },
    Recipe { name: "drums", description: "drums of A under the rest of B", faders: [1.0, 0.0, 1.0, 1.0] },
    Recipe { name: "half", description: "everything half A, half B", faders: [0.5; PARTS] },
];

impl Recipe {
    /// The parameters that ask for it.
    #[must_use]
    pub fn controls(&self) -> Controls {
        Controls { faders: self.faders, ..Controls::default() }
    }

    /// What would be heard if the parts were known.
    fn truth(&self, a: &Subject, b: &Subject) -> Stereo {
        let mut truth = silence(judged(a, b));
        for part in 0..PARTS {
            let gains = mask::crossfade(self.faders[part]);
            for (parts, gain) in [(&a.parts, gains[0]), (&b.parts, gains[1])] {
                for (truth, channel) in truth.iter_mut().zip(&parts[part]) {
                    truth.iter_mut().zip(channel).for_each(|(truth, sample)| *truth += gain * sample);
                }
            }
        }
        truth
    }
}

/// Samples that are judged: where the shorter song ends within the longer, the last window only fades out.
fn judged(a: &Subject, b: &Subject) -> usize {
    a.mixture[0].len().min(b.mixture[0].len()) - Masker::new(a.rate).layout().window
}

/// A song under test: its parts, their sum and the oracle's answer.
pub struct Subject {
    /// Name of the song.
    pub name: String,
    rate: u32,
    parts: Parts,
    mixture: Stereo,
    /// `[frame][part][band]`
    shares: Vec<[[f32; BANDS]; PARTS]>,
}

impl Subject {
    /// Prepares a song; of `seconds` seconds from its middle when it is longer.
    #[must_use]
    pub fn new(song: &Song, seconds: Option<f64>) -> Self {
        let mut analyser = Analyser::new(song.rate);
        let window = analyser.layout().window;
        let whole = song.samples();
        let length = seconds.map_or(whole, |seconds| ((seconds * f64::from(song.rate)) as usize).min(whole));
        let from = (whole - length) / 2;
        // A window of silence on both sides: every sample of the song lies in whole frames.
        let cut = |channel: &Vec<f32>| {
            let mut padded = vec![0.0; length + 2 * window];
            padded[window..window + length].copy_from_slice(&channel[from..from + length]);
            padded
        };
        let parts: Parts = song.parts.each_ref().map(|part| part.each_ref().map(cut));
        let mut mixture = silence(length + 2 * window);
        for part in &parts {
            for (sum, channel) in mixture.iter_mut().zip(part) {
                sum.iter_mut().zip(channel).for_each(|(sum, sample)| *sum += sample);
            }
        }
        let frames = Masker::new(song.rate).frames(mixture[0].len());
        let hop = analyser.layout().hop;
        let shares = (0..frames).map(|frame| analyser.frame(&parts, frame * hop).shares).collect();
        Self { name: song.name.clone(), rate: song.rate, parts, mixture, shares }
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.mixture[0].len() as f64 / f64::from(self.rate)
    }

    fn shortened(&self, samples: usize) -> [&[f32]; 2] {
        self.mixture.each_ref().map(|channel| &channel[..samples])
    }
}

/// One way of mixing two songs against the others.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RecipeFigures {
    /// The plugin.
    pub plugin: Nearness,
    /// Both songs added up.
    pub plain_sum: Nearness,
    /// The same faders without a network: every share a quarter.
    pub crossfade: Nearness,
    /// The band-wise side-chain ducker, in the direction that is better here.
    pub ducker: Nearness,
    /// The mask made of the true parts: what these bands allow at best.
    pub oracle: Nearness,
    /// SI-SDR of the plugin above the plain sum in dB.
    pub improvement: f64,
    /// Share of the way from the plain sum to the oracle in dB, 1 = oracle.
    pub of_the_way: f64,
}

/// Song A's voice alone, as the plugin separates it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct VocalsAlone {
    /// The network's shares of the voice applied to A.
    pub plugin: Nearness,
    /// Song A as it is.
    pub unprocessed: Nearness,
    /// The true shares applied to A.
    pub oracle: Nearness,
}

/// Figures of an ordered pair of songs.
#[derive(Debug, Clone, Serialize)]
pub struct PairFigures {
    /// Song A.
    pub a: String,
    /// Song B.
    pub b: String,
    /// Seconds that both last.
    pub seconds: f64,
    /// `(recipe, figures)`; recipes whose truth is silent are left out.
    pub recipes: Vec<(&'static str, RecipeFigures)>,
    /// The voice of A alone; none if it does not sing.
    pub vocals_alone: Option<VocalsAlone>,
    /// Seconds of sound per second of rendering, by the plugin's path alone.
    pub times_real_time: f64,
}

/// Measures song A against song B, both at the same rate.
///
/// # Errors
/// The network fails, with its reason.
pub fn measure_pair(a: &Subject, b: &Subject, network: &MashNetwork) -> Result<PairFigures, String> {
    let samples = a.mixture[0].len().min(b.mixture[0].len());
    let seconds = samples as f64 / f64::from(a.rate);
    let mut rendering = 0.0;
    let mut recipes = Vec::new();
    for recipe in &RECIPES {
        let start = Instant::now();
        let plugin = plugin(a, b, recipe, network, samples);
        rendering += start.elapsed().as_secs_f64();
        recipes.extend(compare(a, b, recipe, &plugin).map(|figures| (recipe.name, figures)));
    }
    Ok(PairFigures {
        a: a.name.clone(),
        b: b.name.clone(),
        seconds,
        recipes,
        vocals_alone: vocals_alone(a, b, network)?,
        times_real_time: RECIPES.len() as f64 * seconds / rendering.max(1e-9),
    })
}

fn plugin(a: &Subject, b: &Subject, recipe: &Recipe, network: &MashNetwork, samples: usize) -> Stereo {
    let layout = *Masker::new(a.rate).layout();
    let controls = recipe.controls();
    Offline::new(layout, network.clone())
        .render(a.shortened(samples), b.shortened(samples), layout.hop, |_| controls)
        .audio
}

fn compare(a: &Subject, b: &Subject, recipe: &Recipe, plugin: &Stereo) -> Option<RecipeFigures> {
    let truth = recipe.truth(a, b);
    let mut masker = Masker::new(a.rate);
    let songs = [&a.mixture, &b.mixture];
    let sum = plain_sum(songs, truth[0].len());
    let mut duck = |leader: usize| {
        let mut ducker = Ducker::new(masker.layout(), leader);
        masker.apply(songs, |_, heard| ducker.step(heard))
    };
    let ducked = [duck(0), duck(1)];
    let controls = recipe.controls();
    let blind = gains(&Decision::UNDECIDED, &controls);
    let crossfaded = masker.apply(songs, |_, _| blind);
    let oracle = masker.apply(songs, |frame, _| {
        gains(&Decision { shares: [a.shares[frame], b.shares[frame]], ..Decision::UNDECIDED }, &controls)
    });
    let near = |estimate: &Stereo| Nearness::of(estimate, &truth);
    let (plugin, plain_sum, oracle) = (near(plugin)?, near(&sum)?, near(&oracle)?);
    let [one, other] = [near(&ducked[0])?, near(&ducked[1])?];
    let ducker = if one.si_sdr > other.si_sdr { one } else { other };
    let crossfade = near(&crossfaded)?;
    let improvement = plugin.si_sdr - plain_sum.si_sdr;
    let way = oracle.si_sdr - plain_sum.si_sdr;
    let of_the_way = if way > 0.1 { improvement / way } else { 1.0 };
    Some(RecipeFigures { plugin, plain_sum, crossfade, ducker, oracle, improvement, of_the_way })
}

fn plain_sum(songs: [&Stereo; SONGS], samples: usize) -> Stereo {
    std::array::from_fn(|channel| (0..samples).map(|n| songs[0][channel][n] + songs[1][channel][n]).collect())
}

/// Applies the network's shares of A's voice, heard beside B, to A alone.
fn vocals_alone(a: &Subject, b: &Subject, network: &MashNetwork) -> Result<Option<VocalsAlone>, String> {
    let voice = Part::Vocals as usize;
    let mut masker = Masker::new(a.rate);
    let songs = [&a.mixture, &b.mixture];
    let mut pipeline = Pipeline::new(network.clone());
    let mut fault = None;
    let plugin = masker.apply(songs, |frame, heard| {
        let frame = AnalysisFrame {
            position: Position { generation: 0, hop: frame as u64 },
            b_present: true,
            songs: *heard,
            ..AnalysisFrame::default()
        };
        let decision = pipeline.step(&frame).unwrap_or_else(|error| {
            fault = Some(error.to_string());
            Decision::UNDECIDED
        });
        [decision.shares[0][voice], [0.0; BANDS]]
    });
    if let Some(fault) = fault {
        return Err(fault);
    }
    let oracle = masker.apply(songs, |frame, _| [a.shares[frame][voice], [0.0; BANDS]]);
    let truth = a.parts[voice].each_ref().map(|channel| channel[..judged(a, b)].to_vec());
    let near = |estimate: &Stereo| Nearness::of(estimate, &truth);
    Ok(near(&plugin).zip(near(&a.mixture)).zip(near(&oracle)).map(|((plugin, unprocessed), oracle)| VocalsAlone {
        plugin,
        unprocessed,
        oracle,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::demo_songs::{song_a, song_b};

    #[test]
    fn the_oracle_is_best_the_half_mix_exact_and_the_plugin_beats_the_plain_sum() {
        let (a, b) = (Subject::new(&song_a(), None), Subject::new(&song_b(), None));
        let figures = measure_pair(&a, &b, &MashNetwork::embedded().unwrap()).unwrap();
        let of = |name: &str| figures.recipes.iter().find(|recipe| recipe.0 == name).unwrap().1;
        let vocals = of("vocals");
        for other in [vocals.plugin, vocals.plain_sum, vocals.crossfade, vocals.ducker] {
            assert!(vocals.oracle.si_sdr > other.si_sdr + 1.0, "{vocals:?}");
        }
        assert!(of("half").plugin.sdr > 90.0, "{:?}", of("half"));
        assert!(vocals.improvement > 0.0, "{vocals:?}");
        assert!(figures.vocals_alone.unwrap().oracle.sdr > 6.0);
    }

    #[test]
    fn a_song_without_a_voice_has_no_figure_for_it() {
        let (a, b) = (Subject::new(&song_b(), Some(3.0)), Subject::new(&song_a(), Some(3.0)));
        assert!((a.seconds() - 3.0).abs() < 0.2);
        assert!(measure_pair(&a, &b, &MashNetwork::embedded().unwrap()).unwrap().vocals_alone.is_none());
    }
}
