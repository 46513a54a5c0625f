//! What the Mash mode is worth on songs whose parts are known.

use std::time::Instant;

use serde::Serialize;
use songweave_dsp::{
    exchange::decision::MashDecision,
    mash::mask::{SongGains, crossfade, gains},
    stream::layout::{Part, SONGS},
};
use songweave_engine::mash::studio::Decider;
use songweave_models::mash::MashNetwork;

pub use crate::mash::evaluation_song::{EvaluationSong, RECIPES, Recipe};
use crate::mash::{
    auto_mask::{BAR_SECONDS, most_within},
    ducker::Ducker,
    flutter::Flutter,
    leakage::{LeakMeter, Leakage, PartEnergies},
    masker::Masker,
    metrics::{Comparison, Nearness},
    replay::Replay,
    roughness::roughness,
};
use songweave_synth::song::Stereo;

/// The same thing for each way of mixing two songs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Systems<T> {
    /// The plugin.
    pub plugin: T,
    /// Both songs added up.
    pub plain_sum: T,
    /// The same faders without a network: every share a quarter.
    pub crossfade: T,
    /// The band-wise side-chain ducker, in the direction that is better here.
    pub ducker: T,
    /// The mask made of the true parts: what these bands allow at best.
    pub oracle: T,
}

impl<T> Systems<T> {
    /// Something made of each; `None` if one has none.
    pub fn map<U>(&self, make: impl Fn(&T) -> Option<U>) -> Option<Systems<U>> {
        Some(Systems {
            plugin: make(&self.plugin)?,
            plain_sum: make(&self.plain_sum)?,
            crossfade: make(&self.crossfade)?,
            ducker: make(&self.ducker)?,
            oracle: make(&self.oracle)?,
        })
    }
}

impl Systems<f64> {
    /// Share of the way in dB from the plain sum to the oracle, 1 = oracle; 1 where there is no way to go.
    #[must_use]
    pub fn of_the_way(&self) -> f64 {
        let way = self.oracle - self.plain_sum;
        if way > 0.1 { (self.plugin - self.plain_sum) / way } else { 1.0 }
    }
}

/// A figure of the plugin's mask and the same of others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leakages {
    /// The plugin.
    pub plugin: Leakage,
    /// Both songs added up.
    pub plain_sum: Leakage,
    /// The mask made of the true parts.
    pub oracle: Leakage,
}

/// Roughness, see [`crate::mash::roughness`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Roughness {
    /// What the plugin plays.
    pub plugin: f64,
    /// Both songs added up.
    pub plain_sum: f64,
    /// The true parts in the wanted mix.
    pub truth: f64,
}

/// Changes of a mask by more than 6 dB per second of a band that is heard, see [`crate::mash::flutter`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MaskFlutter {
    /// The plugin's mask.
    pub plugin: f64,
    /// The mask made of the true parts.
    pub oracle: f64,
}

/// One way of mixing two songs against the others.
#[derive(Debug, Clone, Serialize)]
pub struct RecipeFigures {
    /// Name of the recipe.
    pub recipe: &'static str,
    /// Nearness to the true mix in dB.
    pub nearness: Systems<Nearness>,
    /// SI-SDR of the plugin above the plain sum in dB.
    pub over_plain_sum: f64,
    /// SI-SDR of the plugin above the ducker in dB.
    pub over_ducker: f64,
    /// SI-SDR of the plugin above the crossfade in dB.
    pub over_crossfade: f64,
    /// Share of the way from the plain sum to the oracle in dB of SI-SDR, 1 = oracle.
    pub of_the_way: f64,
    /// Energy of unwanted parts; none when all are wanted.
    pub leakage: Option<Leakages>,
    /// Roughness of the mixes.
    pub roughness: Roughness,
    /// Restlessness of the masks.
    pub flutter: MaskFlutter,
    /// Second by second, for intervals.
    #[serde(skip)]
    pub comparisons: Systems<Comparison>,
}

