//! The shared store: a `PostgreSQL` server with pgvector, for libraries that one machine does not hold or hear.
//!
//! Any number of programs write at once. What there is to hear stands in a table, from which each worker takes a file by locking
//! its row (`FOR UPDATE SKIP LOCKED`) until what was heard is written with it, in one transaction. A worker that dies, or whose
//! machine does, loses its connection and with it the lock, so another takes the file.

mod rows;
mod schema;
mod work;

use std::{cell::RefCell, collections::HashMap, fmt, path::PathBuf};

use pgvector::Vector as Column;
use postgres::{
    Client, Config, Error, NoTls, Transaction, config::Host, error::SqlState, fallible_iterator::FallibleIterator,
};

use super::{FileKnown, FileSeen, Saved, Store, Stored};
use crate::{
    error::{LibraryError, Result},
    track::{Digest, Tags, Track, TrackId, Vector},
};
pub use work::Taken;

/// Held while tracks are added or weighed, so that each sees all before it: recordings that are the same are found, and no track keeps
/// old weights.
const WRITE_LOCK: i64 = 0x536f_6e67_0002;
/// What holds for a connection. Whoever does not answer for a minute is taken for dead; a file may take long to hear; as many
/// neighbours are looked at as pgvector allows.
const SESSION: &str = "SET search_path = songweave, public; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; \
     SET tcp_keepalives_count = 3; SET idle_in_transaction_session_timeout = 0; SET client_min_messages = warning";

/// A server and who asks it.
#[derive(Clone)]
pub struct Server(Config);

impl Server {
    /// The server of an address, as in `postgres://user:password@host:5432/name`.
    ///
    /// # Errors
    /// It is none.
    pub fn of(address: &str) -> Result<Self> {
        let config: std::result::Result<Config, _> = address.parse();
        // The address is not repeated, since it may hold a password.
        let config = config.map_err(|error| {
            LibraryError::Ask(format!(
                "the address of the server cannot be read ({error}); write postgres://USER@HOST/NAME"
            ))
        })?;
        let mut server = Self(config);
        server.0.application_name("songweave").connect_timeout(std::time::Duration::from_secs(10));
        Ok(server)
    }

    fn connect(&self) -> Result<Client> {
        let mut client = self.0.connect(NoTls).map_err(|error| self.failure(&error))?;
        client.batch_execute(SESSION).map_err(|error| self.failure(&error))?;
        Ok(client)
    }

    fn failure(&self, error: &Error) -> LibraryError {
        let mut reason = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        if let (None, Some(cause)) = (error.as_db_error(), std::error::Error::source(error)) {
            reason = format!("{reason}: {cause}");
        }
        let hint = if error.code() == Some(&SqlState::UNDEFINED_FILE) || reason.contains("\"vector\"") {
            "install pgvector on the server, see docs/cluster.md"
        } else {
            "see that it runs, that the address is right, and `songweave doctor`"
        };
        LibraryError::Server { place: self.to_string(), reason, hint }
    }
}

impl fmt::Display for Server {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.0.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => folder.display().to_string(),
            None => "localhost".to_owned(),
        };
        let name = self.0.get_dbname().or_else(|| self.0.get_user()).unwrap_or_default();
        write!(formatter, "postgres://{host}/{name}")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// A library on a server, by a connection of its own.
pub struct PostgresStore {
    server: Server,
    client: RefCell<Client>,
}

impl PostgresStore {
    /// Connects to write, and makes the library where there is none.
    ///
    /// # Errors
    /// The server cannot be reached, has no pgvector, or the library was written by a newer version.
    pub fn open(server: &Server) -> Result<Self> {
        let mut client = server.connect()?;
        check(server, &mut client)?;
        schema::migrate(&mut client).map_err(|error| server.failure(&error))?;
        Ok(Self { server: server.clone(), client: RefCell::new(client) })
    }

    /// Connects to read. A library of an older version is brought up to date first.
    ///
    /// # Errors
    /// As [`PostgresStore::open`], or there is no library.
    pub fn read_only(server: &Server) -> Result<Self> {
        match check(server, &mut server.connect()?)? {
            0 => Err(LibraryError::NoLibrary(PathBuf::from(server.to_string()))),
            _ => Self::open(server),
        }
    }

    /// Bytes that the library takes on the server, indices included.
    ///
    /// # Errors
    /// The server cannot be asked.
    pub fn bytes(&self) -> Result<u64> {
        let sql = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c \
                   JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'songweave' AND c.relkind = 'r'";
        self.read(|client| Ok(client.query_one(sql, &[])?.get::<_, i64>(0) as u64))
    }

