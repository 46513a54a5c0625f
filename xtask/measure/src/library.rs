//! The library: how fast it listens, looks again and searches, what that takes of memory and disk, and what stays when it
//! grows or is killed.

mod killed;
mod neighbours;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use serde::Serialize;
use songweave_library::{
    error::Result,
    hearing::ear::{self, Ear},
    index::index,
    similarity::{
        catalogue::Catalogue,
        search::{Wish, query_of, suggest},
    },
    store::{FileSeen, Location, SqliteStore, Store},
    track::{Digest, Sound, Tags, Track, Vector, unit},
};

use songweave_score::random::Random;

use crate::statistics::percentile;
pub use killed::{Killed, killed};
pub use neighbours::{Kept, kept};

/// Workers that listen, as many as the figures are asked for.
const WORKERS: usize = 2;
/// Searches that are timed.
const SEARCHES: usize = 300;
/// Songs of a server's library among which it is suggested.
const NEAR: usize = 400;
/// Groups of alike songs in a made library.
const GROUPS: u64 = 200;

/// Listening to real recordings.
#[derive(Debug, Clone, Serialize)]
pub struct Listening {
    /// Recordings that were heard.
    pub heard: usize,
    /// Minutes of music in them.
    pub minutes: f64,
    /// Seconds it took.
    pub seconds: f64,
    /// Recordings a second.
    pub per_second: f64,
    /// The most memory that the process has held until then, in MB; `None` where the system does not tell.
    pub memory_mb: Option<f64>,
}

/// Looking again at files that have not changed.
#[derive(Debug, Clone, Serialize)]
pub struct Again {
    /// Files.
    pub files: usize,
    /// Seconds it took.
    pub seconds: f64,
}

/// Searching a made library.
#[derive(Debug, Clone, Serialize)]
pub struct Searching {
    /// Tracks.
    pub tracks: usize,
    /// Seconds to read them into memory.
    pub load_seconds: f64,
    /// Milliseconds of a search: the half of all stay below, and 99 of 100.
    pub p50_ms: f64,
    /// See above.
    pub p99_ms: f64,
    /// Size of the store, in MB.
    pub store_mb: f64,
    /// Memory that the tracks take, in MB; `None` where the system does not tell.
    pub memory_mb: Option<f64>,
}

/// Listens to the recordings below `music` into a fresh store in `folder`.
///
/// # Errors
/// There is nothing to read, or nowhere to write.
pub fn listen(music: &Path, folder: &Path) -> Result<Listening> {
    let mut store = SqliteStore::open(&folder.join("listened.sqlite"))?;
    let ears = (0..WORKERS).map(|_| ear::network()).collect::<Result<Vec<Box<dyn Ear>>>>()?;
    let report = index(&mut store, &[PathBuf::from(music)], ears, &mut ())?;
    let mut seconds = 0.0;
    store.tracks(false, &mut |stored| seconds += stored.track.sound.seconds)?;
    Ok(Listening {
        heard: report.heard,
        minutes: seconds / 60.0,
        seconds: report.seconds,
        per_second: report.heard as f64 / report.seconds,
        memory_mb: memory("VmHWM"),
    })
}

/// Indexes so many doubles of a recording in `folder` and times how long it takes to find that nothing has changed.
///
/// # Errors
/// The files cannot be written.
pub fn look_again(recording: &Path, folder: &Path, files: usize) -> Result<Again> {
    let music = folder.join("doubles");
    let write = |number: usize| {
        let below = music.join(format!("{:03}", number / 100));
        std::fs::create_dir_all(&below)?;
        std::fs::copy(recording, below.join(format!("{number:05}.wav"))).map(drop)
    };
    (0..files).try_for_each(write).map_err(|reason| songweave_library::error::LibraryError::io(&music, reason))?;
    let mut store = SqliteStore::open(&folder.join("again.sqlite"))?;
    let mut run = || index(&mut store, std::slice::from_ref(&music), vec![ear::network()?], &mut ());
    run()?;
    let report = run()?;
    Ok(Again { files: report.unchanged, seconds: report.seconds })
}

