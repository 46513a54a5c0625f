//! Song vectors: the mean of a song's slices, in which a slice counts more the rarer its like is in the library (TF-IDF).
//!
//! The words of it are the cells of a codebook. A codebook made from the library would change with every song and with it
//! everybody's neighbours, so this one is fixed: a slice's cell is the direction, of many drawn once and for all, that it
//! points along or against the most (cross-polytope hashing; Andoni and others, "Practical and optimal LSH for angular
//! distance", 2015). What a cell weighs is counted over the library, but anew only when that has grown by half
//! ([`Weights::due`]): in between a new song moves no other.

use std::sync::LazyLock;

use crate::{
    random::SplitMix64,
    track::{NUMBERS, Vector, unit},
};

/// Directions of the codebook.
const DIRECTIONS: usize = 128;
/// Cells: along and against each direction.
pub const CELLS: usize = 2 * DIRECTIONS;
/// Libraries of fewer tracks say nothing about what is rare.
const FEWEST: usize = 30;
/// Growth at which cells are weighed anew.
const GROWTH: f64 = 1.5;

static CODEBOOK: LazyLock<Vec<Vector>> = LazyLock::new(|| {
    let mut random = SplitMix64(0x5049_4E44_4C45_0001);
    // Sums of twelve numbers are as good as normal, and the same bits on every system.
    let mut direction = || -> Vector { std::array::from_fn(|_| (0..12).map(|_| random.centred()).sum()) };
    (0..DIRECTIONS).filter_map(|_| unit(&direction())).collect()
});

/// The cell of a slice.
#[must_use]
pub fn cell(slice: &Vector) -> usize {
    let along = |direction: &Vector| -> f32 { direction.iter().zip(slice).map(|(one, other)| one * other).sum() };
    let strongest = CODEBOOK.iter().map(along).enumerate();
    let (index, along) =
        strongest.fold((0, 0.0_f32), |best, next| if next.1.abs() > best.1.abs() { next } else { best });
    2 * index + usize::from(along < 0.0)
}

/// How much a slice counts, by its cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// Tracks that they were counted over.
    counted: usize,
    weights: Vec<f32>,
}

impl Weights {
    /// Weights that were kept; all alike where there are none.
    #[must_use]
    pub fn kept(counted: usize, weights: Vec<f32>) -> Self {
        let whole = weights.len() == CELLS && weights.iter().all(|weight| weight.is_finite() && *weight > 0.0);
        if whole { Self { counted, weights } } else { Self { counted: 0, weights: vec![1.0; CELLS] } }
    }

    /// Weights counted over the slices of tracks, `[track][slice]`.
    #[must_use]
    pub fn count<'a>(tracks: impl Iterator<Item = &'a [Vector]>) -> Self {
        let (mut counted, mut within) = (0, vec![0_usize; CELLS]);
        for slices in tracks {
            counted += 1;
            let mut cells: Vec<usize> = slices.iter().map(cell).collect();
            cells.sort_unstable();
            cells.dedup();
            cells.into_iter().for_each(|cell| within[cell] += 1);
        }
        let rarity = |within: usize| 1.0 + ((1.0 + counted as f32) / (1.0 + within as f32)).ln();
        let weights = within.into_iter().map(|within| if counted < FEWEST { 1.0 } else { rarity(within) });
        Self { counted, weights: weights.collect() }
    }

    /// Tracks that they were counted over.
    #[must_use]
    pub const fn counted(&self) -> usize {
        self.counted
    }

    /// The weights, `[cell]`.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.weights
    }

    /// Whether a library of so many tracks has outgrown them.
    #[must_use]
    pub fn due(&self, tracks: usize) -> bool {
        tracks >= FEWEST && tracks as f64 >= self.counted as f64 * GROWTH
    }

    /// The song vector of slices; all 0 where they have none.
    #[must_use]
    pub fn song(&self, slices: &[Vector]) -> Vector {
        weighed(slices, |slice| self.weights[cell(slice)])
    }
}

/// The plain mean of slices, the baseline.
#[must_use]
pub fn mean(slices: &[Vector]) -> Vector {
    weighed(slices, |_| 1.0)
}

fn weighed(slices: &[Vector], weight: impl Fn(&Vector) -> f32) -> Vector {
    let mut sum = [0.0; NUMBERS];
    for slice in slices.iter().filter(|slice| slice.iter().all(|number| number.is_finite())) {
        let weight = weight(slice);
        sum.iter_mut().zip(slice).for_each(|(sum, number)| *sum += weight * number);
    }
    unit(&sum).unwrap_or([0.0; NUMBERS])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn towards(index: usize) -> Vector {
        std::array::from_fn(|at| if at == index { 1.0 } else { 0.0 })
    }

    #[test]
    fn what_is_rare_in_the_library_counts_more_in_a_song() {
        // Every song has the first sound; each has one of its own besides.
        let songs: Vec<Vec<Vector>> = (1..60).map(|own| vec![towards(0), towards(own)]).collect();
        let weights = Weights::count(songs.iter().map(Vec::as_slice));
        let song = weights.song(&songs[5]);
        assert!(song[6] > 1.5 * song[0], "{} {}", song[6], song[0]);
        let plain = mean(&songs[5]);
        assert!((plain[6] - plain[0]).abs() < 1e-6);
    }

    #[test]
    fn a_slice_without_numbers_spoils_nothing() {
        let mut broken = towards(3);
        broken[50] = f32::NAN;
        assert_eq!(mean(&[towards(1), broken]), towards(1));
        assert_eq!(Weights::kept(0, vec![]).song(&[broken]), [0.0; NUMBERS]);
    }

    #[test]
    fn weights_are_counted_anew_only_when_the_library_has_grown_by_half() {
        let songs: Vec<Vec<Vector>> = (0..100).map(|own| vec![towards(own)]).collect();
        let weights = Weights::count(songs.iter().map(Vec::as_slice));
        assert!(!weights.due(101) && !weights.due(149) && weights.due(150));
        assert_eq!(Weights::kept(100, weights.values().to_vec()), weights);
    }
}
