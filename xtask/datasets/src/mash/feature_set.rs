//! Feature sets on disk: random mixtures as features, shares and score, in shards that the trainer reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_dsp::{
    analysis::bands::centre_hz,
    stream::layout::{BANDS, PARTS, Part},
};
use songweave_models::mash::FEATURES;

use crate::{
    mash::{
        groups::{Group, ShardId, shards},
        mixture::mix,
        mixture_sampling::{Ensemble, SHARD_SONGS},
        shard::{CLIP_FRAMES, FORMAT, Label, Tensors},
        targets::Analyser,
    },
    material::{Material, RATES},
    stems::multitracks::TEST_SONGS,
};
use songweave_score::{
    error::{MaterialError, Result},
    random::{Random, hash},
};

/// Clips cut from each song of a shard.
const CLIPS_PER_SONG: usize = 4;
/// Clips of a shard.
pub const SHARD_CLIPS: usize = CLIPS_PER_SONG * SHARD_SONGS;

/// What to write.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Folder of the set.
    pub out: PathBuf,
    /// Hours of audio, validation included.
    pub hours: f64,
    /// The same seed gives the same set.
    pub seed: u64,
    /// Threads that render.
    pub threads: usize,
    /// Groups that are written; the hours are divided by their shares.
    pub groups: Vec<Group>,
    /// The command line, for the record.
    pub command: String,
}

/// `set.json`.
#[derive(Debug, Serialize)]
struct Description<'a> {
    format: u32,
    command: &'a str,
    seed: u64,
    rates: [u32; 2],
    hop_seconds: [f32; 2],
    clip_frames: usize,
    features: usize,
    bands_hz: Vec<f32>,
    parts: [&'static str; PARTS],
    complete: bool,
    hours: f64,
    split: &'static str,
    /// Leave out their groups to measure on them.
    test_songs: [&'static str; 2],
    /// By split and group.
    groups: BTreeMap<String, GroupDescription>,
    sources: &'a [String],
}

#[derive(Debug, Default, Serialize)]
struct GroupDescription {
    shards: usize,
    clips: usize,
    hours: f64,
    songs: BTreeSet<String>,
}

/// Complete shards.
type Done = BTreeMap<String, (ShardId, Label)>;

impl Plan {
    /// All shards of the set, in the order in which they are written.
    #[must_use]
    pub fn shards(&self) -> Vec<ShardId> {
        let clip_hours = CLIP_FRAMES as f64 * 0.0114 / 3_600.0;
        shards(&self.groups, (self.hours / clip_hours / SHARD_CLIPS as f64).ceil() as usize)
    }

    /// Writes the set. Shards that are there already are kept, so that an interrupted run can be continued.
    ///
    /// # Errors
    /// The folder holds shards of another seed or format or cannot be written to, or material is unreadable.
    pub fn write(&self, material: &Material) -> Result<()> {
        let ((done, tasks), sources) = (self.survey()?, material.sources());
        let bar = ProgressBar::new((tasks.len() * SHARD_CLIPS) as u64).with_style(style());
        if !done.is_empty() {
            bar.println(format!("{} complete shards are kept", done.len()));
        }
        self.describe(&sources, &done, tasks.is_empty())?;
        let (next, done) = (AtomicUsize::new(0), Mutex::new(done));
        let work = || -> Result<()> {
            while let Some(&shard) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let label = self.shard(material, shard, &bar)?;
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.insert(shard.name(), (shard, label));
                // The description grows with the set, which can be trained on at any time.
                self.describe(&sources, &done, done.len() == self.shards().len())?;
            }
            Ok(())
        };
        std::thread::scope(|scope| -> Result<()> {
            let threads: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                let broke = |_| MaterialError::data(&self.out, "a rendering thread broke off; run the command again");
                thread.join().map_err(broke)??;
            }
            Ok(())
        })?;
        bar.finish();
        Ok(())
    }

    /// Whether the set can be written to its folder, before anything dear is done.
    ///
    /// # Errors
    /// The folder holds shards of another seed or format or cannot be written to.
    pub fn check(&self) -> Result<()> {
        self.survey().map(drop)
    }

    /// What is there and what is to be written; half a file of a run that was broken off is taken away.
    fn survey(&self) -> Result<(Done, Vec<ShardId>)> {
        std::fs::create_dir_all(&self.out).map_err(|source| MaterialError::io(&self.out, source))?;
        let (mut done, mut tasks) = (Done::new(), Vec::new());
        let fail = |source| MaterialError::io(&self.out, source);
        for entry in std::fs::read_dir(&self.out).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                Some("partial") => std::fs::remove_file(&path).map_err(fail)?,
                Some("safetensors") => self.accept(&path)?,
                _ => {}
            }
        }
        for shard in self.shards() {
            match Label::read(&self.path(shard)) {
                Some(label) => drop(done.insert(shard.name(), (shard, label))),
                None => tasks.push(shard),
            }
        }
        Ok((done, tasks))
    }

    /// Refuses a shard of another set.
    fn accept(&self, path: &Path) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let foreign = |found: String| {
            let wanted = format!("format {FORMAT}, seed {}", self.seed);
            Err(MaterialError::data(
                &self.out,
                format!("{name} is {found}, not of {wanted}; name an empty folder or use the set's own seed"),
            ))
        };
        match Label::read(path) {
            Some(label) if label.format == FORMAT && label.seed == self.seed => Ok(()),
            Some(label) => foreign(format!("of format {}, seed {}", label.format, label.seed)),
            None => foreign("damaged or of an older format".to_owned()),
        }
    }

    fn path(&self, shard: ShardId) -> PathBuf {
        self.out.join(format!("{}.safetensors", shard.name()))
    }

    fn shard(&self, material: &Material, shard: ShardId, bar: &ProgressBar) -> Result<Label> {
        let mut random = Random::for_task(self.seed, hash(&shard.name()));
        let rate = RATES[usize::from(random.chance(0.3))];
        let mut analyser = Analyser::new(rate);
        let samples = analyser.samples(CLIP_FRAMES);
        let seconds = (samples * CLIPS_PER_SONG) as f64 / f64::from(rate) + 0.1;
        let ensemble = Ensemble::invite(material, shard, seconds, rate, &mut random)?;
        let mut tensors = Tensors::default();
        for song in 0..SHARD_SONGS {
            for clip in 0..CLIPS_PER_SONG {
                let plan = ensemble.plan(song, clip * samples, samples, &mut random);
                tensors.add(&mut analyser, &mix(&ensemble, &plan, samples, &mut random), ensemble.is_divided());
                bar.inc(1);
            }
        }
        let songs: BTreeSet<String> = ensemble.songs().iter().map(|song| song.name.clone()).collect();
        let label = Label { format: FORMAT, seed: self.seed, rate, songs: songs.into_iter().collect() };
        tensors.write(&self.path(shard), &label)?;
        Ok(label)
    }

    fn describe(&self, sources: &[String], done: &Done, complete: bool) -> Result<()> {
        let hop = |rate: u32| Analyser::new(rate).layout().hop_seconds();
        let mut groups = BTreeMap::<String, GroupDescription>::new();
        for (shard, label) in done.values() {
            let group = groups.entry(format!("{}-{}", shard.split.name(), shard.group.name())).or_default();
            group.shards += 1;
            group.clips += SHARD_CLIPS;
            group.hours += (SHARD_CLIPS * CLIP_FRAMES) as f64 * f64::from(hop(label.rate)) / 3_600.0;
            group.songs.extend(label.songs.iter().cloned());
        }
        let description = Description {
            format: FORMAT,
            command: &self.command,
            seed: self.seed,
            rates: RATES,
            hop_seconds: RATES.map(hop),
            clip_frames: CLIP_FRAMES,
            features: FEATURES,
            bands_hz: (0..BANDS).map(centre_hz).collect(),
            parts: Part::ALL.map(Part::name),
            complete,
            hours: groups.values().map(|group| group.hours).sum(),
            split: "by song: one synthetic song in ten (hash of its name) validates; real songs are in groups of their own",
            test_songs: TEST_SONGS,
            groups,
            sources,
        };
        let path = self.out.join("set.json");
        let text =
            serde_json::to_vec_pretty(&description).map_err(|error| MaterialError::data(&path, error.to_string()))?;
        Ok(write_bytes(&path, &text)?)
    }
}

