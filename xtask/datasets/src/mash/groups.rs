//! Groups of a feature set: which songs meet in a shard, how much of the set each group is, and in which order shards
//! are written. A trainer leaves a real song out completely by leaving out `real.<song>`, `blend.<song>` and `real.all`.

use crate::stems::multitracks::REAL_SONGS;
use songweave_score::{
    error::{MaterialError, Result},
    split::Split,
};

/// Shares of the groups in a set; those of [`Group::Real`] and [`Group::Blend`] are divided among the real songs.
const SYNTHETIC_SHARE: f64 = 0.30;
const RECORDED_SHARE: f64 = 0.30;
const REAL_SHARE: f64 = 0.20;
const REAL_ALL_SHARE: f64 = 0.04;
const BLEND_SHARE: f64 = 0.16;
/// Share of the shards that validate, of groups whose songs have a split: which real song validates is the trainer's choice.
const VALIDATION_SHARE: f64 = 0.06;

/// What meets in a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Synthetic songs only.
    Synthetic,
    /// One real song only, by its name.
    Real(&'static str),
    /// One real song and synthetic songs, parts drawn across.
    Blend(&'static str),
    /// All real training songs, parts drawn across.
    RealAll,
    /// Recorded voices over recorded backings, of which nobody knows how they divide into drums, bass and other.
    Recorded,
}

impl Group {
    /// All groups.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut groups = vec![Self::Synthetic, Self::RealAll, Self::Recorded];
        groups.extend(REAL_SONGS.map(Self::Real));
        groups.extend(REAL_SONGS.map(Self::Blend));
        groups
    }

    /// Name as in file names: `synthetic`, `real.<song>`, `blend.<song>`, `real.all`, `recorded`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Synthetic => "synthetic".to_owned(),
            Self::Real(song) => format!("real.{song}"),
            Self::Blend(song) => format!("blend.{song}"),
            Self::RealAll => "real.all".to_owned(),
            Self::Recorded => "recorded".to_owned(),
        }
    }

    /// The group of a name.
    ///
    /// # Errors
    /// There is no such group; the message lists all.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::all().into_iter().find(|group| group.name() == name);
        found.ok_or_else(|| {
            let known: Vec<String> = Self::all().into_iter().map(Self::name).collect();
            MaterialError::UnknownGroup { name: name.to_owned(), known: known.join(", ") }
        })
    }

    /// Share of a set with all groups, 0…1.
    #[must_use]
    pub fn share(self) -> f64 {
        let songs = REAL_SONGS.len() as f64;
        match self {
            Self::Synthetic => SYNTHETIC_SHARE,
            Self::Real(_) => REAL_SHARE / songs,
            Self::Blend(_) => BLEND_SHARE / songs,
            Self::RealAll => REAL_ALL_SHARE,
            Self::Recorded => RECORDED_SHARE,
        }
    }

    /// Whether some of its songs are kept for validation.
    const fn validates(self) -> bool {
        matches!(self, Self::Synthetic | Self::Recorded)
    }
}

/// One file of a set. What is in it depends on this and the set's seed, on nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardId {
    /// What its clips are for.
    pub split: Split,
    /// What meets in it.
    pub group: Group,
    /// Number within split and group.
    pub index: usize,
}

impl ShardId {
    /// `<split>-<group>-<NNNN>`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}-{:04}", self.split.name(), self.group.name(), self.index)
    }
}

/// About `total` shards of the groups by their shares, at least one of each, interleaved so that every beginning of the
/// list is a set by itself. Groups whose songs have a split validate as well.
#[must_use]
pub fn shards(groups: &[Group], total: usize) -> Vec<ShardId> {
    let whole: f64 = groups.iter().map(|group| group.share()).sum();
    let mut placed: Vec<(f64, ShardId)> = Vec::new();
    let mut place = |split, group, count: usize, first: f64| {
        placed.extend((0..count).map(|index| ((index as f64 + first) / count as f64, ShardId { split, group, index })));
    };
    let part = |share: f64| ((total as f64 * share).round() as usize).max(1);
    for &group in groups {
        let share = group.share() / whole;
        if group.validates() {
            // Something to validate by comes first.
            place(Split::Validation, group, part(share * VALIDATION_SHARE), 0.0);
        }
        place(Split::Train, group, part(share * (1.0 - VALIDATION_SHARE)), 0.5);
    }
    placed.sort_by(|one, other| one.0.total_cmp(&other.0));
    placed.into_iter().map(|(_, shard)| shard).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn shares_add_up_to_one_and_names_lead_back() {
        let groups = Group::all();
        assert_eq!(groups.len(), 13);
        assert!((groups.iter().map(|group| group.share()).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(groups.iter().all(|&group| Group::named(&group.name()).unwrap() == group));
        let error = Group::named("real.Lithium").unwrap_err().to_string();
        assert!(error.contains("real.2.Lithium") && error.contains("synthetic"), "{error}");
    }

    #[test]
    fn half_a_set_holds_every_group_in_about_its_share_and_real_songs_never_validate() {
        let all = shards(&Group::all(), 100);
        assert!((97..=103).contains(&all.len()), "{}", all.len());
        assert_eq!(all[0].split, Split::Validation);
        for group in Group::all() {
            let train = |shard: &&ShardId| shard.group == group && shard.split == Split::Train;
            let (whole, half) = (all.iter().filter(train).count(), all[..50].iter().filter(train).count());
            assert!(half.abs_diff(whole - half) <= 2, "{}: {half} of {whole}", group.name());
            assert!((whole as f64 - 94.0 * group.share()).abs() <= 2.0);
        }
        let validation: Vec<&ShardId> = all.iter().filter(|shard| shard.split == Split::Validation).collect();
        assert!(validation.len() == 4 && validation.iter().all(|shard| shard.group.validates()));
        assert!(shards(&[Group::RealAll], 3).iter().all(|shard| shard.split == Split::Train));
        assert_eq!(all[1].name().split('-').count(), 3);
    }
}
