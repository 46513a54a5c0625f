//! How many different chord sequences there are: the Vendi score (Friedman and Dieng, "The Vendi Score: A Diversity Evaluation
//! Metric for Machine Learning", 2023), exp of the Shannon entropy of the eigenvalues of a similarity matrix divided by its size.

use crate::band::chord_figures::Chords;
use songweave_score::songs::structure_song::STEPS_PER_BAR;

/// Bars of a sequence.
const BARS: usize = 4;
/// Steps of a slot: half a bar.
const SLOT: usize = STEPS_PER_BAR as usize / 2;
/// Slots of a sequence.
const SLOTS: usize = BARS * STEPS_PER_BAR as usize / SLOT;
/// Symbols of a slot: root and third as [`songweave_score::notation::step_chord::StepChord::symbol`], and silence.
const SYMBOLS: usize = 37;

/// Four bars of chords, one symbol for each half bar.
pub type Sequence = [u8; SLOTS];

/// The sequences of a song from a step on, one after the other, moved so that its tonic is C.
#[must_use]
pub fn sequences(chords: &Chords, from: usize, tonic: u8) -> Vec<Sequence> {
    let (whole, _) = chords.get(from..).unwrap_or_default().as_chunks::<{ SLOTS * SLOT }>();
    let symbol = |slot: usize, steps: &[_; SLOTS * SLOT]| {
        let middle: Option<songweave_score::notation::step_chord::StepChord> = steps[slot * SLOT + SLOT / 2];
        middle.map_or(SYMBOLS as u8 - 1, |chord| chord.transposed(-(tonic as i8)).symbol())
    };
    whole.iter().map(|steps| std::array::from_fn(|slot| symbol(slot, steps))).collect()
}

/// The Vendi score of sequences, 1 (all alike) … as many as there are. Two sequences are as similar as the share of half bars in
/// which they have the same root and third; `None` of nothing.
#[must_use]
pub fn vendi(sequences: &[Sequence]) -> Option<f64> {
    if sequences.is_empty() {
        return None;
    }
    // The similarity matrix is X·Xᵀ of one-hot rows X; Xᵀ·X, which does not grow with the songs, has the same eigenvalues.
    let mut present: Vec<(usize, u8)> =
        sequences.iter().flat_map(|sequence| sequence.iter().copied().enumerate()).collect();
    present.sort_unstable();
    present.dedup();
    let size = present.len();
    let mut matrix = vec![0.0; size * size];
    for sequence in sequences {
        let places: Vec<usize> =
            sequence.iter().enumerate().filter_map(|slot| present.binary_search(&(slot.0, *slot.1)).ok()).collect();
        for (row, column) in places.iter().flat_map(|row| places.iter().map(move |column| (row, column))) {
            matrix[row * size + column] += 1.0 / (SLOTS * sequences.len()) as f64;
        }
    }
    let shares = eigenvalues(matrix, size).into_iter().filter(|value| *value > 1e-12);
    Some(shares.map(|share| -share * share.ln()).sum::<f64>().exp())
}

/// Eigenvalues of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, "Matrix Computations", 8.5).
fn eigenvalues(mut matrix: Vec<f64>, size: usize) -> Vec<f64> {
    const SWEEPS: usize = 30;
    for _ in 0..SWEEPS {
        let off: f64 = (0..size)
            .flat_map(|row| (0..row).map(move |column| (row, column)))
            .map(|(row, column)| matrix[row * size + column].powi(2))
            .sum();
        if off < 1e-18 {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                rotate(&mut matrix, size, p, q);
            }
        }
    }
    (0..size).map(|index| matrix[index * size + index]).collect()
}

/// Makes the element in row `p`, column `q` zero.
fn rotate(matrix: &mut [f64], size: usize, p: usize, q: usize) {
    let off = matrix[p * size + q];
    if off.abs() < 1e-15 {
        return;
    }
    let theta = (matrix[q * size + q] - matrix[p * size + p]) / (2.0 * off);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for k in 0..size {
        let (a, b) = (matrix[k * size + p], matrix[k * size + q]);
        (matrix[k * size + p], matrix[k * size + q]) = (cosine * a - sine * b, sine * a + cosine * b);
    }
    for k in 0..size {
        let (a, b) = (matrix[p * size + k], matrix[q * size + k]);
        (matrix[p * size + k], matrix[q * size + k]) = (cosine * a - sine * b, sine * a + cosine * b);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_score::notation::step_chord::StepChord;

    #[test]
    fn eigenvalues_are_those_of_the_matrix() {
        let mut values = eigenvalues(vec![2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 5.0], 3);
        values.sort_by(f64::total_cmp);
        assert!(values.iter().zip([1.0, 3.0, 5.0]).all(|(found, wanted)| (found - wanted).abs() < 1e-9), "{values:?}");
    }

    #[test]
    fn the_score_counts_sequences_that_have_nothing_in_common() {
        let sequence = |symbol| [symbol; SLOTS];
        let score = |sequences: &[Sequence]| vendi(sequences).unwrap();
        assert!((score(&[sequence(1); 9]) - 1.0).abs() < 1e-9);
        assert!((score(&[sequence(1), sequence(2), sequence(3)]) - 3.0).abs() < 1e-6);
        // Eigenvalues 3/4 and 1/4.
        let half: Sequence = std::array::from_fn(|slot| if slot < SLOTS / 2 { 1 } else { 2 });
        let wanted = (-(0.75f64.ln() * 0.75 + 0.25f64.ln() * 0.25)).exp();
        assert!((score(&[sequence(1), half]) - wanted).abs() < 1e-6);
        assert_eq!(vendi(&[]), None);
    }

    #[test]
    fn songs_are_compared_in_one_key_and_whole_sequences_only() {
        let chords = vec![Some(StepChord::triad(7, false)); 140];
        let sequences = sequences(&chords, 8, 7);
        assert_eq!(sequences, [[0; SLOTS]; 2]);
    }
}