/// Slices of the songs that [`listen`] heard into `folder`, `[song][slice]`.
///
/// # Errors
/// The store cannot be read.
pub fn heard(folder: &Path) -> Result<Vec<Vec<Vector>>> {
    let mut songs = Vec::new();
    SqliteStore::read_only(&folder.join("listened.sqlite"))?
        .tracks(true, &mut |stored| songs.push(stored.track.sound.slices))?;
    Ok(songs)
}

/// Slices of so many made songs, `[song][slice]`.
#[must_use]
pub fn made_slices(songs: usize) -> Vec<Vec<Vector>> {
    (0..songs as u64).map(|number| made(number).0.sound.slices).collect()
}

/// Searches a library of so many made tracks at a place where there is none yet, as `songweave suggest` does.
///
/// # Errors
/// The store cannot be written.
pub fn search(location: &Location, tracks: usize, progress: &mut dyn FnMut(usize)) -> Result<Searching> {
    let mut store = location.open()?;
    for number in 0..tracks as u64 {
        let (track, vector) = made(number);
        let file = FileSeen { path: format!("/music/{number:07}.mp3"), size: 1, modified: 1 };
        store.add(&track, &vector, "made", &file)?;
        progress(number as usize + 1);
    }
    drop(store);
    let store = location.read()?;
    let before = memory("VmRSS");
    let started = Instant::now();
    let whole = Catalogue::load(&*store)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let memory_mb = memory("VmRSS").zip(before).map(|(after, before)| after - before);
    let is_server = matches!(location, Location::Server(_));
    let timed = |number: usize| {
        let query = query_of(&whole, number * 7919 % whole.entries().len().max(1));
        let started = Instant::now();
        // A server finds the nearest itself.
        let near = is_server.then(|| Catalogue::around(&*store, &query.vector, NEAR)).transpose()?;
        std::hint::black_box(suggest(near.as_ref().unwrap_or(&whole), &query, &Wish::default()));
        Ok(started.elapsed().as_secs_f64() * 1e3)
    };
    let mut times = (0..SEARCHES).map(timed).collect::<Result<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    let (p50_ms, p99_ms) = (percentile(&times, 0.5), percentile(&times, 0.99));
    Ok(Searching { tracks, load_seconds, p50_ms, p99_ms, store_mb: location.bytes() as f64 / 1e6, memory_mb })
}

/// A track as real ones are in size, near others of its group.
fn made(number: u64) -> (Track, Vector) {
    let mut own = Random::for_task(1, number);
    let mut group = Random::for_task(2, number % GROUPS);
    let centre: Vector = std::array::from_fn(|_| group.normal());
    let song: Vector = std::array::from_fn(|at| centre[at] + own.normal());
    let mut slice = || unit(&std::array::from_fn(|at| song[at] + own.normal())).unwrap_or(centre);
    let slices: Vec<Vector> = (0..6).map(|_| slice()).collect();
    let vector = unit(&song).unwrap_or(centre);
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    let sound = Sound {
        seconds: 120.0 + (number * 7_919 % 200_000) as f64 / 1e3,
        loudness: Some(-12.0),
        key: None,
        tempo: None,
        density: 2.0,
        chroma: [1.0 / 12.0; 12],
        scales: Some([1.0 / 12.0; 12]),
        power: [1e-3; 96],
        genres: [1.0 / 16.0; 16],
        slices,
        prints: vec![vec![number as u32; 75]; 3],
    };
    let tags = Tags {
        title: Some(format!("A song of the number {number}")),
        artist: Some(format!("Artist {}", number / 12)),
        album: Some(format!("Album {}", number / 6)),
    };
    (Track { digest: Digest(digest), tags, sound }, vector)
}

/// A line of what Linux tells of the process's memory, in MB.
fn memory(line: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    found.trim().split(' ').next()?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1e3)
}
