//! Reading a groove weight file.

use candle_core::Device;
use serde::Deserialize;

use super::{
    DRUM_CONDITION, DRUM_LEVELS, DRUM_NAMES, DRUMS, GrooveNetwork, HAND_CONDITION, HAND_LEVELS, HANDS, KIND, QUANTILES,
    STYLES, TEMPI, line::Line,
};
use crate::{
    layers::{Gru, Linear},
    weights::{Metadata, WeightError, WeightFile},
};

/// The largest size of anything in a weight file: keeps a hostile file from asking for all memory.
const LARGEST: usize = 4096;

/// Units of the two recurrent layers, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Architecture {
    drums: usize,
    hands: usize,
}

/// Reads and verifies a weight file.
pub(super) fn read(bytes: &[u8], device: &Device) -> Result<GrooveNetwork, WeightError> {
    let mut file = WeightFile::parse(bytes, KIND, device)?;
    let sizes = check(file.metadata())?;
    let drums = line::<DRUMS, DRUM_LEVELS>(&mut file, "drums", sizes.drums, DRUM_CONDITION)?;
    let hands = line::<HANDS, HAND_LEVELS>(&mut file, "hands", sizes.hands, HAND_CONDITION)?;
    let velocity = numbers(&mut file, "velocity", &[DRUMS, DRUM_LEVELS - 1])?;
    let drum_density = numbers(&mut file, "drum_density", &[STYLES, QUANTILES])?;
    let hand_density = numbers(&mut file, "hand_density", &[TEMPI, HANDS, QUANTILES])?;
    let (metadata, digest) = file.finish()?;
    Ok(GrooveNetwork {
        metadata,
        digest,
        drums,
        hands,
        velocity: table(&velocity, 0),
        drum_density: table(&drum_density, 0),
        hand_density: std::array::from_fn(|tempo| table(&hand_density, tempo * HANDS * QUANTILES)),
    })
}

/// Whether the facts fit this build.
fn check(metadata: &Metadata) -> Result<Architecture, WeightError> {
    let unfit = |reason: String| Err(WeightError::Unfit(reason));
    if metadata.parts != DRUM_NAMES {
        return unfit(format!("its drums are {:?}, {DRUM_NAMES:?} are needed", metadata.parts));
    }
    match serde_json::from_value::<Architecture>(metadata.architecture.clone()) {
        Err(error) => unfit(format!("its architecture cannot be read ({error})")),
        Ok(sizes) if [sizes.drums, sizes.hands].iter().all(|size| (1..=LARGEST).contains(size)) => Ok(sizes),
        Ok(_) => unfit(format!("a size of its architecture is outside 1 to {LARGEST}")),
    }
}

fn line<const VOICES: usize, const LEVELS: usize>(
    file: &mut WeightFile<'_>,
    name: &str,
    hidden: usize,
    condition: usize,
) -> Result<Line<VOICES, LEVELS>, WeightError> {
    let played = Line::<VOICES, LEVELS>::PLAYED;
    let (inputs, outputs) = (condition + 2 * played, VOICES * LEVELS);
    let mut parameters = 0;
    let mut take = |part: &str, shape: &[usize]| {
        parameters += shape.iter().product::<usize>();
        file.take(&format!("{name}.{part}"), shape)
    };
    let input = (take("gru.weight_ih_l0", &[3 * hidden, inputs])?, take("gru.bias_ih_l0", &[3 * hidden])?);
    let recurrent = (take("gru.weight_hh_l0", &[3 * hidden, hidden])?, take("gru.bias_hh_l0", &[3 * hidden])?);
    let head = Linear::new(take("head.weight", &[outputs, hidden])?, Some(take("head.bias", &[outputs])?))?;
    let within = take("within", &[outputs, played])?;
    Ok(Line::new(Gru::new(input, recurrent)?, head, &within, parameters)?)
}

fn numbers(file: &mut WeightFile<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightError> {
    Ok(file.take(name, shape)?.flatten_all()?.to_vec1()?)
}

/// `[rows][columns]` out of `numbers`, from index `first` on; its length was verified.
fn table<const ROWS: usize, const COLUMNS: usize>(numbers: &[f32], first: usize) -> [[f32; COLUMNS]; ROWS] {
    std::array::from_fn(|row| std::array::from_fn(|column| numbers[first + row * COLUMNS + column]))
}