    fn read<T>(&self, work: impl FnOnce(&mut Client) -> std::result::Result<T, Error>) -> Result<T> {
        work(&mut self.client.borrow_mut()).map_err(|error| self.server.failure(&error))
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut Transaction<'_>) -> std::result::Result<T, Error>) -> Result<T> {
        let client = self.client.get_mut();
        let all = || {
            let mut transaction = client.transaction()?;
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&WRITE_LOCK])?;
            let done = work(&mut transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        all().map_err(|error| self.server.failure(&error))
    }
}

/// The layout of the library on the server, unless it is newer than is known here.
fn check(server: &Server, client: &mut Client) -> Result<i64> {
    let found = schema::layout(client).map_err(|error| server.failure(&error))?;
    let newer = || LibraryError::Newer { path: PathBuf::from(server.to_string()), found, known: schema::NEWEST };
    if found <= schema::NEWEST { Ok(found) } else { Err(newer()) }
}

fn weights(rows: &[postgres::Row]) -> Vec<f32> {
    rows.iter().map(|row| row.get(0)).collect()
}

const COUNTED: &str = "SELECT tracks FROM counted";
const WEIGHTS: &str = "SELECT weight FROM weights ORDER BY cell";

impl Store for PostgresStore {
    fn files(&self) -> Result<HashMap<String, FileKnown>> {
        let sql =
            "SELECT f.path, f.size, f.modified, f.reason, t.ear FROM files f LEFT JOIN tracks t ON t.id = f.track";
        self.read(|client| {
            let known = |row: postgres::Row| {
                let size = row.get::<_, i64>(1) as u64;
                (row.get(0), FileKnown { size, modified: row.get(2), reason: row.get(3), ear: row.get(4) })
            };
            Ok(client.query(sql, &[])?.into_iter().map(known).collect())
        })
    }

    fn digests(&self, ear: &str) -> Result<HashMap<Digest, TrackId>> {
        self.read(|client| {
            let rows = client.query("SELECT digest, id FROM tracks WHERE ear = $1", &[&ear])?;
            let digest =
                |row: &postgres::Row| Some((Digest(row.get::<_, &[u8]>(0).try_into().ok()?), TrackId(row.get(1))));
            Ok(rows.iter().filter_map(digest).collect())
        })
    }

    fn add(&mut self, track: &Track, vector: &Vector, ear: &str, file: &FileSeen) -> Result<TrackId> {
        self.write(|transaction| {
            let id = rows::insert(transaction, track, vector, ear)?;
            rows::note(transaction, file, Some(id), None)?;
            Ok(id)
        })
    }

    fn link(&mut self, files: &[(FileSeen, TrackId, Tags)]) -> Result<()> {
        self.write(|transaction| {
            files.iter().try_for_each(|(file, track, tags)| {
                if *tags != Tags::default() {
                    rows::name(transaction, *track, tags)?;
                }
                rows::note(transaction, file, Some(*track), None)
            })
        })
    }

    fn refuse(&mut self, file: &FileSeen, reason: &str) -> Result<()> {
        self.write(|transaction| rows::note(transaction, file, None, Some(reason)))
    }

    fn forget(&mut self, paths: &[String]) -> Result<()> {
        self.write(|transaction| transaction.execute("DELETE FROM files WHERE path = ANY($1)", &[&paths]).map(drop))
    }

    fn tracks(&self, whole: bool, each: &mut dyn FnMut(Stored)) -> Result<()> {
        self.read(|client| {
            let sql = format!("{} ORDER BY t.id", rows::select(whole, "tracks"));
            let mut found = client.query_raw(&sql, std::iter::empty::<i64>())?;
            while let Some(row) = found.next()? {
                rows::stored(&row, whole).into_iter().for_each(&mut *each);
            }
            Ok(())
        })
    }

    fn near(&self, vector: &Vector, count: usize) -> Result<Option<Vec<Stored>>> {
        let from = "(SELECT * FROM tracks ORDER BY vector <=> $1 LIMIT $2)";
        let sql = format!("{} ORDER BY t.id", rows::select(false, from));
        self.read(|client| {
            // As many as the index is to look at; pgvector allows a thousand.
            client.batch_execute(&format!("SET hnsw.ef_search = {}", count.clamp(1, 1000)))?;
            let found = client.query(&sql, &[&Column::from(vector.to_vec()), &(count as i64)])?;
            Ok(Some(found.iter().filter_map(|row| rows::stored(row, false)).collect()))
        })
    }

    fn track(&self, id: TrackId) -> Result<Option<Stored>> {
        self.read(|client| {
            let sql = format!("{} WHERE t.id = $1", rows::select(true, "tracks"));
            Ok(client.query_opt(&sql, &[&id.0])?.and_then(|row| rows::stored(&row, true)))
        })
    }

