//! What is found: slices of the same song, recordings of the same folder, and whether some are found by everybody.

use serde::Serialize;

use super::recordings::{Recording, SYSTEMS};

/// Neighbours that count.
const NEIGHBOURS: usize = 5;

/// Figures of one way to compare recordings.
#[derive(Debug, Clone, Serialize)]
pub struct Retrieval {
    /// Its name.
    pub system: String,
    /// Share of the slices whose nearest other slice is of the same recording.
    pub same_song: f64,
    /// Share of the recordings whose nearest is of the same folder.
    pub first: f64,
    /// Share of the same folder among the five nearest, at most as many as there are.
    pub five: f64,
    /// How often the most frequent neighbour is among the five nearest, as a multiple of the mean.
    pub hubness: f64,
    /// Recordings that have others in their folder, and all of them.
    pub recordings: [usize; 2],
}

/// When two vectors are close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closeness {
    /// They point the same way.
    Direction,
    /// They end at the same point.
    Distance,
}

impl Closeness {
    fn of(self, one: &[f32], other: &[f32]) -> f32 {
        match self {
            Self::Direction => product(one, other),
            Self::Distance => -one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f32>(),
        }
    }
}

/// Measures all systems, each standardised over the recordings but for Songweave, which is taken as it is.
#[must_use]
pub fn measure(recordings: &[Recording]) -> Vec<Retrieval> {
    (0..SYSTEMS.len()).map(|system| of_system(recordings, system)).collect()
}

/// Share of changed songs whose nearest of all originals is the one that they were made from; `changed` holds the original's index and
/// the vector.
#[must_use]
pub fn known_again(originals: &[Vec<f32>], changed: &[(usize, Vec<f32>)]) -> f64 {
    let nearest = |song: &[f32]| {
        let closeness = |original: &Vec<f32>| Closeness::Direction.of(song, original);
        (0..originals.len()).max_by(|one, other| closeness(&originals[*one]).total_cmp(&closeness(&originals[*other])))
    };
    let right = changed.iter().filter(|(original, song)| nearest(song) == Some(*original)).count();
    right as f64 / changed.len().max(1) as f64
}

/// The song vector of a recording as Songweave hears it: the mean of its slices, of unit length.
#[must_use]
pub fn song_vector(recording: &Recording) -> Vec<f32> {
    let slices = &recording.heard[0];
    let mut song = vec![0.0; slices.first().map_or(0, Vec::len)];
    slices.iter().for_each(|slice| song.iter_mut().zip(slice).for_each(|(sum, number)| *sum += number));
    to_unit(&mut song);
    song
}

fn of_system(recordings: &[Recording], system: usize) -> Retrieval {
    let mut slices: Vec<(usize, Vec<f32>)> = Vec::new();
    for (index, recording) in recordings.iter().enumerate() {
        slices.extend(recording.heard[system].iter().map(|slice| (index, slice.clone())));
    }
    if system > 0 {
        standardise(&mut slices);
    }
    slices.iter_mut().for_each(|(_, slice)| to_unit(slice));
    let mut songs = vec![vec![0.0; slices.first().map_or(0, |(_, slice)| slice.len())]; recordings.len()];
    for (song, slice) in &slices {
        songs[*song].iter_mut().zip(slice).for_each(|(sum, number)| *sum += number);
    }
    songs.iter_mut().for_each(|song| to_unit(song));
    let groups: Vec<&str> = recordings.iter().map(|recording| recording.group.as_str()).collect();
    Retrieval { same_song: same_song(&slices), ..of_vectors(SYSTEMS[system], &songs, &groups, Closeness::Direction) }
}

