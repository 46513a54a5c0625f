//! The embedded store: one `SQLite` file beside which its log lies while it is written to.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, Transaction, params};
use songweave_engine::follow::{key::Key, tempo::TempoEstimate};

use super::{
    FileKnown, FileSeen, Saved, Store, Stored,
    packing::{pack, pack_prints, pack_slices, unpack, unpack_prints, unpack_slices},
    recording::{Other, SAME_LENGTH, is_same},
    schema,
};
use crate::{
    error::{LibraryError, Result},
    track::{Digest, Sound, Tags, Track, TrackId, Vector},
};

/// How long a call waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Columns of a track; those behind the bar only where everything is wanted.
const SHORT: &str = "t.id, t.digest, t.title, t.artist, t.album, t.seconds, t.loudness, t.tonic, t.minor, t.bpm, t.bpm_confidence, \
     t.density, t.chroma, t.scales, t.genres, t.vector, t.recording, t.x, t.y, f.path";
const LONG: &str = "t.power, t.slices, t.prints";

/// A library in an `SQLite` file.
pub struct SqliteStore {
    path: PathBuf,
    connection: Connection,
}

impl SqliteStore {
    /// Opens the library at `path` to write, and makes it where there is none.
    ///
    /// # Errors
    /// The file or its folder cannot be written to, is no library, or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|reason| LibraryError::io(folder, reason))?;
        }
        let connection = Connection::open(path).map_err(|error| failure(path, &error))?;
        let mut store = Self { path: path.to_owned(), connection };
        store.prepare().map_err(|error| failure(path, &error))?;
        let found = schema::layout(&store.connection).map_err(|error| failure(path, &error))?;
        schema::check(path, found)?;
        schema::migrate(&mut store.connection, found).map_err(|error| failure(path, &error))?;
        Ok(store)
    }

    /// Opens the library at `path` to read, while others may write. One of an older version is brought up to date first.
    ///
    /// # Errors
    /// There is none, it cannot be read, or was written by a newer version.
    pub fn read_only(path: &Path) -> Result<Self> {
        match Self::look(path, PATIENCE) {
            Err(LibraryError::Older(_)) => Self::open(path),
            opened => opened,
        }
    }

    /// Opens the library at `path` to read and never to write; a call waits so long for others that write.
    ///
    /// # Errors
    /// There is none, it cannot be read, or was written by another version.
    pub fn look(path: &Path, patience: Duration) -> Result<Self> {
        if !path.is_file() {
            return Err(LibraryError::NoLibrary(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| failure(path, &error))?;
        connection.busy_timeout(patience).map_err(|error| failure(path, &error))?;
        let found = schema::layout(&connection).map_err(|error| failure(path, &error))?;
        schema::check(path, found)?;
        if found < schema::NEWEST {
            Err(LibraryError::Older(path.to_owned()))
        } else {
            Ok(Self { path: path.to_owned(), connection })
        }
    }

    /// A number that is another one after others have written.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn version(&self) -> Result<i64> {
        self.read(|connection| connection.query_row("PRAGMA data_version", [], |row| row.get(0)))
    }

    fn prepare(&mut self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(PATIENCE)?;
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        // A power cut may take the last tracks, never the store.
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        self.connection.pragma_update(None, "foreign_keys", true)
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        work(&self.connection).map_err(|error| failure(&self.path, &error))
    }

    fn write<T>(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T> {
        let (path, connection) = (&self.path, &mut self.connection);
        let all = || {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        all().map_err(|error| failure(path, &error))
    }
}

fn failure(path: &Path, error: &rusqlite::Error) -> LibraryError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => LibraryError::Busy(path.to_owned()),
        Some(ErrorCode::NotADatabase) => {
            LibraryError::Store { path: path.to_owned(), reason: "the file is no library of Songweave's".to_owned() }
        }
        _ => LibraryError::Store { path: path.to_owned(), reason: error.to_string() },
    }
}

