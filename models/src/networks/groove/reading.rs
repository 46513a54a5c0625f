//! Reading a groove weight file.

use serde::Deserialize;

use super::{
    DRUM_CONDITION, DRUM_LEVELS, DRUM_NAMES, DRUMS, EMBEDDED, Groove, HAND_CONDITION, HAND_LEVELS, HANDS, QUANTILES,
    STYLES, TEMPI, line::Line,
};
use crate::format::{Architecture, Divide, Subnetwork, WeightError, WeightFile, check_sizes};

/// The largest size of anything in a weight file: keeps a hostile file from asking for all memory.
const LARGEST: usize = 4096;

/// Units of the two recurrent layers, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Sizes {
    drums: usize,
    hands: usize,
}

impl Divide for Groove {
    fn divide(self) -> Vec<Subnetwork> {
        vec![Subnetwork::new("drums", self.drums.before), Subnetwork::new("hands", self.hands.before)]
    }
}

impl Architecture for Groove {
    const KIND: &'static str = "groove";
    const EMBEDDED: &'static [u8] = EMBEDDED;

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        let parts = &file.metadata().parts;
        if *parts != DRUM_NAMES {
            return Err(WeightError::Unfit(format!("its drums are {parts:?}, {DRUM_NAMES:?} are needed")));
        }
        let sizes: Sizes = file.architecture()?;
        check_sizes(&[sizes.drums, sizes.hands], &(1..=LARGEST))?;
        let drums = line::<DRUMS, DRUM_LEVELS>(file, "drums", sizes.drums, DRUM_CONDITION)?;
        let hands = line::<HANDS, HAND_LEVELS>(file, "hands", sizes.hands, HAND_CONDITION)?;
        let velocity = numbers(file, "velocity", &[DRUMS, DRUM_LEVELS - 1])?;
        let drum_density = numbers(file, "drum_density", &[STYLES, QUANTILES])?;
        let hand_density = numbers(file, "hand_density", &[TEMPI, HANDS, QUANTILES])?;
        Ok(Self {
            drums,
            hands,
            velocity: table(&velocity, 0),
            drum_density: table(&drum_density, 0),
            hand_density: std::array::from_fn(|tempo| table(&hand_density, tempo * HANDS * QUANTILES)),
        })
    }

    fn reset(&mut self) {
        self.drums.reset();
        self.hands.reset();
    }
}

fn line<const VOICES: usize, const LEVELS: usize>(
    file: &mut WeightFile<'_>,
    name: &str,
    hidden: usize,
    condition: usize,
) -> Result<Line<VOICES, LEVELS>, WeightError> {
    let played = Line::<VOICES, LEVELS>::PLAYED;
    let gru = file.take_gru(&format!("{name}.gru"), hidden, condition + 2 * played)?;
    let head = file.take_linear(&format!("{name}.head"), VOICES * LEVELS, hidden)?;
    let within = file.take(&format!("{name}.within"), &[VOICES * LEVELS, played])?;
    Ok(Line::new(condition, gru, head, &within)?)
}

fn numbers(file: &mut WeightFile<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightError> {
    Ok(file.take_table(name, shape)?.flatten_all()?.to_vec1()?)
}

/// `[rows][columns]` out of `numbers`, from index `first` on; its length was verified.
fn table<const ROWS: usize, const COLUMNS: usize>(numbers: &[f32], first: usize) -> [[f32; COLUMNS]; ROWS] {
    std::array::from_fn(|row| std::array::from_fn(|column| numbers[first + row * COLUMNS + column]))
}
