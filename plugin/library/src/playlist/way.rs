//! Joins the dots: songs between songs, even steps apart in sound, with small jumps of tempo and key, none twice; and goes on from the
//! last one by what the last few had in common.

use std::collections::HashSet;

use songweave_engine::follow::key::Key;

use crate::{
    error::{LibraryError, Result},
    random::SplitMix64,
    similarity::{
        catalogue::{Catalogue, Entry},
        reasons::tempo_step,
    },
    track::{NUMBERS, TrackId, Vector, unit},
};

/// Ways that are followed at once between two songs.
const BEAM: usize = 48;
/// Songs near a step's point that are tried from each way.
const CANDIDATES: usize = 64;
/// What a jump of tempo by six percent, a jump of a fifth, and the same artist once more cost, in similarity.
const TEMPO_COST: f32 = 0.05;
const KEY_COST: f32 = 0.02;
const ARTIST_COST: f32 = 0.15;
/// Jumps of tempo beyond this cost no more, as a ratio.
const FARTHEST_TEMPO: f32 = 0.3;

/// How a playlist goes on where there is no song to go to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// How many of the last songs the next one is to be like, at least one.
    pub keep_on: usize,
    /// Randomness, 0 = none … 1 = anything goes.
    pub drunk: f32,
    /// Which randomness.
    pub seed: u64,
}

impl Default for Drift {
    fn default() -> Self {
        Self { keep_on: 3, drunk: 0.0, seed: 1 }
    }
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Songs that it passes through, in order, by where they stand in the catalogue; at least one.
    pub through: Vec<usize>,
    /// Songs in all.
    pub length: usize,
    /// How it goes on.
    pub drift: Drift,
}

/// Makes a playlist: songs by where they stand in the catalogue. With several songs to pass through it ends at the last one, and the
/// songs between are spread evenly; with one it goes on from there. It is shorter where the library has no more songs.
///
/// # Errors
/// There is nothing to begin with, or more songs to pass through than it may have.
pub fn make(catalogue: &Catalogue, plan: &Plan) -> Result<Vec<usize>> {
    let [first, rest @ ..] = &*plan.through else {
        return Err(LibraryError::Ask("a playlist begins with a song; name one".to_owned()));
    };
    if plan.through.len() > plan.length {
        let (through, length) = (plan.through.len(), plan.length);
        return Err(LibraryError::Ask(format!(
            "{through} songs do not fit into a playlist of {length}; make it longer"
        )));
    }
    let mut walk = Walk::new(catalogue, plan);
    if rest.is_empty() {
        walk.go_on(plan.length);
        return Ok(walk.songs);
    }
    let between = plan.length - plan.through.len();
    let mut from = *first;
    for (leg, to) in rest.iter().enumerate() {
        // What does not divide goes to the first legs.
        let steps = between / rest.len() + usize::from(leg < between % rest.len());
        walk.join(from, *to, steps);
        from = *to;
    }
    Ok(walk.songs)
}

/// A playlist on its way.
struct Walk<'a> {
    catalogue: &'a Catalogue,
    drift: Drift,
    songs: Vec<usize>,
    /// Recordings and versions that have been played or will be.
    taken: Taken,
    random: SplitMix64,
}

/// Songs that may not come again.
#[derive(Clone, Default)]
struct Taken {
    recordings: HashSet<TrackId>,
    versions: HashSet<usize>,
}

impl Taken {
    fn add(&mut self, entry: &Entry) {
        self.recordings.insert(entry.recording);
        self.versions.insert(entry.version);
    }

    fn has(&self, entry: &Entry) -> bool {
        self.recordings.contains(&entry.recording) || self.versions.contains(&entry.version)
    }
}

/// One of the ways that are followed at once.
#[derive(Clone)]
struct Way {
    songs: Vec<usize>,
    cost: f32,
}

impl<'a> Walk<'a> {
    fn new(catalogue: &'a Catalogue, plan: &Plan) -> Self {
        let mut taken = Taken::default();
        plan.through.iter().for_each(|song| taken.add(&catalogue.entries()[*song]));
        let drift = Drift { keep_on: plan.drift.keep_on.max(1), ..plan.drift };
        Self { catalogue, drift, songs: vec![plan.through[0]], taken, random: SplitMix64(drift.seed) }
    }

