//! Indexing into a store that many share: what has changed is written down for all, and each worker takes from it by a
//! connection of its own until nothing is left, whoever wrote it down.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{
    Progress, Report, changed, forget, reweigh, walk,
    work::{Outcome, look},
};
use crate::{
    error::Result,
    hearing::ear::Ear,
    store::{PostgresStore, Server, Store},
    track::Digest,
};

/// How long a worker waits where all that is left is in others' hands: one of them may die.
const PAUSE: Duration = Duration::from_millis(200);

/// Indexes folders (or single files) into the store on `server`, with one worker an ear, together with all other programs that do. All
/// ears have to be alike, and the folders have to have the same paths on all machines. Numbers of the report are this program's.
///
/// # Errors
/// A folder does not exist, or the server cannot be written to. What is wrong with single files stands in the report.
pub fn index(
    server: &Server,
    folders: &[PathBuf],
    ears: Vec<Box<dyn Ear>>,
    progress: &mut dyn Progress,
) -> Result<Report> {
    let started = Instant::now();
    let ear = ears.first().map(|ear| ear.name()).unwrap_or_default();
    let found = walk::walk(folders)?;
    let mut store = PostgresStore::open(server)?;
    let known = store.files()?;
    let mut report = Report { found: found.files.len(), refused: found.refused.clone(), ..Report::default() };
    store.queue(&changed(&found, &known, &ear, &mut report), &ear)?;
    progress.begin(store.waiting(&found.roots)?);
    let shared: Mutex<(&mut Report, &mut dyn Progress)> = Mutex::new((&mut report, &mut *progress));
    thread::scope(|scope| {
        let workers: Vec<_> = ears
            .into_iter()
            .map(|ear| {
                let (shared, roots) = (&shared, &found.roots);
                scope.spawn(move || work(server, roots, ear, shared))
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))
    })?;
    progress.end();
    report.forgotten = forget(&mut store, &found, &known)?;
    store.alone(|store| reweigh(store))?;
    report.refused.sort();
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// Works until nothing is left, neither for it nor for anybody else.
fn work(
    server: &Server,
    roots: &[String],
    mut ear: Box<dyn Ear>,
    shared: &Mutex<(&mut Report, &mut dyn Progress)>,
) -> Result<()> {
    let mut store = PostgresStore::open(server)?;
    let name = ear.name();
    loop {
        let Some(mut taken) = store.take(roots)? else {
            if store.waiting(roots)? == 0 {
                return Ok(());
            }
            thread::sleep(PAUSE);
            continue;
        };
        let path = taken.file.path.clone();
        let outcome = look(&path, &mut |digest: &Digest| taken.claim(digest, &name), ear.as_mut())?;
        match &outcome {
            Outcome::Heard(track) => taken.heard(track, &name)?,
            Outcome::Known(digest, tags) => taken.known(digest, tags)?,
            Outcome::Refused(_, reason) => taken.refused(reason)?,
        }
        let (report, progress) = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner);
        progress.step(&path);
        match outcome {
            Outcome::Heard(_) => report.heard += 1,
            Outcome::Known(..) => report.known += 1,
            Outcome::Refused(_, reason) => report.refused.push((path, reason)),
        }
    }
}
