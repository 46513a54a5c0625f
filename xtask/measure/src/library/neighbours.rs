//! Whether songs keep their neighbours when the library grows.

use serde::Serialize;
use songweave_library::{
    similarity::{catalogue::cosine, cells::Weights},
    track::Vector,
};

/// Neighbours that count.
const NEIGHBOURS: usize = 10;
/// Of eleven songs so many come later: the library grows by ten percent.
const LATER: usize = 11;

/// Neighbours before and after.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// Songs before.
    pub songs: usize,
    /// Songs that were added.
    pub added: usize,
    /// Share of the ten nearest that are among the ten nearest still.
    pub kept: f64,
    /// Share that are nearest still but for songs that are new, which is how far old songs have not moved.
    pub unmoved: f64,
    /// The first share if weights were counted anew for every song, as libraries do that weigh by themselves.
    pub kept_if_counted_anew: f64,
}

/// Grows a library of songs, `[song][slice]`, by ten percent, as an index does; `None` of too few songs.
#[must_use]
pub fn kept(songs: &[Vec<Vector>]) -> Option<Kept> {
    let (mut before, mut later) = (Vec::new(), Vec::new());
    for (index, song) in songs.iter().enumerate() {
        if index % LATER == LATER / 2 { later.push(song) } else { before.push(song) }
    }
    if before.len() <= NEIGHBOURS || later.is_empty() {
        return None;
    }
    let all: Vec<&Vec<Vector>> = before.iter().chain(&later).copied().collect();
    let count = |songs: &[&Vec<Vector>]| Weights::count(songs.iter().map(|song| song.as_slice()));
    let (old, new) = (count(&before), count(&all));
    let weights = if old.due(all.len()) { &new } else { &old };
    let vectors = |songs: &[&Vec<Vector>], weights: &Weights| -> Vec<Vector> {
        songs.iter().map(|song| weights.song(song)).collect()
    };
    let at_first = vectors(&before, &old);
    let share = |now: &[Vector]| share_kept(&at_first, now);
    Some(Kept {
        songs: before.len(),
        added: later.len(),
        kept: share(&vectors(&all, weights)),
        unmoved: share(&vectors(&before, weights)),
        kept_if_counted_anew: share(&vectors(&all, &new)),
    })
}

/// Share of the neighbours among the first songs that are neighbours among all.
fn share_kept(first: &[Vector], all: &[Vector]) -> f64 {
    let mut kept = 0;
    for index in 0..first.len() {
        let now = nearest(all, index);
        kept += nearest(first, index).iter().filter(|song| now.contains(song)).count();
    }
    kept as f64 / (first.len() * NEIGHBOURS) as f64
}

fn nearest(songs: &[Vector], index: usize) -> Vec<usize> {
    let similarity: Vec<f32> = songs.iter().map(|song| cosine(song, &songs[index])).collect();
    let mut others: Vec<usize> = (0..songs.len()).filter(|other| *other != index).collect();
    let nearer = |one: &usize, other: &usize| similarity[*other].total_cmp(&similarity[*one]).then(one.cmp(other));
    if others.len() > NEIGHBOURS {
        others.select_nth_unstable_by(NEIGHBOURS, nearer);
        others.truncate(NEIGHBOURS);
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_songs_move_no_old_ones_but_come_between() {
        // A circle of songs: a new one pushes one neighbour of each near it out.
        let song = |index: usize| -> Vec<Vector> {
            let angle = index as f32 * std::f32::consts::TAU / 220.0;
            vec![std::array::from_fn(|at| [angle.cos(), angle.sin()].get(at).copied().unwrap_or_default())]
        };
        let songs: Vec<Vec<Vector>> = (0..220).map(song).collect();
        let found = kept(&songs).expect("enough songs");
        assert_eq!((found.songs, found.added), (200, 20));
        assert!(found.unmoved > 0.999 && (0.85..0.96).contains(&found.kept), "{found:?}");
        assert!(kept(&songs[..9]).is_none());
    }
}
