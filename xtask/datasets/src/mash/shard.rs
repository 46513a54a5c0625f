//! Shards of a feature set: safetensors files that are either complete or not there.

use std::{collections::HashMap, fs::File, io::Read, path::Path};

use half::f16;
use safetensors::{Dtype, tensor::TensorView};
use serde::{Deserialize, Serialize};
use songweave_audio::draft::write_bytes;
use songweave_dsp::stream::layout::{BANDS, PARTS, Part};
use songweave_models::mash::{FEATURES, features};

use crate::mash::{mixture::Mixture, targets::Analyser};
use songweave_score::{
    error::{MaterialError, Result},
    performances::score_frames::score_frames,
};

/// Version of the format that is written.
pub const FORMAT: u32 = 3;
/// Frames of a clip.
pub const CLIP_FRAMES: usize = 512;
/// Key of [`Label`] in a shard's metadata. One key only: the order of several is not the same in every run.
const LABEL: &str = "songweave";

/// What a shard says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Version of the format.
    pub format: u32,
    /// Seed of the set.
    pub seed: u64,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Names of the songs, sorted.
    pub songs: Vec<String>,
}

impl Label {
    /// The label of a shard; `None` if the file is damaged or not of a set with labels.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size).ok()?;
        let size = u64::from_le_bytes(size);
        let mut header = Vec::new();
        file.take(size.min(length)).read_to_end(&mut header).ok()?;
        let header: HashMap<String, serde_json::Value> = serde_json::from_slice(&header).ok()?;
        let end = |tensor: &serde_json::Value| tensor.get("data_offsets")?.get(1)?.as_u64();
        let data = header.values().filter_map(end).max().unwrap_or(0);
        let complete = size.checked_add(8)?.checked_add(data)? == length;
        let text = header.get("__metadata__")?.get(LABEL)?.as_str()?;
        serde_json::from_str(text).ok().filter(|_| complete)
    }
}

/// The tensors of a shard as they grow, half floats in little endian.
#[derive(Debug, Default)]
pub struct Tensors {
    clips: usize,
    features: Vec<u8>,
    shares: Vec<u8>,
    part_level: Vec<u8>,
    chroma: Vec<u8>,
    onset: Vec<u8>,
    register: Vec<u8>,
    known: Vec<u8>,
    divided: Vec<u8>,
}

impl Tensors {
    /// Adds a clip of [`CLIP_FRAMES`] frames; `divided` says whether its rest is known as drums, bass and other, not only as a whole.
    pub fn add(&mut self, analyser: &mut Analyser, mixture: &Mixture, divided: bool) {
        let hop = analyser.layout().hop;
        for frame in 0..CLIP_FRAMES {
            let frame = analyser.frame(&mixture.parts, frame * hop);
            push(&mut self.features, features(&frame.bands.power, &frame.bands.width));
            push(&mut self.shares, frame.shares.into_iter().flatten());
            push(&mut self.part_level, frame.part_level);
        }
        self.add_score(analyser, mixture);
        push(&mut self.divided, [f32::from(u8::from(divided))]);
        self.clips += 1;
    }

    fn add_score(&mut self, analyser: &Analyser, mixture: &Mixture) {
        let score: [_; PARTS] = std::array::from_fn(|part| {
            let notes = mixture.notes[part].as_deref().unwrap_or_default();
            score_frames(notes, part != Part::Drums as usize, analyser.layout(), CLIP_FRAMES)
        });
        for frame in 0..CLIP_FRAMES {
            push(&mut self.chroma, score.iter().flat_map(|part| part[frame].chroma));
            push(&mut self.onset, score.iter().map(|part| part[frame].onset));
            push(&mut self.register, score.iter().map(|part| part[frame].register));
        }
        push(&mut self.known, mixture.notes.iter().map(|notes| f32::from(u8::from(notes.is_some()))));
    }