/// A part of song A as the plugin's shares, heard beside B, take it from A alone.
#[derive(Debug, Clone, Serialize)]
pub struct PartFigures {
    /// Name of the part.
    pub part: &'static str,
    /// The network's shares.
    pub plugin: Nearness,
    /// Song A as it is.
    pub unprocessed: Nearness,
    /// The true shares.
    pub oracle: Nearness,
    /// The plugin second by second, for intervals.
    #[serde(skip)]
    pub comparison: Comparison,
}

/// How often `auto` would change its mind in a host without transport, in bars of two seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AutoLanes {
    /// Moments in a bar at which some part changes songs, on average.
    pub changes_per_bar: f64,
    /// The same in the bar with the most.
    pub most_changes_in_a_bar: usize,
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
    /// What could be measured.
    pub recipes: Vec<RecipeFigures>,
    /// What could not, in words.
    pub left_out: Vec<String>,
    /// What the lanes of `auto` do.
    pub auto: AutoLanes,
    /// The parts of A that are known and heard.
    pub parts: Vec<PartFigures>,
    /// Seconds of sound per second in the plugin's path, network included.
    pub times_real_time: f64,
}

/// Measures song A against song B, both at the same rate.
///
/// # Errors
/// The network fails, with its reason.
pub fn measure_pair(
    a: &EvaluationSong,
    b: &EvaluationSong,
    network: &MashNetwork,
    studio: Option<&Decider>,
) -> Result<PairFigures, String> {
    let mut masker = Masker::new(a.rate);
    let samples = a.mixture[0].len().min(b.mixture[0].len());
    let songs = [a.shortened(samples), b.shortened(samples)];
    let started = Instant::now();
    let layout = *masker.layout();
    let replay = match studio {
        Some(studio) => Replay::record_studio(layout, network.clone(), studio.clone(), songs)?,
        None => Replay::record(layout, network.clone(), songs)?,
    };
    let times_real_time = samples as f64 / f64::from(a.rate) / started.elapsed().as_secs_f64().max(1e-9);
    // Where the shorter song ends within the longer, the last window only fades out.
    let judged = samples - masker.layout().window;
    let seconds = judged as f64 / f64::from(a.rate);
    let changes = replay.lead_changes();
    let auto = AutoLanes {
        changes_per_bar: changes.len() as f64 * BAR_SECONDS / seconds,
        most_changes_in_a_bar: most_within(&changes, BAR_SECONDS),
    };
    let pair = Pair { a, b, replay, songs, judged };
    let left_out = RECIPES.iter().filter_map(|recipe| Some(format!("{}: {}", recipe.name, recipe.obstacle(a, b)?)));
    Ok(PairFigures {
        a: a.name.clone(),
        b: b.name.clone(),
        seconds,
        auto,
        left_out: left_out.collect(),
        recipes: pair.recipes(&mut masker),
        parts: pair.parts(&mut masker),
        times_real_time,
    })
}