fn style() -> ProgressStyle {
    let template = "{bar:30} {pos}/{len} clips, {per_sec}, {eta} left";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_score::split::Split;

    fn plan(folder: &str, seed: u64) -> Plan {
        let out = std::env::temp_dir().join(format!("songweave-{folder}-{}", std::process::id()));
        Plan { out, hours: 4.0, seed, threads: 1, groups: Group::all(), command: "dataset mash".into() }
    }

    #[test]
    fn the_hours_are_divided_among_the_groups() {
        let shards = plan("hours", 1).shards();
        let hours = (shards.len() * SHARD_CLIPS) as f64 * 512.0 * 512.0 / 44_100.0 / 3_600.0;
        assert!((3.5..4.6).contains(&hours), "{hours}");
        let few = Plan { groups: vec![Group::RealAll], ..plan("hours", 1) };
        assert!(few.shards().len().abs_diff(shards.len()) <= 3);
    }

    #[test]
    fn complete_shards_are_kept_halves_removed_and_other_sets_refused() {
        let plan = plan("survey", 3);
        std::fs::create_dir_all(&plan.out).unwrap();
        let shard = ShardId { split: Split::Train, group: Group::RealAll, index: 0 };
        let label = Label { format: FORMAT, seed: 3, rate: 44_100, songs: vec!["x".into()] };
        Tensors::default().write(&plan.path(shard), &label).unwrap();
        let partial = plan.out.join("train-synthetic-0000.safetensors.1.partial");
        std::fs::write(&partial, b"half").unwrap();
        let (done, tasks) = plan.survey().unwrap();
        assert_eq!((done.len(), tasks.len()), (1, plan.shards().len() - 1));
        assert!(!partial.exists() && !tasks.contains(&shard));
        plan.describe(&["own".to_owned()], &done, false).unwrap();
        let text = std::fs::read_to_string(plan.out.join("set.json")).unwrap();
        let described: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(described["groups"]["train-real.all"]["clips"], SHARD_CLIPS);
        let refusal = Plan { seed: 4, ..plan.clone() }.check().unwrap_err().to_string();
        assert!(refusal.contains("seed 3") && refusal.contains("seed 4"), "{refusal}");
        std::fs::write(plan.out.join("train-0000.safetensors"), b"old").unwrap();
        assert!(plan.check().unwrap_err().to_string().contains("older format"));
        std::fs::remove_dir_all(&plan.out).unwrap();
    }
}
