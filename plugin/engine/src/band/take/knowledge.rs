//! What is known of a learned song: what the network believes of every beat, the same for all settings.
//!
//! It is found out in portions, so that the thread which plays goes on in time.

use songweave_models::chords::song::{SongBelief, SongChordNetwork};

use super::{
    features::Surroundings,
    repeats::Repeat,
    sections::{Section, sections, sung_bars},
    song::{KnownBar, Song},
};
use crate::runtime::fault::NetworkFault;

/// How much what is believed of the repetitions of a beat counts beside what is believed of itself, where they are sure.
const REPEATED: f32 = 1.0;
/// Probabilities below this are as good as none.
const LEAST: f32 = 1e-6;

/// A song that is known, with the network's beliefs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Knowledge {
    /// The song.
    pub song: Song,
    /// Its bars, in order.
    pub bars: Vec<KnownBar>,
    /// `[beat]`
    pub beliefs: Vec<SongBelief>,
    /// Its sections, in order.
    pub sections: Vec<Section>,
    /// Its first and its last bar in which somebody sings.
    pub sung: Option<(usize, usize)>,
}

/// A song that is being thought about.
pub struct Study {
    bars: Vec<KnownBar>,
    surroundings: Surroundings,
    /// What the song after each beat says, from the last beat on.
    after: Vec<Vec<f32>>,
    beliefs: Vec<SongBelief>,
}

impl Study {
    /// Begins with a song.
    #[must_use]
    pub fn new(song: Song, bars: Vec<KnownBar>) -> Self {
        Self { bars, surroundings: Surroundings::new(song), after: Vec::new(), beliefs: Vec::new() }
    }

    /// Goes on by so many beats, first from the end to the beginning, then forward. The knowledge, once it is complete; after that
    /// nothing is left.
    ///
    /// # Errors
    /// When the network fails.
    pub fn go_on(&mut self, network: &mut SongChordNetwork, beats: usize) -> Result<Option<Knowledge>, NetworkFault> {
        let all = self.surroundings.song.beats().len();
        for _ in 0..beats {
            if self.beliefs.len() == all {
                break;
            }
            self.beat(network, all).map_err(|error| NetworkFault(error.to_string()))?;
        }
        if self.beliefs.len() < all {
            return Ok(None);
        }
        let Surroundings { song, repeats, .. } = std::mem::take(&mut self.surroundings);
        let beliefs = shared(&std::mem::take(&mut self.beliefs), &repeats);
        let bars = std::mem::take(&mut self.bars);
        let sections = sections(&song, &bars);
        let sung = sung_bars(&song, &bars);
        Ok(Some(Knowledge { song, bars, beliefs, sections, sung }))
    }

    fn beat(&mut self, network: &mut SongChordNetwork, all: usize) -> Result<(), songweave_models::chords::StepError> {
        let done = self.beliefs.len();
        if done == 0 && self.after.len() < all {
            if self.after.is_empty() {
                network.reset();
            }
            let features = self.surroundings.features(all - 1 - self.after.len());
            self.after.push(network.look_back(&features)?.to_vec());
        } else {
            let after = self.after.pop().unwrap_or_default();
            self.beliefs.push(network.believe(&self.surroundings.features(done), &after)?);
        }
        Ok(())
    }
}

/// The beliefs with those of the repetitions of each beat in them: geometric means.
fn shared(beliefs: &[SongBelief], repeats: &[Vec<Repeat>]) -> Vec<SongBelief> {
    let mean = |beat: usize, of: &dyn Fn(&SongBelief) -> f32| {
        let mut sum = libm::logf(of(&beliefs[beat]).max(LEAST));
        let mut total = 1.0;
        for repeat in &repeats[beat] {
            let weight = REPEATED * repeat.certainty;
            sum += weight * libm::logf(of(&beliefs[repeat.beat]).max(LEAST));
            total += weight;
        }
        libm::expf(sum / total)
    };
    (0..beliefs.len())
        .map(|beat| SongBelief {
            chords: std::array::from_fn(|root| {
                std::array::from_fn(|quality| mean(beat, &|belief| belief.chords[root][quality]))
            }),
            bass: std::array::from_fn(|class| mean(beat, &|belief| belief.bass[class])),
            ..beliefs[beat].clone()
        })
        .collect()
}
