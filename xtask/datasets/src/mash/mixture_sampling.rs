//! Who plays in a mixture: the songs of a shard, and for each clip the song and place of every part.

use songweave_dsp::stream::layout::{PARTS, Part};

use crate::{
    mash::groups::{Group, ShardId},
    material::{Kind, Material},
    stems::multitracks::TRAINING_SONGS,
};
use songweave_score::{error::Result, random::Random};
use songweave_synth::song::{Song, Stereo, active_level};

/// Songs of a shard.
pub const SHARD_SONGS: usize = 16;
/// Kinds of synthetic songs, as often as they are named.
const KINDS: [Kind; 8] = [
    Kind::Electronic,
    Kind::Pop,
    Kind::Styled,
    Kind::LeadSheet,
    Kind::Electronic,
    Kind::Styled,
    Kind::ArtSong,
    Kind::Game,
];
/// Chance that a part is missing, `[part]`.
const MISSING: [f32; PARTS] = [0.08, 0.08, 0.08, 0.08];

/// Where a part of a mixture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Index of the song.
    pub song: usize,
    /// First sample.
    pub at: usize,
}

/// How loud the parts are among each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// As in the song, which is heard as it is.
    AsRecorded,
    /// Nearly as in the song.
    Near,
    /// Every part at a level of its own.
    Free,
}

/// Who plays in a mixture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MixturePlan {
    /// `[part]`
    pub picks: [Pick; PARTS],
    /// Parts that do not play, `[part]`.
    pub missing: [bool; PARTS],
    /// Levels.
    pub balance: Balance,
}

/// The songs that meet in a shard.
#[derive(Debug)]
pub struct Ensemble {
    group: Group,
    /// Real songs first.
    songs: Vec<Song>,
    reals: usize,
    /// Active levels, `[song][part]`, linear.
    levels: Vec<[f32; PARTS]>,
}

impl Ensemble {
    /// New songs of a shard's group, `seconds` long at `rate` Hz.
    ///
    /// # Errors
    /// A data file is unreadable or a real song is missing.
    pub fn invite(material: &Material, shard: ShardId, seconds: f64, rate: u32, random: &mut Random) -> Result<Self> {
        let mut songs = Vec::with_capacity(SHARD_SONGS);
        let reals = match shard.group {
            Group::Synthetic => 0,
            Group::Real(_) | Group::RealAll | Group::Recorded => SHARD_SONGS,
            Group::Blend(_) => SHARD_SONGS / 2,
        };
        for index in 0..SHARD_SONGS {
            songs.push(match shard.group {
                Group::Real(name) | Group::Blend(name) if index < reals => {
                    material.stretch(name, seconds, rate, random)?
                }
                Group::Recorded => material.recorded(shard.split, seconds, rate, random)?,
                Group::RealAll => {
                    material.stretch(TRAINING_SONGS[index % TRAINING_SONGS.len()], seconds, rate, random)?
                }
                _ => material.song(KINDS[index % KINDS.len()], shard.split, seconds, rate, random)?,
            });
        }
        Ok(Self::of(shard.group, songs, reals))
    }

    /// Songs that are there already, the first `reals` of them real.
    #[must_use]
    pub fn of(group: Group, songs: Vec<Song>, reals: usize) -> Self {
        let level = |song: &Song| std::array::from_fn(|part| active_level(&song.parts[part], song.rate));
        let levels = songs.iter().map(level).collect();
        Self { group, songs, reals, levels }
    }

    /// The songs, real ones first.
    #[must_use]
    pub fn songs(&self) -> &[Song] {
        &self.songs
    }

    /// Whether it is known how the songs divide into all four parts, not only into vocals and the rest.
    #[must_use]
    pub fn is_divided(&self) -> bool {
        self.group != Group::Recorded
    }

    /// Whether a song is a real recording.
    #[must_use]
    pub fn is_real(&self, song: usize) -> bool {
        song < self.reals
    }

