//! The layout of the shared store, and the steps from every earlier one.

use postgres::{Client, Error, Transaction};

/// Held while the layout is brought up to date.
const LAYOUT_LOCK: i64 = 0x536f_6e67_0001;

/// Steps of the layout: the first makes it, each other brings it one further. Never changed once released. Paths are compared byte by
/// byte, as in the embedded store.
const STEPS: [&str; 1] = ["
    CREATE TABLE tracks (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        digest BYTEA NOT NULL UNIQUE,
        ear TEXT NOT NULL,
        title TEXT, artist TEXT, album TEXT,
        seconds DOUBLE PRECISION NOT NULL,
        loudness REAL,
        tonic SMALLINT, minor BOOLEAN,
        bpm REAL, bpm_confidence REAL,
        density REAL NOT NULL,
        chroma BYTEA NOT NULL,
        scales BYTEA,
        power BYTEA NOT NULL,
        genres BYTEA NOT NULL,
        slices BYTEA NOT NULL,
        prints BYTEA NOT NULL,
        vector VECTOR(100) NOT NULL,
        recording BIGINT NOT NULL,
        x REAL, y REAL
    );
    CREATE INDEX tracks_by_vector ON tracks USING hnsw (vector vector_cosine_ops);
    CREATE TABLE files (
        path TEXT COLLATE \"C\" PRIMARY KEY,
        size BIGINT NOT NULL,
        modified BIGINT NOT NULL,
        track BIGINT REFERENCES tracks (id),
        reason TEXT
    );
    CREATE INDEX files_by_track ON files (track, path);
    CREATE TABLE work (
        path TEXT COLLATE \"C\" PRIMARY KEY,
        size BIGINT NOT NULL,
        modified BIGINT NOT NULL
    );
    CREATE TABLE weights (cell INTEGER PRIMARY KEY, weight REAL NOT NULL);
    CREATE TABLE counted (only_one INTEGER PRIMARY KEY CHECK (only_one = 0), tracks BIGINT NOT NULL);
    CREATE TABLE playlists (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL UNIQUE);
    CREATE TABLE playlist_tracks (
        playlist BIGINT NOT NULL REFERENCES playlists (id),
        position BIGINT NOT NULL,
        track BIGINT NOT NULL REFERENCES tracks (id),
        PRIMARY KEY (playlist, position)
    );
"];

/// The newest layout.
pub(super) const NEWEST: i64 = STEPS.len() as i64;

/// The layout of the database; 0 where there is no library in it.
pub(super) fn layout(client: &mut Client) -> Result<i64, Error> {
    let there = client.query_one("SELECT to_regclass('songweave.layout') IS NOT NULL", &[])?;
    if !there.get::<_, bool>(0) {
        return Ok(0);
    }
    let row = client.query_opt("SELECT version FROM songweave.layout", &[])?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// Brings the database from its layout to the newest one, each step whole or not at all, whoever else tries the same.
pub(super) fn migrate(client: &mut Client) -> Result<(), Error> {
    if layout(client)? >= NEWEST {
        return Ok(());
    }
    let mut transaction = client.transaction()?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LAYOUT_LOCK])?;
    transaction.batch_execute(
        "CREATE EXTENSION IF NOT EXISTS vector; CREATE SCHEMA IF NOT EXISTS songweave; \
         CREATE TABLE IF NOT EXISTS songweave.layout (version BIGINT NOT NULL)",
    )?;
    let found = transaction.query_opt("SELECT version FROM songweave.layout", &[])?.map_or(0, |row| row.get(0));
    step_on(&mut transaction, found)?;
    transaction.commit()
}

fn step_on(transaction: &mut Transaction<'_>, found: i64) -> Result<(), Error> {
    for commands in STEPS.iter().skip(found as usize) {
        transaction.batch_execute(commands)?;
    }
    transaction.execute("DELETE FROM songweave.layout", &[])?;
    transaction.execute("INSERT INTO songweave.layout (version) VALUES ($1)", &[&NEWEST]).map(drop)
}
