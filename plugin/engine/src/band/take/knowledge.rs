//! What is known of a learned song: what the network believes of every beat, the same for all settings.
//!
//! It is found out in portions, so that the thread which plays goes on in time.

use songweave_models::chords::{
    StepError,
    song::{SongBelief, SongChordNetwork},
};

use super::{
    features::Surroundings,
    repeats::{Repeat, Search},
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

/// A song that is being thought about: its repetitions, then its beats from the end to the beginning, then forward, then what
/// repetitions say to each other.
pub struct Study {
    bars: Vec<KnownBar>,
    surroundings: Surroundings,
    /// Until all repetitions are known.
    search: Option<Search>,
    /// What the song after each beat says, from the last beat on.
    after: Vec<Vec<f32>>,
    /// What is believed of each beat by itself, and with its repetitions.
    own: Vec<SongBelief>,
    beliefs: Vec<SongBelief>,
}

impl Study {
    /// Begins with a song.
    #[must_use]
    pub fn new(song: Song, bars: Vec<KnownBar>) -> Self {
        Self {
            bars,
            surroundings: Surroundings::without_repeats(song),
            search: Some(Search::default()),
            after: Vec::new(),
            own: Vec::new(),
            beliefs: Vec::new(),
        }
    }

    /// Goes on by so many portions, each as much as a beat of the network takes or less. The knowledge, once it is complete; after that nothing is left.
    ///
    /// # Errors
    /// When the network fails.
    pub fn go_on(
        &mut self,
        network: &mut SongChordNetwork,
        portions: usize,
    ) -> Result<Option<Knowledge>, NetworkFault> {
        let all = self.surroundings.song.beats().len();
        for _ in 0..portions {
            if self.search.is_none() && self.beliefs.len() == all {
                return Ok(Some(self.finish()));
            }
            self.portion(network, all).map_err(|error| NetworkFault(error.to_string()))?;
        }
        Ok(None)
    }

    fn portion(&mut self, network: &mut SongChordNetwork, all: usize) -> Result<(), StepError> {
        if let Some(search) = &mut self.search {
            if let Some(found) = search.go_on(&self.surroundings.song) {
                self.surroundings.repeats = found;
                self.search = None;
            }
        } else if self.own.is_empty() && self.after.len() < all {
            if self.after.is_empty() {
                network.reset();
            }
            let features = self.surroundings.features(all - 1 - self.after.len());
            self.after.push(network.look_back(&features)?.to_vec());
        } else if self.own.len() < all {
            let after = self.after.pop().unwrap_or_default();
            self.own.push(network.believe(&self.surroundings.features(self.own.len()), &after)?);
        } else {
            self.beliefs.push(shared(&self.own, &self.surroundings.repeats, self.beliefs.len()));
        }
        Ok(())
    }

    fn finish(&mut self) -> Knowledge {
        let Surroundings { song, .. } = std::mem::take(&mut self.surroundings);
        let (bars, beliefs) = (std::mem::take(&mut self.bars), std::mem::take(&mut self.beliefs));
        let (sections, sung) = (sections(&song, &bars), sung_bars(&song, &bars));
        Knowledge { song, bars, beliefs, sections, sung }
    }
}

/// What is believed of a beat with what is believed of its repetitions in it: geometric means.
fn shared(beliefs: &[SongBelief], repeats: &[Vec<Repeat>], beat: usize) -> SongBelief {
    let mean = |of: &dyn Fn(&SongBelief) -> f32| {
        let mut sum = libm::logf(of(&beliefs[beat]).max(LEAST));
        let mut total = 1.0;
        for repeat in &repeats[beat] {
            let weight = REPEATED * repeat.certainty;
            sum += weight * libm::logf(of(&beliefs[repeat.beat]).max(LEAST));
            total += weight;
        }
        libm::expf(sum / total)
    };
    SongBelief {
        chords: std::array::from_fn(|root| std::array::from_fn(|quality| mean(&|belief| belief.chords[root][quality]))),
        bass: std::array::from_fn(|class| mean(&|belief| belief.bass[class])),
        ..beliefs[beat].clone()
    }
}
