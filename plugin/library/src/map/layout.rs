//! A whole map.

use crate::track::{NUMBERS, Vector};

/// Fewer songs are laid out by the projection alone.
const FEWEST: usize = 12;
/// Songs up to this many are laid out exactly.
const EXACT: usize = 500;
/// Songs whose nearness counts, at most (t-SNE's perplexity).
const PERPLEXITY: f32 = 20.0;
/// Steps.
const EPOCHS: usize = 600;
/// How coarse forces between far groups may be.
const THETA: f32 = 0.5;
/// Rounds in which the directions of the projection are found.
const ROUNDS: usize = 30;

/// Places for all songs, -1…1 each way. The same songs have the same places.
pub(super) fn whole(vectors: &[Vector]) -> Vec<[f32; 2]> {
    let start = projection(vectors);
    if vectors.len() < FEWEST {
        return fitted(&start);
    }
    // Begins small, as t-SNE does.
    let begin: Vec<f32> = fitted(&start).into_iter().flatten().map(|number| 1e-2 * number).collect();
    let samples: Vec<&[f32]> = vectors.iter().map(|vector| &vector[..]).collect();
    // On one thread: several add up in another order every time, and the map would be another one.
    let fit = || {
        let mut map: bhtsne::tSNE<f32, &[f32], 2> = bhtsne::tSNE::new(&samples);
        let perplexity = PERPLEXITY.min((vectors.len() - 1) as f32 / 3.5);
        map.perplexity(perplexity).epochs(EPOCHS).initial_embedding(begin);
        if vectors.len() <= EXACT {
            map.exact(|one, other| distance(one, other));
        } else {
            map.barnes_hut(THETA, |one, other| distance(one, other));
        }
        map.embedding().as_chunks::<2>().0.to_vec()
    };
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => fitted(&pool.install(fit)),
        Err(_) => fitted(&start),
    }
}

fn distance(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other) * (one - other)).sum::<f32>().sqrt()
}

/// The two directions in which songs differ the most (principal components, by power iteration), and where songs lie along them.
fn projection(vectors: &[Vector]) -> Vec<[f32; 2]> {
    let count = vectors.len().max(1) as f32;
    let mean: Vector = std::array::from_fn(|at| vectors.iter().map(|vector| vector[at]).sum::<f32>() / count);
    let along = |vector: &Vector, direction: &Vector| -> f32 {
        vector.iter().zip(&mean).zip(direction).map(|((number, mean), direction)| (number - mean) * direction).sum()
    };
    let mut directions: [Vector; 2] =
        std::array::from_fn(|axis| std::array::from_fn(|at| ((7 * at + 13 * axis) % 11) as f32 - 5.0));
    for _ in 0..ROUNDS {
        for axis in 0..2 {
            let mut next = [0.0; NUMBERS];
            for vector in vectors {
                let share = along(vector, &directions[axis]);
                next.iter_mut()
                    .zip(vector.iter().zip(&mean))
                    .for_each(|(next, (number, mean))| *next += share * (number - mean));
            }
            if axis == 1 {
                let common: f32 = next.iter().zip(&directions[0]).map(|(one, other)| one * other).sum();
                next.iter_mut().zip(&directions[0]).for_each(|(next, first)| *next -= common * first);
            }
            directions[axis] = crate::track::unit(&next).unwrap_or(directions[axis]);
        }
    }
    vectors.iter().map(|vector| [along(vector, &directions[0]), along(vector, &directions[1])]).collect()
}

/// Moved and scaled so that all lie within -1…1; what is no number lies in the middle.
fn fitted(places: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let finite = |axis: usize| places.iter().map(move |place| place[axis]).filter(|number| number.is_finite());
    let range = [0, 1]
        .map(|axis| finite(axis).fold((f32::MAX, f32::MIN), |(low, high), number| (low.min(number), high.max(number))));
    let half = range.iter().map(|(low, high)| (high - low) / 2.0).fold(1e-9, f32::max);
    let place = |place: &[f32; 2]| {
        [0, 1].map(|axis: usize| {
            let (low, high) = range[axis];
            let number = (place[axis] - (low + high) / 2.0) / half;
            if number.is_finite() { number } else { 0.0 }
        })
    };
    places.iter().map(place).collect()
}