    /// Active level of a part of a song, linear; 0 for silence.
    #[must_use]
    pub fn level(&self, song: usize, part: usize) -> f32 {
        self.levels[song][part]
    }

    /// Active level of a song's loudest part, linear.
    #[must_use]
    pub fn loudest(&self, song: usize) -> f32 {
        self.levels[song].iter().copied().fold(0.0, f32::max)
    }

    /// Who plays in a clip of `samples` samples that belongs to song `index` from sample `at` on.
    #[must_use]
    pub fn plan(&self, index: usize, at: usize, samples: usize, random: &mut Random) -> MixturePlan {
        let own = [Pick { song: index, at }; PARTS];
        let choice = random.unit();
        let (picks, balance) = match self.group {
            Group::Real(_) | Group::Recorded if choice < 0.5 => {
                return MixturePlan { picks: own, missing: [false; PARTS], balance: Balance::AsRecorded };
            }
            Group::Real(_) | Group::Recorded | Group::Synthetic if choice < 0.68 => {
                (own, if random.chance(0.4) { Balance::Near } else { Balance::Free })
            }
            _ if choice < 0.8 => (self.voice_over(own, samples, random), Balance::Free),
            _ => (self.scattered(own, samples, random), Balance::Free),
        };
        MixturePlan { picks: self.filled(picks, samples, random), missing: missing(random), balance }
    }

    /// In a blend, parts that rest are played by songs of the other kind half of the time: real songs have little bass.
    fn filled(&self, mut picks: [Pick; PARTS], samples: usize, random: &mut Random) -> [Pick; PARTS] {
        let kinds = |picks: &[Pick; PARTS]| picks.map(|pick| self.is_real(pick.song));
        for part in Part::ALL {
            let Pick { song, at } = picks[part as usize];
            let rests = !sounds(&self.songs[song].parts[part as usize], at, samples);
            if matches!(self.group, Group::Blend(_)) && rests && random.chance(0.5) {
                let mut filled = picks;
                filled[part as usize] = self.pick(part, self.strangers(song), samples, random);
                if kinds(&filled).contains(&true) && kinds(&filled).contains(&false) {
                    picks = filled;
                }
            }
        }
        picks
    }

    /// The voice of one song over the rest of another.
    fn voice_over(&self, own: [Pick; PARTS], samples: usize, random: &mut Random) -> [Pick; PARTS] {
        let mut picks = own;
        picks[Part::Vocals as usize] = self.pick(Part::Vocals, self.strangers(own[0].song), samples, random);
        picks
    }

    /// Every part from anywhere; of a blend at least one part is real and one is made.
    fn scattered(&self, own: [Pick; PARTS], samples: usize, random: &mut Random) -> [Pick; PARTS] {
        let mut picks = Part::ALL.map(|part| self.pick(part, (0, self.songs.len()), samples, random));
        if matches!(self.group, Group::Blend(_)) {
            let kept = random.index(PARTS);
            picks[kept] = own[kept];
            let other = (kept + 1 + random.index(PARTS - 1)) % PARTS;
            picks[other] = self.pick(Part::ALL[other], self.strangers(own[0].song), samples, random);
        }
        picks
    }

    /// Songs that may be laid over a song, from and to: of a blend those of the other kind, otherwise any.
    fn strangers(&self, song: usize) -> (usize, usize) {
        match self.group {
            Group::Blend(_) if song < self.reals => (self.reals, self.songs.len()),
            Group::Blend(_) => (0, self.reals),
            _ => (0, self.songs.len()),
        }
    }

    /// A random place in the songs `from..to`: of three the first where the part is heard.
    fn pick(&self, part: Part, (from, to): (usize, usize), samples: usize, random: &mut Random) -> Pick {
        let mut pick = Pick { song: 0, at: 0 };
        for _ in 0..3 {
            let song = from + random.index(to - from);
            pick = Pick { song, at: random.index(self.songs[song].samples().saturating_sub(samples)) };
            if sounds(&self.songs[song].parts[part as usize], pick.at, samples) {
                break;
            }
        }
        pick
    }
}