/// Two songs with what the network said about them.
struct Pair<'a> {
    a: &'a EvaluationSong,
    b: &'a EvaluationSong,
    replay: Replay,
    /// Both mixtures, of one length.
    songs: [[&'a [f32]; 2]; SONGS],
    /// Samples that are judged.
    judged: usize,
}

impl Pair<'_> {
    fn recipes(&self, masker: &mut Masker) -> Vec<RecipeFigures> {
        let recipes: Vec<&Recipe> = RECIPES.iter().filter(|recipe| recipe.obstacle(self.a, self.b).is_none()).collect();
        let ducked = [0, 1].map(|leader| {
            let mut ducker = Ducker::new(masker.layout(), leader);
            masker.apply([&self.a.mixture, &self.b.mixture], |_, heard| ducker.step(heard))
        });
        let masks = self.hear_masks(masker, &recipes);
        let figures = recipes.iter().zip(masks).map(|(recipe, masks)| self.compare(recipe, &ducked, masks));
        figures.flatten().collect()
    }

    fn compare(&self, recipe: &Recipe, ducked: &[Stereo; 2], masks: Masks) -> Option<RecipeFigures> {
        let truth = recipe.mix(&self.a.parts, &self.b.parts, self.judged);
        let plugin = self.replay.render(self.songs, &recipe.controls());
        let sum = self.added([1.0, 1.0]);
        let laws = recipe.faders.map(crossfade);
        let level = |song: usize| laws.iter().map(|gains| gains[song]).sum::<f32>() / laws.len() as f32;
        let against = |estimate: &Stereo| Comparison::of(estimate, &truth, self.a.rate);
        let ducked = ducked.each_ref().map(against);
        let better = |comparison: &Comparison| comparison.near().map_or(f64::NEG_INFINITY, |near| near.si_sdr);
        let [one, other] = ducked;
        let comparisons = Systems {
            plugin: against(&plugin),
            plain_sum: against(&sum),
            crossfade: against(&self.added([level(0), level(1)])),
            ducker: if better(&one) >= better(&other) { one } else { other },
            oracle: against(&recipe.mix(&self.a.oracle, &self.b.oracle, self.judged)),
        };
        let nearness = comparisons.map(Comparison::near)?;
        let si_sdr = nearness.map(|near| Some(near.si_sdr))?;
        let rough = |sound: &Stereo| roughness(sound, self.a.rate);
        Some(RecipeFigures {
            recipe: recipe.name,
            nearness,
            over_plain_sum: si_sdr.plugin - si_sdr.plain_sum,
            over_ducker: si_sdr.plugin - si_sdr.ducker,
            over_crossfade: si_sdr.plugin - si_sdr.crossfade,
            of_the_way: si_sdr.of_the_way(),
            leakage: masks.leakages(recipe),
            roughness: Roughness { plugin: rough(&plugin), plain_sum: rough(&sum), truth: rough(&truth) },
            flutter: MaskFlutter { plugin: masks.plugin.1.per_second(), oracle: masks.oracle.1.per_second() },
            comparisons,
        })
    }

    /// Both songs with one gain each.
    fn added(&self, [a, b]: [f32; SONGS]) -> Stereo {
        let [one, other] = &self.songs;
        std::array::from_fn(|channel| {
            let both = one[channel].iter().zip(other[channel]).take(self.judged);
            both.map(|(one, other)| a * one + b * other).collect()
        })
    }

    /// Leakage and flutter of every recipe's masks, all in one pass.
    fn hear_masks(&self, masker: &Masker, recipes: &[&Recipe]) -> Vec<Masks> {
        let layout = masker.layout();
        let mut meter = LeakMeter::new([&self.a.parts, &self.b.parts], layout);
        let mut masks: Vec<Masks> = recipes.iter().map(|_| Masks::new(&Flutter::new(layout))).collect();
        for frame in 0..masker.frames(self.judged) {
            meter.hear(frame);
            let shares = [self.a.shares[frame], self.b.shares[frame]];
            let truth = MashDecision { shares, ..MashDecision::UNDECIDED };
            let powers = [&self.a.powers[frame], &self.b.powers[frame]];
            for (recipe, masks) in recipes.iter().zip(&mut masks) {
                let controls = recipe.controls();
                for (mask, decision) in [(&mut masks.plugin, self.replay.decision(frame)), (&mut masks.oracle, &truth)]
                {
                    let gains = gains(decision, &controls);
                    meter.add(&gains, &mut mask.0);
                    mask.1.step(&gains, powers);
                }
                meter.add(&OPEN, &mut masks.plain_sum);
            }
        }
        masks
    }

    fn parts(&self, masker: &mut Masker) -> Vec<PartFigures> {
        let separated = masker.separate(&self.a.mixture, |frame| &self.replay.decision(frame).shares[0]);
        let figures = |part: Part| {
            let index = part as usize;
            let wanted = self.a.known[index] && self.a.sounds(part);
            let truth = self.a.parts[index].each_ref().map(|channel| channel[..self.judged].to_vec());
            let against = |estimate: &Stereo| Comparison::of(estimate, &truth, self.a.rate);
            let comparison = wanted.then(|| against(&separated[index]))?;
            Some(PartFigures {
                part: part.name(),
                plugin: comparison.near()?,
                unprocessed: against(&self.a.mixture).near()?,
                oracle: against(&self.a.oracle[index]).near()?,
                comparison,
            })
        };
        Part::ALL.into_iter().filter_map(figures).collect()
    }
}