fn note(
    transaction: &Transaction,
    file: &FileSeen,
    track: Option<TrackId>,
    reason: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO files (path, size, modified, track, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![file.path, file.size as i64, file.modified, track.map(|track| track.0), reason];
    transaction.prepare(sql)?.execute(row).map(drop)
}

/// The first track whose recording this one is.
fn recording(transaction: &Transaction, track: &Track, vector: &Vector) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT recording, vector, prints, chroma FROM tracks WHERE seconds BETWEEN ?1 AND ?2 AND digest != ?3 ORDER BY id";
    let mut statement = transaction.prepare(sql)?;
    let seconds = track.sound.seconds;
    let mut rows = statement.query(params![seconds - SAME_LENGTH, seconds + SAME_LENGTH, &track.digest.0[..]])?;
    while let Some(row) = rows.next()? {
        let prints = row.get_ref(2)?.as_blob()?;
        let other = Other { vector: unpack(row.get_ref(1)?.as_blob()?), chroma: unpack(row.get_ref(3)?.as_blob()?) };
        if is_same(track, vector, &other, || unpack_prints(prints)) {
            return row.get(0).map(Some);
        }
    }
    Ok(None)
}

fn insert(transaction: &Transaction, track: &Track, vector: &Vector, ear: &str) -> rusqlite::Result<TrackId> {
    let (tags, sound) = (&track.tags, &track.sound);
    let recording = recording(transaction, track, vector)?;
    let sql = "INSERT INTO tracks (digest, ear, title, artist, album, seconds, loudness, tonic, minor, bpm, bpm_confidence, \
               density, chroma, scales, power, genres, slices, prints, vector, recording) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) \
               ON CONFLICT (digest) DO UPDATE SET ear = ?2, title = ?3, artist = ?4, album = ?5, seconds = ?6, loudness = ?7, \
               tonic = ?8, minor = ?9, bpm = ?10, bpm_confidence = ?11, density = ?12, chroma = ?13, scales = ?14, power = ?15, \
               genres = ?16, slices = ?17, prints = ?18, vector = ?19, recording = CASE ?20 WHEN 0 THEN id ELSE ?20 END, \
               x = NULL, y = NULL RETURNING id";
    let id: i64 = transaction.prepare(sql)?.query_row(
        params![
            &track.digest.0[..],
            ear,
            tags.title,
            tags.artist,
            tags.album,
            sound.seconds,
            sound.loudness,
            sound.key.map(|key| key.tonic),
            sound.key.map(|key| key.minor),
            sound.tempo.map(|tempo| tempo.bpm),
            sound.tempo.map(|tempo| tempo.confidence),
            sound.density,
            pack(&sound.chroma),
            sound.scales.map(|scales| pack(&scales)),
            pack(&sound.power),
            pack(&sound.genres),
            pack_slices(&sound.slices),
            pack_prints(&sound.prints),
            pack(vector),
            recording.unwrap_or(0),
        ],
        |row| row.get(0),
    )?;
    transaction.execute("UPDATE tracks SET recording = id WHERE id = ?1 AND recording = 0", [id])?;
    Ok(TrackId(id))
}

/// A row of [`SHORT`], and of [`LONG`] behind it where `whole`; `None` where its numbers are none.
fn stored(row: &Row, whole: bool) -> rusqlite::Result<Option<Stored>> {
    let digest: [u8; 32] = row.get(1)?;
    let tonic: Option<u8> = row.get(7)?;
    let bpm: Option<f32> = row.get(9)?;
    let minor = row.get::<_, Option<bool>>(8)?.unwrap_or_default();
    let confidence = row.get::<_, Option<f32>>(10)?.unwrap_or_default();
    let blob = |column: usize| row.get_ref(column).and_then(|cell| Ok(cell.as_blob()?));
    let scales = row.get_ref(13)?.as_blob_or_null()?;
    let (Some(chroma), Some(genres), Some(vector)) = (unpack(blob(12)?), unpack(blob(14)?), unpack(blob(15)?)) else {
        return Ok(None);
    };
    let sound = Sound {
        seconds: row.get(5)?,
        loudness: row.get(6)?,
        key: tonic.map(|tonic| Key { tonic: tonic % 12, minor }),
        tempo: bpm.filter(|bpm| *bpm > 0.0).map(|bpm| TempoEstimate { bpm, confidence, phase: 0.0 }),
        density: row.get(11)?,
        chroma,
        scales: scales.and_then(unpack),
        power: if whole { unpack(blob(20)?).unwrap_or([0.0; _]) } else { [0.0; _] },
        genres,
        slices: if whole { unpack_slices(blob(21)?) } else { Vec::new() },
        prints: if whole { unpack_prints(blob(22)?) } else { Vec::new() },
    };
    let place: (Option<f32>, Option<f32>) = (row.get(17)?, row.get(18)?);
    Ok(Some(Stored {
        id: TrackId(row.get(0)?),
        track: Track {
            digest: Digest(digest),
            tags: Tags { title: row.get(2)?, artist: row.get(3)?, album: row.get(4)? },
            sound,
        },
        vector,
        recording: TrackId(row.get(16)?),
        path: row.get(19)?,
        place: place.0.zip(place.1).map(|(x, y)| [x, y]),
    }))
}

