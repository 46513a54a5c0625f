//! The map: the library in two dimensions, what sounds alike near each other.
//!
//! The first map is drawn as a whole (t-SNE from a fixed projection, so the same library gives the same map) and its places
//! are kept. A song that comes later finds its place among its nearest neighbours and moves nobody; only where the library
//! has doubled, or when it is asked for, the map is drawn anew.

pub mod colours;
mod layout;
pub mod page;

use crate::{
    error::Result,
    similarity::catalogue::Catalogue,
    store::Store,
    track::{TrackId, Vector},
};

/// Neighbours among which a new song finds its place.
const NEIGHBOURS: usize = 5;

/// Gives every song of the catalogue a place, -1…1 each way, and keeps it in `store`. `anew` draws the whole map again. Returns places
/// `[song]` in the catalogue's order, and how many are new.
///
/// # Errors
/// The store cannot be written to.
pub fn keep_places(store: &mut dyn Store, catalogue: &Catalogue, anew: bool) -> Result<(Vec<[f32; 2]>, usize)> {
    let all = places(catalogue, anew);
    let changed = catalogue.entries().iter().zip(&all).filter(|(entry, place)| entry.place != Some(**place));
    let new: Vec<(TrackId, [f32; 2])> = changed.map(|(entry, place)| (entry.id, *place)).collect();
    if !new.is_empty() {
        store.place(&new)?;
    }
    Ok((all, new.len()))
}

/// The places of [`keep_places`] without keeping them.
#[must_use]
pub fn places(catalogue: &Catalogue, anew: bool) -> Vec<[f32; 2]> {
    let kept: Vec<Option<[f32; 2]>> = catalogue.entries().iter().map(|entry| entry.place).collect();
    let vectors: Vec<Vector> = (0..kept.len()).map(|song| catalogue.vector(song)).collect();
    let placed = kept.iter().flatten().count();
    if anew || 2 * placed < kept.len() { layout::whole(&vectors) } else { beside(&vectors, &kept) }
}

/// Songs without a place find one among those that have theirs.
fn beside(vectors: &[Vector], kept: &[Option<[f32; 2]>]) -> Vec<[f32; 2]> {
    let placed: Vec<(usize, [f32; 2])> =
        kept.iter().enumerate().filter_map(|(song, place)| Some((song, (*place)?))).collect();
    let find = |song: usize| {
        let similarity =
            |other: usize| -> f32 { vectors[song].iter().zip(&vectors[other]).map(|(one, other)| one * other).sum() };
        let mut near: Vec<(f32, [f32; 2])> = placed.iter().map(|(other, place)| (similarity(*other), *place)).collect();
        near.sort_by(|one, other| other.0.total_cmp(&one.0));
        near.truncate(NEIGHBOURS);
        // The nearest counts most, so that a double falls beside its like.
        let weights: Vec<f32> =
            near.iter().map(|(similarity, _)| (1.0 / (1.01 - similarity.clamp(-1.0, 1.0))).powi(2)).collect();
        let sum: f32 = weights.iter().sum();
        let mean = |axis: usize| {
            near.iter().zip(&weights).map(|((_, place), weight)| weight * place[axis]).sum::<f32>() / sum.max(1e-9)
        };
        [mean(0), mean(1)]
    };
    kept.iter().enumerate().map(|(song, place)| place.unwrap_or_else(|| find(song))).collect()
}
