//! The training set of the groove network: drum performances and piano hands as steps of the grid.

use std::path::Path;

use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;
use songweave_audio::draft::write_bytes;
use songweave_models::groove::{BAR, DRUMS, HANDS};

use songweave_score::{
    error::{MaterialError, Result},
    performances::{
        drum_clips::{DrumClip, drum_clips},
        piano_clips::{PianoClip, piano_clips},
    },
    split::Split,
};

/// Version of the format that is written.
pub const FORMAT: u32 = 1;

/// Writes `train.safetensors`, `validation.safetensors` and `set.json` from the data folder. Nothing in it is random.
///
/// # Errors
/// The data cannot be read or the folder cannot be written to.
pub fn write(data: &Path, out: &Path, command: &str) -> Result<()> {
    std::fs::create_dir_all(out).map_err(|source| MaterialError::io(out, source))?;
    let drums = drum_clips(&data.join("groove"))?;
    for (name, wanted) in [Split::Train, Split::Validation].map(|split| (split.name(), split)) {
        let drums: Vec<&DrumClip> = drums.iter().filter(|clip| clip.split == name).collect();
        let piano = piano_clips(&data.join("pop909/POP909"), wanted)?;
        println!("{name}: {} drum performances, {} piano songs", drums.len(), piano.len());
        write_split(&out.join(format!("{name}.safetensors")), &drums, &piano)?;
    }
    let sources = ["groove (CC BY 4.0): Gillick et al. 2019, Google Magenta", "pop909 (MIT): Music X Lab"];
    let facts = json!({ "format": FORMAT, "command": command, "sources": sources });
    Ok(write_bytes(&out.join("set.json"), format!("{facts:#}\n").as_bytes())?)
}

/// `drums` `[step][class]` velocities, `drum_clips` `[clip][first step, steps, style, fill]`; `hands` `[step][hand]` levels,
/// `change` `[step]`, `hand_clips` `[clip][first step, steps, tempo]`.
fn write_split(path: &Path, drums: &[&DrumClip], piano: &[PianoClip]) -> Result<()> {
    let mut drum_clips: Vec<[usize; 4]> = Vec::new();
    let mut velocities: Vec<u8> = Vec::new();
    for clip in drums {
        let first = velocities.len() / DRUMS;
        drum_clips.push([first, clip.bars.len() * BAR, clip.style as usize, usize::from(clip.fill)]);
        velocities.extend(clip.bars.iter().flatten().flatten());
    }
    let mut hand_clips: Vec<[usize; 3]> = Vec::new();
    let (mut hands, mut change): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
    for clip in piano {
        hand_clips.push([change.len(), clip.steps.len(), clip.tempo]);
        hands.extend(clip.steps.iter().flat_map(|step| step.hands));
        change.extend(clip.steps.iter().map(|step| u8::from(step.change)));
    }
    let (drum_clips, hand_clips) = (integers(drum_clips.as_flattened()), integers(hand_clips.as_flattened()));
    let fail = |error: safetensors::SafeTensorError| MaterialError::data(path, error.to_string());
    let tensors = [
        ("drums", TensorView::new(Dtype::U8, vec![velocities.len() / DRUMS, DRUMS], &velocities).map_err(fail)?),
        ("drum_clips", TensorView::new(Dtype::I32, vec![drums.len(), 4], &drum_clips).map_err(fail)?),
        ("hands", TensorView::new(Dtype::U8, vec![hands.len() / HANDS, HANDS], &hands).map_err(fail)?),
        ("change", TensorView::new(Dtype::U8, vec![change.len()], &change).map_err(fail)?),
        ("hand_clips", TensorView::new(Dtype::I32, vec![piano.len(), 3], &hand_clips).map_err(fail)?),
    ];
    Ok(write_bytes(path, &safetensors::serialize(tensors, None).map_err(fail)?)?)
}

/// Little-endian 32-bit integers.
fn integers(numbers: &[usize]) -> Vec<u8> {
    numbers.iter().flat_map(|number| (*number as i32).to_le_bytes()).collect()
}