/// Figures of song vectors in groups; `same_song` is not a number.
#[must_use]
pub fn of_vectors(system: &str, songs: &[Vec<f32>], groups: &[&str], closeness: Closeness) -> Retrieval {
    let (mut first, mut five, mut asked, mut found) = (0.0, 0.0, 0, vec![0_usize; songs.len()]);
    for (index, song) in songs.iter().enumerate() {
        let near = nearest(songs, index, |other| closeness.of(song, &songs[other]));
        near.iter().for_each(|other| found[*other] += 1);
        let others = groups.iter().filter(|group| **group == groups[index]).count() - 1;
        if others > 0 {
            asked += 1;
            let same = |other: &&usize| groups[**other] == groups[index];
            first += f64::from(u8::from(near.first().is_some_and(|other| same(&other))));
            five += near.iter().filter(same).count() as f64 / others.min(near.len()).max(1) as f64;
        }
    }
    let mean = found.iter().sum::<usize>() as f64 / songs.len().max(1) as f64;
    let most = found.iter().copied().max().unwrap_or(0) as f64;
    let share = |sum: f64| sum / f64::from(asked.max(1));
    Retrieval {
        system: system.to_owned(),
        same_song: f64::NAN,
        first: share(first),
        five: share(five),
        hubness: most / mean.max(f64::MIN_POSITIVE),
        recordings: [asked as usize, songs.len()],
    }
}

/// The nearest other songs, the nearest first.
fn nearest(songs: &[Vec<f32>], index: usize, close: impl Fn(usize) -> f32) -> Vec<usize> {
    let mut others: Vec<usize> = (0..songs.len()).filter(|other| *other != index).collect();
    others.sort_by(|one, other| close(*other).total_cmp(&close(*one)));
    others.truncate(NEIGHBOURS);
    others
}

fn same_song(slices: &[(usize, Vec<f32>)]) -> f64 {
    let mut right = 0;
    for (index, (song, slice)) in slices.iter().enumerate() {
        let others = slices.iter().enumerate().filter(|(other, _)| *other != index);
        let nearest =
            others.max_by(|(_, (_, one)), (_, (_, other))| product(slice, one).total_cmp(&product(slice, other)));
        right += usize::from(nearest.is_some_and(|(_, (found, _))| found == song));
    }
    right as f64 / slices.len().max(1) as f64
}

fn product(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn to_unit(vector: &mut [f32]) {
    let length = product(vector, vector).sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|number| *number /= length);
}

/// Every number to mean 0 and deviation 1.
fn standardise(slices: &mut [(usize, Vec<f32>)]) {
    let count = slices.len().max(1) as f32;
    for number in 0..slices.first().map_or(0, |(_, slice)| slice.len()) {
        let mean = slices.iter().map(|(_, slice)| slice[number]).sum::<f32>() / count;
        let variance = slices.iter().map(|(_, slice)| (slice[number] - mean).powi(2)).sum::<f32>() / count;
        slices.iter_mut().for_each(|(_, slice)| slice[number] = (slice[number] - mean) / variance.sqrt().max(1e-6));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_the_same_folder_and_hubs_are_counted() {
        let at = |angle: f32| vec![angle.cos(), angle.sin()];
        let songs: Vec<_> = [0.0, 0.1, 0.2, 1.4, 1.5].map(at).into();
        let figures = of_vectors("a test", &songs, &["a", "a", "a", "b", "b"], Closeness::Direction);
        assert_eq!((figures.first, figures.recordings), (1.0, [5, 5]));
        // All four others are neighbours, so each song is found as often as the others.
        assert_eq!((figures.five, figures.hubness), (1.0, 1.0));
    }

    #[test]
    fn changed_songs_are_known_again_where_nothing_else_is_nearer() {
        let originals = [vec![1.0, 0.0], vec![0.0, 1.0]];
        assert_eq!(known_again(&originals, &[(0, vec![0.9, 0.2]), (1, vec![0.8, 0.5])]), 0.5);
    }

    #[test]
    fn slices_find_their_own_song() {
        let slices = vec![(0, vec![1.0, 0.0]), (0, vec![0.9, 0.1]), (1, vec![0.0, 1.0]), (1, vec![1.0, 0.5])];
        assert_eq!(same_song(&slices), 0.25);
    }
}
