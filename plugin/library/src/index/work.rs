//! A worker: takes files, hears them, answers.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, PoisonError, mpsc::SyncSender},
    vec::IntoIter,
};

use crate::{
    error::Result,
    hearing::{self, ear::Ear},
    store::FileSeen,
    track::{Digest, Tags, Track},
};

/// What came of a file.
pub(super) struct Answer {
    pub(super) file: FileSeen,
    pub(super) outcome: Outcome,
}

/// What a file is.
pub(super) enum Outcome {
    /// A track that was heard.
    Heard(Box<Track>),
    /// A track that is known, or that another worker hears, and what the file says.
    Known(Digest, Tags),
    /// No track, and why; its digest where it has one.
    Refused(Option<Digest>, String),
}

/// Works until there is no more, or nobody waits for answers.
pub(super) fn work(
    queue: &Mutex<IntoIter<FileSeen>>,
    claimed: &Mutex<HashSet<Digest>>,
    mut ear: Box<dyn Ear>,
    answers: &SyncSender<Answer>,
) {
    while let Some(file) = next(queue) {
        let mut claim = |digest: &Digest| Ok(claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(*digest));
        let outcome = match look(&file.path, &mut claim, ear.as_mut()) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Refused(None, error.to_string()),
        };
        if answers.send(Answer { file, outcome }).is_err() {
            return;
        }
    }
}

fn next(queue: &Mutex<IntoIter<FileSeen>>) -> Option<FileSeen> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// Hears a file, unless `claim` says that its sound is known or that somebody else hears it.
///
/// # Errors
/// Those of `claim`.
pub(super) fn look(path: &str, claim: &mut dyn FnMut(&Digest) -> Result<bool>, ear: &mut dyn Ear) -> Result<Outcome> {
    // A decoder that gives up on a damaged file takes nobody else along.
    let broken =
        |_| Ok(Outcome::Refused(None, format!("{path}: the file is damaged in a way that no decoder foresaw")));
    catch_unwind(AssertUnwindSafe(|| try_to_look(Path::new(path), claim, ear))).unwrap_or_else(broken)
}

fn try_to_look(path: &Path, claim: &mut dyn FnMut(&Digest) -> Result<bool>, ear: &mut dyn Ear) -> Result<Outcome> {
    let identity = match hearing::identify(path) {
        Ok(identity) => identity,
        Err(error) => return Ok(Outcome::Refused(None, error.to_string())),
    };
    let digest = identity.digest;
    if !claim(&digest)? {
        return Ok(Outcome::Known(digest, hearing::read_tags(path)));
    }
    Ok(match hearing::hear(path, identity, ear) {
        Ok(track) => Outcome::Heard(Box::new(track)),
        Err(error) => Outcome::Refused(Some(digest), error.to_string()),
    })
}
