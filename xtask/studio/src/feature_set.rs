//! Feature sets on disk: random mixtures as features and shares, in shards that the trainer reads.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use half::f16;
use indicatif::ProgressBar;
use safetensors::{Dtype, tensor::TensorView};
use serde::Serialize;
use songweave_dsp::{
    bands::centre_hz,
    layout::{BANDS, PARTS, Part},
};
use songweave_models::mash::{FEATURES, features};

use crate::{
    error::{Result, StudioError},
    material::{Kind, Material, RATES, Split},
    mixture::{levels, mix},
    random::Random,
    real_stems::TRAINING_SONGS,
    song::Song,
    targets::Analyser,
    write::write_bytes,
};

/// Frames of a clip.
pub const CLIP_FRAMES: usize = 256;
/// Clips cut from each song of a shard.
const CLIPS_PER_SONG: usize = 16;
/// The songs of a shard: three real ones of eight.
const KINDS: [Kind; 8] =
    [Kind::Real, Kind::Real, Kind::Real, Kind::Pop, Kind::Pop, Kind::Electronic, Kind::Electronic, Kind::Game];
/// Clips of a shard.
pub const SHARD_CLIPS: usize = CLIPS_PER_SONG * KINDS.len();

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
}

/// `set.json`.
#[derive(Debug, Serialize)]
struct Description {
    format: u32,
    rates: [u32; 2],
    hop_seconds: [f32; 2],
    clip_frames: usize,
    features: usize,
    bands_hz: Vec<f32>,
    parts: [&'static str; PARTS],
    seed: u64,
    clips: BTreeMap<&'static str, usize>,
    shards: BTreeMap<&'static str, usize>,
    hours: f64,
    split: &'static str,
    real_songs: [&'static str; 3],
    songs: BTreeMap<&'static str, BTreeSet<String>>,
    sources: [&'static str; 8],
}

impl Plan {
    /// Shards of a split: nine to train for each one to validate, at least one of each.
    #[must_use]
    pub fn shards(&self, split: Split) -> usize {
        let clip_hours = CLIP_FRAMES as f64 * 0.0114 / 3_600.0;
        let all = (self.hours / clip_hours / SHARD_CLIPS as f64).ceil().max(2.0) as usize;
        let validation = (all / 10).max(1);
        if split == Split::Validation { validation } else { all - validation }
    }

    /// Writes the set. Shards that are there already are kept, so that an interrupted run can be continued.
    ///
    /// # Errors
    /// Material is unreadable or the folder cannot be written to.
    pub fn write(&self, material: &Material) -> Result<()> {
        std::fs::create_dir_all(&self.out).map_err(|source| StudioError::io(&self.out, source))?;
        let of = |split| (0..self.shards(split)).map(move |index| (split, index));
        // Validation first: a set that is still growing can be trained on.
        let tasks: Vec<(Split, usize)> = of(Split::Validation).chain(of(Split::Train)).collect();
        let bar = ProgressBar::new((tasks.len() * SHARD_CLIPS) as u64).with_message("clips");
        let next = AtomicUsize::new(0);
        let songs = Mutex::new(BTreeMap::<&'static str, BTreeSet<String>>::new());
        let work = || -> Result<()> {
            while let Some(&(split, index)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let names = self.shard(material, split, index, &bar)?;
                if let Ok(mut songs) = songs.lock() {
                    songs.entry(split.name()).or_default().extend(names);
                }
            }
            Ok(())
        };
        std::thread::scope(|scope| -> Result<()> {
            let threads: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                let broke = |_| StudioError::data(&self.out, "a rendering thread broke off; run the command again");
                thread.join().map_err(broke)??;
            }
            Ok(())
        })?;
        bar.finish();
        self.describe(songs.into_inner().unwrap_or_default())
    }

    fn shard(&self, material: &Material, split: Split, index: usize, bar: &ProgressBar) -> Result<BTreeSet<String>> {
        let path = self.out.join(format!("{}-{index:04}.safetensors", split.name()));
        let mut random = Random::for_task(self.seed, (index as u64) << 1 | u64::from(split == Split::Validation));
        if let Some(names) = existing(&path) {
            bar.inc(SHARD_CLIPS as u64);
            return Ok(names);
        }
        let rate = RATES[usize::from(random.chance(0.3))];
        let mut analyser = Analyser::new(rate);
        let samples = analyser.samples(CLIP_FRAMES);
        let seconds = (samples * CLIPS_PER_SONG) as f64 / f64::from(rate) + 0.1;
        let mut songs: Vec<Song> = Vec::new();
        for kind in KINDS {
            songs.push(material.song(kind, split, seconds, rate, &mut random)?);
        }
        let levels = levels(&songs);
        let mut tensors = Tensors::default();
        for song in 0..songs.len() {
            for clip in 0..CLIPS_PER_SONG {
                let parts = mix(&songs, &levels, song, clip * samples, samples, &mut random);
                tensors.add_clip(&mut analyser, &parts);
                bar.inc(1);
            }
        }
        let names: BTreeSet<String> = songs.into_iter().map(|song| song.name).collect();
        tensors.write(&path, &names)?;
        Ok(names)
    }

    fn describe(&self, songs: BTreeMap<&'static str, BTreeSet<String>>) -> Result<()> {
        let hop = |rate: u32| Analyser::new(rate).layout().hop_seconds();
        let splits = [Split::Train, Split::Validation];
        let shards: BTreeMap<_, _> = splits.map(|split| (split.name(), self.shards(split))).into_iter().collect();
        let clips: usize = shards.values().sum::<usize>() * SHARD_CLIPS;
        let description = Description {
            format: 1,
            rates: RATES,
            hop_seconds: RATES.map(hop),
            clip_frames: CLIP_FRAMES,
            features: FEATURES,
            bands_hz: (0..BANDS).map(centre_hz).collect(),
            parts: Part::ALL.map(Part::name),
            seed: self.seed,
            clips: shards.iter().map(|(&split, shards)| (split, shards * SHARD_CLIPS)).collect(),
            shards,
            hours: clips as f64 * CLIP_FRAMES as f64 * f64::from(hop(RATES[0])) / 3_600.0,
            split: "by song: one name in ten (hash) validates; real songs only train",
            real_songs: TRAINING_SONGS,
            songs,
            sources: [
                "stems (CC0): Everything is Free, songs 2, 3, 4",
                "pop909 (MIT): Music X Lab",
                "freedoom (BSD-3-Clause)",
                "groove (CC BY 4.0): Gillick et al. 2019, Google Magenta",
                "erithacus (CC BY 4.0): Erithacus Project",
                "loops (CC0)",
                "clips: vocadito_10 (CC BY 4.0), vocal-da-80bpm (Apache-2.0)",
                "FluidR3_GM sound font (MIT); own synthetic singer",
            ],
        };
        let path = self.out.join("set.json");
        let text =
            serde_json::to_vec_pretty(&description).map_err(|error| StudioError::data(&path, error.to_string()))?;
        write_bytes(&path, &text)
    }
}

/// Song names of a shard that is complete; `None` if it has to be written.
fn existing(path: &Path) -> Option<BTreeSet<String>> {
    let bytes = std::fs::read(path).ok()?;
    let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).ok()?;
    safetensors::SafeTensors::deserialize(&bytes).ok()?;
    let names = metadata.metadata().as_ref()?.get("songs")?;
    Some(names.split('\n').map(str::to_owned).collect())
}

/// The tensors of a shard as they grow, half floats in little endian.
#[derive(Debug, Default)]
struct Tensors {
    clips: usize,
    features: Vec<u8>,
    shares: Vec<u8>,
    part_level: Vec<u8>,
}

impl Tensors {
    fn add_clip(&mut self, analyser: &mut Analyser, parts: &crate::mixture::Parts) {
        let hop = analyser.layout().hop;
        for frame in 0..CLIP_FRAMES {
            let frame = analyser.frame(parts, frame * hop);
            push(&mut self.features, features(&frame.bands.power, &frame.bands.width).iter());
            push(&mut self.shares, frame.shares.iter().flatten());
            push(&mut self.part_level, frame.part_level.iter());
        }
        self.clips += 1;
    }

    fn write(&self, path: &Path, songs: &BTreeSet<String>) -> Result<()> {
        let fail = |error: safetensors::SafeTensorError| StudioError::data(path, error.to_string());
        let view = |shape: Vec<usize>, bytes| TensorView::new(Dtype::F16, shape, bytes).map_err(fail);
        let (clips, frames) = (self.clips, CLIP_FRAMES);
        let tensors = [
            ("features", view(vec![clips, frames, FEATURES], &self.features)?),
            ("shares", view(vec![clips, frames, PARTS, BANDS], &self.shares)?),
            ("part_level", view(vec![clips, frames, PARTS], &self.part_level)?),
        ];
        let names: Vec<&str> = songs.iter().map(String::as_str).collect();
        let metadata = HashMap::from([("songs".to_owned(), names.join("\n"))]);
        write_bytes(path, &safetensors::serialize(tensors, Some(metadata)).map_err(fail)?)
    }
}

fn push<'a>(bytes: &mut Vec<u8>, values: impl Iterator<Item = &'a f32>) {
    for &value in values {
        bytes.extend_from_slice(&f16::from_f32(value).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::demo_songs::song_a;

    #[test]
    fn a_shard_holds_what_was_put_in_and_is_known_when_it_is_complete() {
        let mut analyser = Analyser::new(44_100);
        let samples = analyser.samples(CLIP_FRAMES);
        let cut = |channel: &Vec<f32>| channel[..samples].to_vec();
        let parts = song_a().parts.each_ref().map(|part| part.each_ref().map(cut));
        let mut tensors = Tensors::default();
        tensors.add_clip(&mut analyser, &parts);
        let path = std::env::temp_dir().join(format!("songweave-shard-{}.safetensors", std::process::id()));
        assert!(existing(&path).is_none());
        tensors.write(&path, &BTreeSet::from(["one".to_owned(), "two".to_owned()])).unwrap();
        assert_eq!(existing(&path).unwrap().len(), 2);
        let bytes = std::fs::read(&path).unwrap();
        let shard = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(shard.tensor("features").unwrap().shape(), [1, CLIP_FRAMES, FEATURES]);
        let shares = shard.tensor("shares").unwrap();
        assert_eq!(shares.shape(), [1, CLIP_FRAMES, PARTS, BANDS]);
        let value =
            |index: usize| f16::from_le_bytes([shares.data()[2 * index], shares.data()[2 * index + 1]]).to_f32();
        let sum: f32 = (0..PARTS).map(|part| value((200 * PARTS + part) * BANDS + 30)).sum();
        assert!((sum - 1.0).abs() < 2e-3, "{sum}");
        std::fs::write(&path, &bytes[..1_000]).unwrap();
        assert!(existing(&path).is_none(), "half a shard is no shard");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_tenth_of_the_shards_validates_and_there_is_always_one() {
        let plan = |hours| Plan { out: PathBuf::new(), hours, seed: 1, threads: 1 };
        assert_eq!((plan(0.01).shards(Split::Train), plan(0.01).shards(Split::Validation)), (1, 1));
        assert_eq!((plan(4.0).shards(Split::Train), plan(4.0).shards(Split::Validation)), (36, 3));
    }
}