    /// Writes the shard.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn write(&self, path: &Path, label: &Label) -> Result<()> {
        let fail = |error: safetensors::SafeTensorError| MaterialError::data(path, error.to_string());
        let view = |shape: &[usize], bytes| {
            let shape = [&[self.clips], shape].concat();
            TensorView::new(Dtype::F16, shape, bytes).map_err(fail)
        };
        let tensors = [
            ("features", view(&[CLIP_FRAMES, FEATURES], &self.features)?),
            ("shares", view(&[CLIP_FRAMES, PARTS, BANDS], &self.shares)?),
            ("part_level", view(&[CLIP_FRAMES, PARTS], &self.part_level)?),
            ("chroma", view(&[CLIP_FRAMES, PARTS, 12], &self.chroma)?),
            ("onset", view(&[CLIP_FRAMES, PARTS], &self.onset)?),
            ("register", view(&[CLIP_FRAMES, PARTS], &self.register)?),
            ("known", view(&[PARTS], &self.known)?),
            ("divided", view(&[], &self.divided)?),
        ];
        let label = serde_json::to_string(label).map_err(|error| MaterialError::data(path, error.to_string()))?;
        let metadata = HashMap::from([(LABEL.to_owned(), label)]);
        Ok(write_bytes(path, &safetensors::serialize(tensors, Some(metadata)).map_err(fail)?)?)
    }
}

fn push(bytes: &mut Vec<u8>, values: impl IntoIterator<Item = f32>) {
    for value in values {
        bytes.extend_from_slice(&f16::from_f32(value).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_score::notation::note::Note;
    use songweave_synth::demo_songs::song_a;

    fn value(shard: &safetensors::SafeTensors<'_>, tensor: &str, index: usize) -> f32 {
        let tensor = shard.tensor(tensor).unwrap();
        f16::from_le_bytes([tensor.data()[2 * index], tensor.data()[2 * index + 1]]).to_f32()
    }

    #[test]
    fn a_shard_holds_what_was_put_in_and_is_known_when_it_is_complete() {
        let mut analyser = Analyser::new(44_100);
        let parts = song_a().parts;
        let note = Note { start: 1.0, length: 2.0, key: 62.0, velocity: 0.75 };
        let notes = [None, None, Some(vec![note]), Some(Vec::new())];
        let mut tensors = Tensors::default();
        tensors.add(&mut analyser, &Mixture { parts, notes }, true);
        let path = std::env::temp_dir().join(format!("songweave-shard-{}.safetensors", std::process::id()));
        let label = Label { format: FORMAT, seed: 7, rate: 44_100, songs: vec!["one".into(), "two".into()] };
        assert_eq!(Label::read(&path), None);
        tensors.write(&path, &label).unwrap();
        assert_eq!(Label::read(&path), Some(label));
        let bytes = std::fs::read(&path).unwrap();
        let shard = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(shard.tensor("features").unwrap().shape(), [1, CLIP_FRAMES, FEATURES]);
        assert_eq!(shard.tensor("shares").unwrap().shape(), [1, CLIP_FRAMES, PARTS, BANDS]);
        assert_eq!(shard.tensor("chroma").unwrap().shape(), [1, CLIP_FRAMES, PARTS, 12]);
        let sum: f32 = (0..PARTS).map(|part| value(&shard, "shares", (200 * PARTS + part) * BANDS + 30)).sum();
        assert!((sum - 1.0).abs() < 2e-3, "{sum}");
        let bass = 150 * PARTS + Part::Bass as usize;
        assert_eq!((value(&shard, "chroma", 12 * bass + 2), value(&shard, "chroma", 12 * bass + 3)), (0.75, 0.0));
        assert!((value(&shard, "register", bass) - 62.0 / 128.0).abs() < 1e-3);
        assert_eq!([0, 1, 2, 3].map(|part| value(&shard, "known", part)), [0.0, 0.0, 1.0, 1.0]);
        assert_eq!((shard.tensor("divided").unwrap().shape(), value(&shard, "divided", 0)), (&[1][..], 1.0));
        std::fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
        assert_eq!(Label::read(&path), None, "nearly a shard is no shard");
        std::fs::remove_file(&path).unwrap();
    }
}
