//! The layout of the embedded store, and the steps from every earlier one.

use std::path::Path;

use rusqlite::Connection;

use crate::error::{LibraryError, Result};

/// Steps of the layout: the first makes it, each other brings it one further. Never changed once released.
const STEPS: [&str; 1] = ["
    CREATE TABLE tracks (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        ear TEXT NOT NULL,
        title TEXT, artist TEXT, album TEXT,
        seconds REAL NOT NULL,
        loudness REAL,
        tonic INTEGER, minor INTEGER,
        bpm REAL, bpm_confidence REAL,
        density REAL NOT NULL,
        chroma BLOB NOT NULL,
        scales BLOB,
        power BLOB NOT NULL,
        genres BLOB NOT NULL,
        slices BLOB NOT NULL,
        prints BLOB NOT NULL,
        vector BLOB NOT NULL,
        recording INTEGER NOT NULL,
        x REAL, y REAL
    );
    CREATE INDEX tracks_by_length ON tracks (seconds);
    CREATE TABLE files (
        path TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        track INTEGER REFERENCES tracks (id),
        reason TEXT
    ) WITHOUT ROWID;
    CREATE INDEX files_by_track ON files (track);
    CREATE TABLE weights (cell INTEGER PRIMARY KEY, weight REAL NOT NULL);
    CREATE TABLE counted (only INTEGER PRIMARY KEY CHECK (only = 0), tracks INTEGER NOT NULL);
    CREATE TABLE playlists (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE playlist_tracks (
        playlist INTEGER NOT NULL REFERENCES playlists (id),
        position INTEGER NOT NULL,
        track INTEGER NOT NULL REFERENCES tracks (id),
        PRIMARY KEY (playlist, position)
    ) WITHOUT ROWID;
"];

/// The newest layout.
pub(super) const NEWEST: i64 = STEPS.len() as i64;

/// The layout of a store; 0 for a new one.
pub(super) fn layout(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Refuses the store of a newer version.
pub(super) fn check(path: &Path, found: i64) -> Result<()> {
    let newer = || LibraryError::Newer { path: path.to_owned(), found, known: NEWEST };
    if (0..=NEWEST).contains(&found) { Ok(()) } else { Err(newer()) }
}

/// Brings the store from layout `found` to the newest one, each step whole or not at all.
pub(super) fn migrate(connection: &mut Connection, found: i64) -> rusqlite::Result<()> {
    for (step, commands) in STEPS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(commands)?;
        transaction.pragma_update(None, "user_version", step as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
