//! Indexing: finds the recordings in folders, hears those that are new, and keeps what was heard.
//!
//! Two kinds of threads: workers that hear, and the caller's, which alone writes. Each track is written as soon as it was
//! heard. The folders are only read.

mod shared;
mod walk;
mod work;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{
        Mutex,
        mpsc::{Receiver, sync_channel},
    },
    time::Instant,
};

use crate::{
    error::Result,
    hearing::ear::Ear,
    similarity::cells::Weights,
    store::{FileKnown, FileSeen, Store},
    track::{Digest, Tags, TrackId, Vector},
};
pub use shared::index as index_shared;
use walk::Found;
use work::{Answer, Outcome};

/// Answers that may wait to be written.
const WAITING: usize = 8;
/// Files that are linked in one go.
const BATCH: usize = 500;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Recordings that were found.
    pub found: usize,
    /// Those that have not changed since they were last looked at.
    pub unchanged: usize,
    /// Those that were heard.
    pub heard: usize,
    /// Those whose sound was known already: moved, renamed or doubled.
    pub known: usize,
    /// Files that are there no more.
    pub forgotten: usize,
    /// Files that are left out, with the reason, in the order of their paths.
    pub refused: Vec<(String, String)>,
    /// How long it took.
    pub seconds: f64,
}

/// Hears of what is going on.
pub trait Progress: Send {
    /// So many recordings are to be looked at.
    fn begin(&mut self, total: usize) {
        let _ = total;
    }

    /// One more has been looked at.
    fn step(&mut self, path: &str) {
        let _ = path;
    }

    /// All have.
    fn end(&mut self) {}
}

impl Progress for () {}

/// Indexes folders (or single files) into `store`, with one worker an ear. All ears have to be alike.
///
/// # Errors
/// A folder does not exist, or the store cannot be written to. What is wrong with single files stands in the report.
pub fn index(
    store: &mut dyn Store,
    folders: &[PathBuf],
    ears: Vec<Box<dyn Ear>>,
    progress: &mut dyn Progress,
) -> Result<Report> {
    let started = Instant::now();
    let ear = ears.first().map(|ear| ear.name()).unwrap_or_default();
    let found = walk::walk(folders)?;
    let known = store.files()?;
    let mut report = Report { found: found.files.len(), refused: found.refused.clone(), ..Report::default() };
    let work = changed(&found, &known, &ear, &mut report);
    progress.begin(work.len());
    hear_all(store, work, ears, &ear, progress, &mut report)?;
    progress.end();
    report.forgotten = forget(store, &found, &known)?;
    reweigh(store)?;
    report.refused.sort();
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// The files that have to be looked at.
fn changed(found: &Found, known: &HashMap<String, FileKnown>, ear: &str, report: &mut Report) -> Vec<FileSeen> {
    let mut work = Vec::new();
    for file in &found.files {
        match known.get(&file.path) {
            Some(known) if known.size == file.size && known.modified == file.modified => {
                match (&known.reason, &known.ear) {
                    (Some(reason), _) => report.refused.push((file.path.clone(), reason.clone())),
                    (None, Some(heard_by)) if heard_by == ear => report.unchanged += 1,
                    _ => work.push(file.clone()),
                }
            }
            _ => work.push(file.clone()),
        }
    }
    work
}

/// Hears files on as many threads as there are ears, and writes what comes of it.
fn hear_all(
    store: &mut dyn Store,
    work: Vec<FileSeen>,
    ears: Vec<Box<dyn Ear>>,
    ear: &str,
    progress: &mut dyn Progress,
    report: &mut Report,
) -> Result<()> {
    let digests = store.digests(ear)?;
    let claimed = Mutex::new(digests.keys().copied().collect::<HashSet<Digest>>());
    let queue = Mutex::new(work.into_iter());
    let (send, answers) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        for ear in ears {
            let (send, queue, claimed) = (send.clone(), &queue, &claimed);
            scope.spawn(move || work::work(queue, claimed, ear, &send));
        }
        drop(send);
        // Where writing fails the channel closes, and with it the workers end.
        write_all(store, digests, answers, ear, progress, report)
    })
}

fn write_all(
    store: &mut dyn Store,
    mut tracks: HashMap<Digest, TrackId>,
    answers: Receiver<Answer>,
    ear: &str,
    progress: &mut dyn Progress,
    report: &mut Report,
) -> Result<()> {
    let (counted, weights) = store.weights()?;
    let weights = Weights::kept(counted, weights);
    let mut failed: HashMap<Digest, String> = HashMap::new();
    // Files of a track that another worker still hears.
    let mut doubles: Vec<(FileSeen, Digest, Tags)> = Vec::new();
    let mut links: Vec<(FileSeen, TrackId, Tags)> = Vec::new();
    for Answer { file, outcome } in answers {
        progress.step(&file.path);
        match outcome {
            Outcome::Heard(track) => {
                let vector = weights.song(&track.sound.slices);
                tracks.insert(track.digest, store.add(&track, &vector, ear, &file)?);
                report.heard += 1;
            }
            Outcome::Known(digest, tags) => doubles.push((file, digest, tags)),
            Outcome::Refused(digest, reason) => {
                failed.extend(digest.map(|digest| (digest, reason.clone())));
                store.refuse(&file, &reason)?;
                report.refused.push((file.path, reason));
            }
        }
        let before = links.len();
        let mut link = |(file, digest, tags)| match tracks.get(&digest) {
            Some(track) => {
                links.push((file, *track, tags));
                None
            }
            None => Some((file, digest, tags)),
        };
        doubles = doubles.into_iter().filter_map(&mut link).collect();
        report.known += links.len() - before;
        if links.len() >= BATCH {
            store.link(&std::mem::take(&mut links))?;
        }
    }
    store.link(&links)?;
    for (file, digest, _) in doubles {
        let reason =
            failed.get(&digest).cloned().unwrap_or_else(|| format!("{}: its double could not be heard", file.path));
        store.refuse(&file, &reason)?;
        report.refused.push((file.path, reason));
    }
    Ok(())
}

/// Forgets files below the folders that are not there any more.
fn forget(store: &mut dyn Store, found: &Found, known: &HashMap<String, FileKnown>) -> Result<usize> {
    let there: HashSet<&str> = found.files.iter().map(|file| &*file.path).collect();
    let gone = |path: &&String| !there.contains(&***path) && found.covers(path);
    let gone: Vec<String> = known.keys().filter(gone).cloned().collect();
    if !gone.is_empty() {
        store.forget(&gone)?;
    }
    Ok(gone.len())
}

/// Weighs the codebook anew where the library has outgrown its weights.
fn reweigh(store: &mut dyn Store) -> Result<()> {
    let (counted, weights) = store.weights()?;
    if !Weights::kept(counted, weights).due(store.counts()?.0) {
        return Ok(());
    }
    let mut slices = Vec::new();
    store.tracks(true, &mut |stored| slices.push((stored.id, stored.track.sound.slices)))?;
    let weights = Weights::count(slices.iter().map(|(_, slices)| &**slices));
    let vectors: Vec<(TrackId, Vector)> = slices.iter().map(|(id, slices)| (*id, weights.song(slices))).collect();
    store.reweigh(weights.counted(), weights.values(), &vectors)
}