/// Tracks with the first of their files.
fn select(whole: bool, condition: &str) -> String {
    let more = if whole { format!("{SHORT}, {LONG}") } else { SHORT.to_owned() };
    format!(
        "SELECT {more} FROM tracks t JOIN files f ON f.path = (SELECT min(path) FROM files WHERE track = t.id) {condition} ORDER BY t.id"
    )
}

impl Store for SqliteStore {
    fn files(&self) -> Result<HashMap<String, FileKnown>> {
        self.read(|connection| {
            let sql =
                "SELECT f.path, f.size, f.modified, f.reason, t.ear FROM files f LEFT JOIN tracks t ON t.id = f.track";
            let mut statement = connection.prepare(sql)?;
            let file = |row: &Row| {
                let size: i64 = row.get(1)?;
                Ok((
                    row.get(0)?,
                    FileKnown { size: size as u64, modified: row.get(2)?, reason: row.get(3)?, ear: row.get(4)? },
                ))
            };
            statement.query_map([], file)?.collect()
        })
    }

    fn digests(&self, ear: &str) -> Result<HashMap<Digest, TrackId>> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT digest, id FROM tracks WHERE ear = ?1")?;
            statement.query_map([ear], |row| Ok((Digest(row.get(0)?), TrackId(row.get(1)?))))?.collect()
        })
    }

    fn add(&mut self, track: &Track, vector: &Vector, ear: &str, file: &FileSeen) -> Result<TrackId> {
        self.write(|transaction| {
            let id = insert(transaction, track, vector, ear)?;
            note(transaction, file, Some(id), None)?;
            Ok(id)
        })
    }

    fn link(&mut self, files: &[(FileSeen, TrackId, Tags)]) -> Result<()> {
        self.write(|transaction| {
            let mut name =
                transaction.prepare("UPDATE tracks SET title = ?2, artist = ?3, album = ?4 WHERE id = ?1")?;
            files.iter().try_for_each(|(file, track, tags)| {
                if *tags != Tags::default() {
                    name.execute(params![track.0, tags.title, tags.artist, tags.album])?;
                }
                note(transaction, file, Some(*track), None)
            })
        })
    }

    fn refuse(&mut self, file: &FileSeen, reason: &str) -> Result<()> {
        self.write(|transaction| note(transaction, file, None, Some(reason)))
    }

    fn forget(&mut self, paths: &[String]) -> Result<()> {
        self.write(|transaction| {
            let mut statement = transaction.prepare("DELETE FROM files WHERE path = ?1")?;
            paths.iter().try_for_each(|path| statement.execute([path]).map(drop))
        })
    }

    fn tracks(&self, whole: bool, each: &mut dyn FnMut(Stored)) -> Result<()> {
        self.read(|connection| {
            let mut statement = connection.prepare(&select(whole, ""))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if let Some(track) = stored(row, whole)? {
                    each(track);
                }
            }
            Ok(())
        })
    }

    fn track(&self, id: TrackId) -> Result<Option<Stored>> {
        self.read(|connection| {
            let mut statement = connection.prepare(&select(true, "WHERE t.id = ?1"))?;
            Ok(statement.query_row([id.0], |row| stored(row, true)).optional()?.flatten())
        })
    }

    fn find(&self, path: &str, digest: Option<&Digest>) -> Result<Option<TrackId>> {
        self.read(|connection| {
            let by_path = "SELECT track FROM files WHERE path = ?1 AND track IS NOT NULL";
            let by_digest = "SELECT id FROM tracks WHERE digest = ?1";
            let id = match digest {
                Some(digest) => connection.query_row(by_digest, [&digest.0[..]], |row| row.get(0)).optional()?,
                None => connection.query_row(by_path, [path], |row| row.get(0)).optional()?,
            };
            Ok(id.map(TrackId))
        })
    }

    fn counts(&self) -> Result<(usize, usize)> {
        self.read(|connection| {
            let sql = "SELECT count(DISTINCT track), count(*) FILTER (WHERE reason IS NOT NULL) FROM files";
            connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)? as usize, row.get::<_, i64>(1)? as usize)))
        })
    }

    fn weights(&self) -> Result<(usize, Vec<f32>)> {
        self.read(|connection| {
            let counted =
                connection.query_row("SELECT tracks FROM counted", [], |row| row.get::<_, i64>(0)).optional()?;
            let mut statement = connection.prepare("SELECT weight FROM weights ORDER BY cell")?;
            let weights = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok((counted.unwrap_or(0) as usize, weights))
        })
    }

    fn reweigh(&mut self, counted: usize, weights: &[f32], vectors: &[(TrackId, Vector)]) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("INSERT OR REPLACE INTO counted (only, tracks) VALUES (0, ?1)", [counted as i64])?;
            let mut weigh = transaction.prepare("INSERT OR REPLACE INTO weights (cell, weight) VALUES (?1, ?2)")?;
            for (cell, weight) in weights.iter().enumerate() {
                weigh.execute(params![cell as i64, weight])?;
            }
            let mut turn = transaction.prepare("UPDATE tracks SET vector = ?2 WHERE id = ?1")?;
            vectors.iter().try_for_each(|(id, vector)| turn.execute(params![id.0, pack(vector)]).map(drop))
        })
    }

    fn place(&mut self, places: &[(TrackId, [f32; 2])]) -> Result<()> {
        self.write(|transaction| {
            let mut statement = transaction.prepare("UPDATE tracks SET x = ?2, y = ?3 WHERE id = ?1")?;
            places.iter().try_for_each(|(id, [x, y])| statement.execute(params![id.0, x, y]).map(drop))
        })
    }

    fn playlists(&self) -> Result<Vec<Saved>> {
        self.read(|connection| {
            let mut lists = connection.prepare("SELECT id, name FROM playlists ORDER BY name")?;
            let mut tracks =
                connection.prepare("SELECT track FROM playlist_tracks WHERE playlist = ?1 ORDER BY position")?;
            let named = lists.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let list = |named: rusqlite::Result<(i64, String)>| {
                let (id, name) = named?;
                let ids = tracks.query_map([id], |row| row.get(0).map(TrackId))?.collect::<rusqlite::Result<_>>()?;
                Ok(Saved { id, name, tracks: ids })
            };
            named.map(list).collect()
        })
    }

    fn save_playlist(&mut self, name: &str, tracks: &[TrackId]) -> Result<i64> {
        self.write(|transaction| {
            let sql =
                "INSERT INTO playlists (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET name = ?1 RETURNING id";
            let id: i64 = transaction.query_row(sql, [name], |row| row.get(0))?;
            transaction.execute("DELETE FROM playlist_tracks WHERE playlist = ?1", [id])?;
            let mut statement =
                transaction.prepare("INSERT INTO playlist_tracks (playlist, position, track) VALUES (?1, ?2, ?3)")?;
            for (position, track) in tracks.iter().enumerate() {
                statement.execute(params![id, position as i64, track.0])?;
            }
            Ok(id)
        })
    }

    fn examine(&self) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
            let found: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(found.into_iter().filter(|line| line != "ok").collect())
        })
    }
}