/// Whether a stretch of a sound is louder than -60 dBFS.
fn sounds(sound: &Stereo, at: usize, samples: usize) -> bool {
    let cut = sound[0].get(at..(at + samples).min(sound[0].len())).unwrap_or_default();
    let power: f32 = cut.iter().step_by(7).map(|sample| sample * sample).sum();
    power > 1e-6 * (cut.len() / 7) as f32
}

/// Solo voices, solo parts, instrumentals, and any other part missing now and then.
fn missing(random: &mut Random) -> [bool; PARTS] {
    let solo = |kept: usize| std::array::from_fn(|part| part != kept);
    let choice = random.unit();
    if choice < 0.04 {
        return solo(Part::Vocals as usize);
    } else if choice < 0.08 {
        return solo(1 + random.index(PARTS - 1));
    } else if choice < 0.14 {
        return [true, false, false, false];
    }
    let missing = MISSING.map(|chance| random.chance(chance));
    if missing == [true; PARTS] { [false; PARTS] } else { missing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_synth::demo_songs::{song_a, song_b};

    fn plans(group: Group, reals: usize) -> Vec<MixturePlan> {
        let ensemble = Ensemble::of(group, vec![song_a(), song_b(), song_a(), song_b()], reals);
        let mut random = Random::new(7);
        (0..400).map(|clip| ensemble.plan(clip % 4, 10_000, 20_000, &mut random)).collect()
    }

    #[test]
    fn half_of_a_real_songs_clips_are_the_song_as_it_is() {
        let plans = plans(Group::Real("2.Lithium"), 4);
        let whole = plans.iter().filter(|plan| plan.balance == Balance::AsRecorded).collect::<Vec<_>>();
        assert!((160..240).contains(&whole.len()), "{}", whole.len());
        assert!(whole.iter().all(|plan| plan.picks == [plan.picks[0]; PARTS] && plan.missing == [false; 4]));
        assert!(plans.iter().any(|plan| plan.picks[0].song != plan.picks[3].song));
    }

    #[test]
    fn a_part_that_rests_in_a_blend_is_often_played_by_the_other_kind() {
        let quiet = || {
            let mut song = song_a();
            song.parts[2].iter_mut().flatten().for_each(|sample| *sample = 0.0);
            song
        };
        let ensemble = Ensemble::of(Group::Blend("2.Lithium"), vec![quiet(), quiet(), song_a(), song_a()], 2);
        let mut random = Random::new(9);
        let made =
            (0..400).filter(|clip| ensemble.plan(clip % 2, 10_000, 20_000, &mut random).picks[2].song >= 2).count();
        assert!((160..300).contains(&made), "{made}");
    }

    #[test]
    fn solo_parts_and_instrumentals_occur() {
        let all = plans(Group::Synthetic, 0);
        let count = |missing: [bool; PARTS]| all.iter().filter(|plan| plan.missing == missing).count();
        assert!(count([false; PARTS]) > 200 && count([true; PARTS]) == 0);
        for missing in [[false, true, true, true], [true, false, false, false], [true, true, true, false]] {
            assert!((1..60).contains(&count(missing)), "{missing:?}: {}", count(missing));
        }
    }

    #[test]
    fn a_blend_always_has_real_and_made_parts_and_real_voices_over_made_songs() {
        let plans = plans(Group::Blend("2.Lithium"), 2);
        let real = |plan: &MixturePlan| plan.picks.map(|pick| pick.song < 2);
        assert!(plans.iter().all(|plan| real(plan).contains(&true) && real(plan).contains(&false)));
        assert!(plans.iter().any(|plan| real(plan) == [true, false, false, false]));
        assert!(plans.iter().any(|plan| real(plan) == [false, true, true, true]));
        assert!(plans.iter().all(|plan| plan.balance != Balance::AsRecorded));
    }
}