    fn entry(&self, song: usize) -> &'a Entry {
        &self.catalogue.entries()[song]
    }

    /// Goes on from the last songs until there are `length`.
    fn go_on(&mut self, length: usize) {
        while self.songs.len() < length {
            let memory = &self.songs[self.songs.len().saturating_sub(self.drift.keep_on)..];
            let mut sum = [0.0; NUMBERS];
            for song in memory {
                sum.iter_mut().zip(self.catalogue.vector(*song)).for_each(|(sum, number)| *sum += number);
            }
            let point = self.stagger(&unit(&sum).unwrap_or(sum));
            let last = self.songs[self.songs.len() - 1];
            let near = self.near(&point);
            let cost = |(song, similarity): &(usize, f32)| self.jump(last, *song) - similarity;
            let best = near
                .iter()
                .map(|found| (found.0, cost(found)))
                .reduce(|best, next| if next.1 < best.1 { next } else { best });
            let Some((song, _)) = best else { return };
            self.take(song);
        }
    }

    /// Goes to `to` by so many songs between.
    fn join(&mut self, from: usize, to: usize, steps: usize) {
        let (start, end) = (self.catalogue.vector(from), self.catalogue.vector(to));
        let mut ways = vec![Way { songs: Vec::new(), cost: 0.0 }];
        for step in 1..=steps {
            let point = self.stagger(&between(&start, &end, step as f32 / (steps + 1) as f32));
            let near = self.near(&point);
            let next: Vec<Way> = ways.iter().flat_map(|way| self.extend(way, from, &near)).collect();
            if next.is_empty() {
                break;
            }
            ways = next;
            ways.sort_by(|one, other| one.cost.total_cmp(&other.cost).then_with(|| one.songs.cmp(&other.songs)));
            ways.truncate(BEAM);
        }
        let arrive = |way: &Way| way.cost + self.jump(way.songs.last().copied().unwrap_or(from), to);
        let best = ways
            .into_iter()
            .map(|way| (arrive(&way), way))
            .reduce(|best, next| if next.0 < best.0 { next } else { best });
        best.into_iter().flat_map(|(_, way)| way.songs).for_each(|song| self.take(song));
        self.songs.push(to);
    }

    fn take(&mut self, song: usize) {
        self.taken.add(self.entry(song));
        self.songs.push(song);
    }

    /// The ways that lead on from one.
    fn extend(&self, way: &Way, from: usize, near: &[(usize, f32)]) -> Vec<Way> {
        let last = way.songs.last().copied().unwrap_or(from);
        let mut taken = Taken::default();
        way.songs.iter().for_each(|song| taken.add(self.entry(*song)));
        let free = near.iter().filter(|(song, _)| !taken.has(self.entry(*song)));
        let on = |(song, similarity): &(usize, f32)| Way {
            songs: way.songs.iter().copied().chain([*song]).collect(),
            cost: way.cost + 1.0 - similarity + self.jump(last, *song),
        };
        free.map(on).collect()
    }

    /// Songs that may come, nearest to a point, with their similarity to it.
    fn near(&self, point: &Vector) -> Vec<(usize, f32)> {
        let similarity = self.catalogue.similarity(point);
        let free = |(song, similarity): &(usize, f32)| similarity.is_finite() && !self.taken.has(self.entry(*song));
        let mut found: Vec<(usize, f32)> = similarity.into_iter().enumerate().filter(free).collect();
        let nearer = |one: &(usize, f32), other: &(usize, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if found.len() > CANDIDATES {
            found.select_nth_unstable_by(CANDIDATES, nearer);
            found.truncate(CANDIDATES);
        }
        found.sort_unstable_by(nearer);
        found
    }

    /// What it costs that one song follows another.
    fn jump(&self, one: usize, other: usize) -> f32 {
        let (one, other) = (self.entry(one), self.entry(other));
        let tempo = one
            .bpm
            .zip(other.bpm)
            .map_or(FARTHEST_TEMPO / 2.0, |(from, to)| tempo_step(from, to).0.abs().min(FARTHEST_TEMPO));
        let fifths = |(from, to): (Key, Key)| f32::from(from.fifths_from(to));
        let key = one.key.zip(other.key).map_or(2.0, fifths);
        let artist = if one.artist.is_some() && one.artist == other.artist { ARTIST_COST } else { 0.0 };
        TEMPO_COST * tempo / 0.06 + KEY_COST * key + artist
    }

    /// A point moved at random, the farther the drunker.
    fn stagger(&mut self, point: &Vector) -> Vector {
        let drunk = self.drift.drunk.clamp(0.0, 1.0);
        if drunk <= 0.0 {
            return *point;
        }
        let noise: Vector = std::array::from_fn(|_| (0..4).map(|_| self.random.centred()).sum());
        let noise = unit(&noise).unwrap_or(noise);
        let mixed: Vector = std::array::from_fn(|at| (1.0 - drunk) * point[at] + drunk * noise[at]);
        unit(&mixed).unwrap_or(*point)
    }
}

/// The point at a share of the arc from one unit vector to another.
fn between(from: &Vector, to: &Vector, share: f32) -> Vector {
    let cosine: f32 = from.iter().zip(to).map(|(from, to)| from * to).sum();
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let (own, other) =
        if angle < 1e-3 { (1.0 - share, share) } else { (((1.0 - share) * angle).sin(), (share * angle).sin()) };
    let point: Vector = std::array::from_fn(|at| own * from[at] + other * to[at]);
    unit(&point).unwrap_or(*from)
}
