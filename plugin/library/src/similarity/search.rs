//! Neighbours of a song, one a song and not too many an artist.

use std::collections::HashMap;

use super::{
    catalogue::{Catalogue, Entry},
    filter::Filter,
    reasons::reasons,
};
use crate::track::{TrackId, Vector};

/// What is searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What it sounds like.
    pub vector: Vector,
    /// What is known of it; `version` and `recording` of the library's own.
    pub entry: Entry,
    /// Whether it is a song of the library, or a part of one.
    pub own: bool,
}

/// How it is searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// Suggestions at most.
    pub limit: usize,
    /// Songs of one artist at most; 0 = as many as there are.
    pub per_artist: usize,
    /// What they have to be.
    pub filter: Filter,
}

impl Default for Wish {
    fn default() -> Self {
        Self { limit: 10, per_artist: 2, filter: Filter::default() }
    }
}

/// A neighbour.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Where it stands in the catalogue.
    pub position: usize,
    /// How like it is, -1…1.
    pub similarity: f32,
    /// Why, in words.
    pub why: String,
    /// Other versions of the same song, by where they stand.
    pub versions: Vec<usize>,
}

/// The query that a song of the library is.
#[must_use]
pub fn query_of(catalogue: &Catalogue, position: usize) -> Query {
    Query { vector: catalogue.vector(position), entry: catalogue.entries()[position].clone(), own: true }
}

/// Songs by how like they are, the most like first. The query's own recording and its versions are left out.
#[must_use]
pub fn suggest(catalogue: &Catalogue, query: &Query, wish: &Wish) -> Vec<Suggestion> {
    let similarity = catalogue.similarity(&query.vector);
    let entries = catalogue.entries();
    let own =
        |entry: &Entry| query.own && (entry.recording == query.entry.recording || entry.version == query.entry.version);
    let fits = |position: &usize| {
        let entry = &entries[*position];
        similarity[*position].is_finite() && !own(entry) && wish.filter.passes(entry)
    };
    let mut order: Vec<usize> = (0..entries.len()).filter(fits).collect();
    let nearer = |one: &usize, other: &usize| similarity[*other].total_cmp(&similarity[*one]).then(one.cmp(other));
    // Sorted in pieces: a few hundred of many thousand are looked at.
    let mut choice = Choice::new(wish);
    let mut begin = 0;
    while begin < order.len() && !choice.full() {
        let piece = (begin + 8 * wish.limit.max(32)).min(order.len());
        if piece < order.len() {
            order[begin..].select_nth_unstable_by(piece - begin, nearer);
        }
        order[begin..piece].sort_unstable_by(nearer);
        order[begin..piece].iter().for_each(|position| choice.offer(*position, &entries[*position]));
        begin = piece;
    }
    let told = |(position, versions): (usize, Vec<usize>)| Suggestion {
        position,
        similarity: similarity[position],
        why: reasons(&query.entry, &entries[position], similarity[position]),
        versions,
    };
    choice.taken.into_iter().map(told).collect()
}

/// What is chosen of songs that come in order: versions go to the one that came first.
pub(crate) struct Choice {
    limit: usize,
    per_artist: usize,
    /// Positions with those of their versions.
    pub(crate) taken: Vec<(usize, Vec<usize>)>,
    by_recording: HashMap<TrackId, usize>,
    by_version: HashMap<usize, usize>,
    artists: HashMap<String, usize>,
}

impl Choice {
    /// Nothing chosen yet.
    pub(crate) fn new(wish: &Wish) -> Self {
        Self {
            limit: wish.limit,
            per_artist: if wish.per_artist == 0 { usize::MAX } else { wish.per_artist },
            taken: Vec::new(),
            by_recording: HashMap::new(),
            by_version: HashMap::new(),
            artists: HashMap::new(),
        }
    }

    /// Whether there are enough.
    pub(crate) fn full(&self) -> bool {
        self.taken.len() >= self.limit
    }

    /// Takes a song, or notes it as another version, or leaves it.
    pub(crate) fn offer(&mut self, position: usize, entry: &Entry) {
        let known = self.by_recording.get(&entry.recording).or_else(|| self.by_version.get(&entry.version));
        if let Some(&first) = known {
            if let Some((_, versions)) = self.taken.get_mut(first) {
                versions.push(position);
            }
            return;
        }
        if self.full() {
            return;
        }
        if let Some(artist) = &entry.artist {
            let count = self.artists.entry(artist.to_lowercase()).or_default();
            if *count >= self.per_artist {
                return;
            }
            *count += 1;
        }
        self.by_recording.insert(entry.recording, self.taken.len());
        self.by_version.insert(entry.version, self.taken.len());
        self.taken.push((position, Vec::new()));
    }
}