    fn find(&self, path: &str, digest: Option<&Digest>) -> Result<Option<TrackId>> {
        let by_path = "SELECT track FROM files WHERE path = $1 AND track IS NOT NULL";
        self.read(|client| {
            let row = match digest {
                Some(digest) => client.query_opt("SELECT id FROM tracks WHERE digest = $1", &[&&digest.0[..]])?,
                None => client.query_opt(by_path, &[&path])?,
            };
            Ok(row.map(|row| TrackId(row.get(0))))
        })
    }

    fn counts(&self) -> Result<(usize, usize)> {
        self.read(|client| {
            let sql = "SELECT count(DISTINCT track), count(*) FILTER (WHERE reason IS NOT NULL) FROM files";
            let row = client.query_one(sql, &[])?;
            Ok((row.get::<_, i64>(0) as usize, row.get::<_, i64>(1) as usize))
        })
    }

    fn weights(&self) -> Result<(usize, Vec<f32>)> {
        self.read(|client| {
            let counted = client.query_opt(COUNTED, &[])?.map_or(0, |row| row.get::<_, i64>(0));
            Ok((counted as usize, weights(&client.query(WEIGHTS, &[])?)))
        })
    }

    fn reweigh(&mut self, counted: usize, weights: &[f32], vectors: &[(TrackId, Vector)]) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM counted", &[])?;
            transaction.execute("INSERT INTO counted (only_one, tracks) VALUES (0, $1)", &[&(counted as i64)])?;
            transaction.execute("DELETE FROM weights", &[])?;
            let weigh = transaction.prepare("INSERT INTO weights (cell, weight) VALUES ($1, $2)")?;
            for (cell, weight) in weights.iter().enumerate() {
                transaction.execute(&weigh, &[&(cell as i32), weight])?;
            }
            let turn = transaction.prepare("UPDATE tracks SET vector = $2 WHERE id = $1")?;
            let mut set =
                |(id, vector): &(TrackId, Vector)| transaction.execute(&turn, &[&id.0, &Column::from(vector.to_vec())]);
            vectors.iter().try_for_each(|one| set(one).map(drop))
        })
    }

    fn place(&mut self, places: &[(TrackId, [f32; 2])]) -> Result<()> {
        self.write(|transaction| {
            let place = transaction.prepare("UPDATE tracks SET x = $2, y = $3 WHERE id = $1")?;
            places.iter().try_for_each(|(id, [x, y])| transaction.execute(&place, &[&id.0, x, y]).map(drop))
        })
    }

    fn playlists(&self) -> Result<Vec<Saved>> {
        let sql = "SELECT p.id, p.name, array_remove(array_agg(t.track ORDER BY t.position), NULL) FROM playlists p \
                   LEFT JOIN playlist_tracks t ON t.playlist = p.id GROUP BY p.id, p.name ORDER BY p.name";
        self.read(|client| {
            let list = |row: postgres::Row| {
                let tracks = row.get::<_, Vec<i64>>(2).into_iter().map(TrackId).collect();
                Saved { id: row.get(0), name: row.get(1), tracks }
            };
            Ok(client.query(sql, &[])?.into_iter().map(list).collect())
        })
    }

    fn save_playlist(&mut self, name: &str, tracks: &[TrackId]) -> Result<i64> {
        let sql = "INSERT INTO playlists (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = $1 RETURNING id";
        self.write(|transaction| {
            let id: i64 = transaction.query_one(sql, &[&name])?.get(0);
            transaction.execute("DELETE FROM playlist_tracks WHERE playlist = $1", &[&id])?;
            let ids: Vec<i64> = tracks.iter().map(|track| track.0).collect();
            let rows = "INSERT INTO playlist_tracks (playlist, position, track) \
                        SELECT $1, position, track FROM unnest($2::bigint[]) WITH ORDINALITY AS t (track, position)";
            transaction.execute(rows, &[&id, &ids])?;
            Ok(id)
        })
    }

    fn examine(&self) -> Result<Vec<String>> {
        let sql = "SELECT (SELECT count(*) FROM files f WHERE NOT EXISTS (SELECT 1 FROM tracks t WHERE t.id = f.track) AND f.reason IS NULL), \
                   (SELECT count(*) FROM tracks t WHERE NOT EXISTS (SELECT 1 FROM tracks r WHERE r.id = t.recording))";
        self.read(|client| {
            let row = client.query_one(sql, &[])?;
            let wrong = [(0, "files lead to no track"), (1, "tracks are of no recording")];
            let said = |(column, what): (usize, &str)| match row.get::<_, i64>(column) {
                0 => None,
                count => Some(format!("{count} {what}")),
            };
            Ok(wrong.into_iter().filter_map(said).collect())
        })
    }
}