/// A mask that takes nothing away.
const OPEN: SongGains = [[1.0; songweave_dsp::stream::layout::BANDS]; SONGS];

/// What the masks of a recipe let through and how restless they are.
struct Masks {
    plugin: (PartEnergies, Flutter),
    oracle: (PartEnergies, Flutter),
    plain_sum: PartEnergies,
}

impl Masks {
    fn new(flutter: &Flutter) -> Self {
        let fresh = || (PartEnergies::default(), flutter.clone());
        Self { plugin: fresh(), oracle: fresh(), plain_sum: PartEnergies::default() }
    }

    fn leakages(&self, recipe: &Recipe) -> Option<Leakages> {
        let of = |energies: &PartEnergies| Leakage::of(energies, &recipe.faders);
        Some(Leakages { plugin: of(&self.plugin.0)?, plain_sum: of(&self.plain_sum)?, oracle: of(&self.oracle.0)? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_synth::demo_songs::{song_a, song_b};

    #[test]
    fn the_oracle_is_best_the_half_mix_exact_and_the_plugin_beats_the_plain_sum() {
        let (a, b) = (EvaluationSong::new(&song_a(), None), EvaluationSong::new(&song_b(), None));
        let figures = measure_pair(&a, &b, &MashNetwork::embedded().unwrap(), None).unwrap();
        let of = |name: &str| figures.recipes.iter().find(|recipe| recipe.recipe == name).unwrap();
        let vocals = of("vocals");
        let near = vocals.nearness;
        for other in [near.plugin, near.plain_sum, near.crossfade, near.ducker] {
            assert!(near.oracle.si_sdr > other.si_sdr + 1.0, "{near:?}");
        }
        assert!(of("half").nearness.plugin.sdr > 90.0, "{:?}", of("half").nearness);
        assert!(of("half").leakage.is_none());
        assert!(vocals.over_plain_sum > 0.0, "{near:?}");
        let leakage = vocals.leakage.clone().unwrap();
        assert!(leakage.oracle.total < leakage.plugin.total && leakage.plugin.total < leakage.plain_sum.total);
        assert!(vocals.roughness.plain_sum > 0.0 && vocals.roughness.truth < vocals.roughness.plain_sum);
        let names: Vec<&str> = figures.parts.iter().map(|part| part.part).collect();
        assert_eq!(names, ["vocals", "drums", "bass", "other"]);
        assert!(figures.parts[0].oracle.sdr > 6.0);
        assert!(figures.auto.most_changes_in_a_bar <= 2 && figures.auto.changes_per_bar <= 2.0, "{:?}", figures.auto);
    }

    #[test]
    fn a_song_without_a_voice_has_no_figure_for_it() {
        let (a, b) = (EvaluationSong::new(&song_b(), Some(3.0)), EvaluationSong::new(&song_a(), Some(3.0)));
        let figures = measure_pair(&a, &b, &MashNetwork::embedded().unwrap(), None).unwrap();
        assert!(figures.parts.iter().all(|part| part.part != "vocals"));
        assert_eq!(figures.left_out, ["vocals: song_b has no vocals"]);
        assert_eq!(figures.recipes.len(), 2);
    }
}
