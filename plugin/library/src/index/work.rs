//! A worker: takes files, hears them, answers.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, PoisonError, mpsc::SyncSender},
    vec::IntoIter,
};

use crate::{
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
        // A decoder that gives up on a damaged file takes nobody else along.
        let path = Path::new(&file.path);
        let outcome = catch_unwind(AssertUnwindSafe(|| look(path, claimed, ear.as_mut())));
        let broken =
            |_| Outcome::Refused(None, format!("{}: the file is damaged in a way that no decoder foresaw", file.path));
        let outcome = outcome.unwrap_or_else(broken);
        if answers.send(Answer { file, outcome }).is_err() {
            return;
        }
    }
}

fn next(queue: &Mutex<IntoIter<FileSeen>>) -> Option<FileSeen> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

fn look(path: &Path, claimed: &Mutex<HashSet<Digest>>, ear: &mut dyn Ear) -> Outcome {
    let identity = match hearing::identify(path) {
        Ok(identity) => identity,
        Err(error) => return Outcome::Refused(None, error.to_string()),
    };
    let digest = identity.digest;
    if !claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(digest) {
        return Outcome::Known(digest, hearing::read_tags(path));
    }
    match hearing::hear(path, identity, ear) {
        Ok(track) => Outcome::Heard(Box::new(track)),
        Err(error) => Outcome::Refused(Some(digest), error.to_string()),
    }
}
