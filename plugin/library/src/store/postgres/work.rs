//! What there is to hear, and who hears it.

use std::path::MAIN_SEPARATOR;

use postgres::{Client, Error, Row, Transaction};

use super::{COUNTED, PostgresStore, WEIGHTS, WRITE_LOCK, rows, weights};
use crate::{
    error::Result,
    similarity::cells::Weights,
    store::FileSeen,
    track::{Digest, Tags, Track, TrackId},
};

/// Files that are written down in one go.
const BATCH: usize = 5_000;

/// A file that was taken: nobody else hears it before this is finished or dropped.
pub struct Taken<'a> {
    transaction: Transaction<'a>,
    server: super::Server,
    /// The file.
    pub file: FileSeen,
}

impl PostgresStore {
    /// Writes down files to be heard by `ear`, but for those that somebody has heard in the meantime.
    ///
    /// # Errors
    /// The server cannot be written to; so in all that follows.
    pub fn queue(&mut self, files: &[FileSeen], ear: &str) -> Result<()> {
        let sql = "INSERT INTO work (path, size, modified) \
                   SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS n (path, size, modified) \
                   WHERE NOT EXISTS (SELECT 1 FROM files f LEFT JOIN tracks t ON t.id = f.track WHERE f.path = n.path \
                   AND (f.size, f.modified) = (n.size, n.modified) AND (f.reason IS NOT NULL OR t.ear = $4)) \
                   ON CONFLICT (path) DO UPDATE SET size = excluded.size, modified = excluded.modified \
                   WHERE (work.size, work.modified) <> (excluded.size, excluded.modified)";
        self.read(|client| {
            for files in files.chunks(BATCH) {
                let paths: Vec<&str> = files.iter().map(|file| &*file.path).collect();
                let sizes: Vec<i64> = files.iter().map(|file| file.size as i64).collect();
                let times: Vec<i64> = files.iter().map(|file| file.modified).collect();
                client.execute(sql, &[&paths, &sizes, &times, &ear])?;
            }
            Ok(())
        })
    }

    /// Takes a file below one of some folders that nobody has taken.
    ///
    /// # Errors
    /// As [`PostgresStore::queue`].
    pub fn take(&mut self, folders: &[String]) -> Result<Option<Taken<'_>>> {
        let sql =
            format!("SELECT path, size, modified FROM work WHERE {BELOW} ORDER BY path LIMIT 1 FOR UPDATE SKIP LOCKED");
        let server = self.server.clone();
        let found = first(self.client.get_mut(), &sql, folders).map_err(|error| server.failure(&error))?;
        Ok(found.map(|(transaction, row)| {
            let file = FileSeen { path: row.get(0), size: row.get::<_, i64>(1) as u64, modified: row.get(2) };
            Taken { transaction, server, file }
        }))
    }

    /// How many files below some folders are still to be heard, those that somebody has taken included.
    ///
    /// # Errors
    /// As [`PostgresStore::queue`].
    pub fn waiting(&self, folders: &[String]) -> Result<usize> {
        let sql = format!("SELECT count(*) FROM work WHERE {BELOW}");
        self.read(|client| Ok(client.query_one(&sql, &[&below(folders)])?.get::<_, i64>(0) as usize))
    }

    /// Does something while nobody adds tracks.
    ///
    /// # Errors
    /// As [`PostgresStore::queue`], and those of `work`.
    pub fn alone<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.read(|client| client.execute("SELECT pg_advisory_lock($1)", &[&WRITE_LOCK]))?;
        let done = work(self);
        self.read(|client| client.execute("SELECT pg_advisory_unlock($1)", &[&WRITE_LOCK]))?;
        done
    }
}

/// Paths below folders, whose names end in a separator; a folder may be a single file.
const BELOW: &str =
    "EXISTS (SELECT 1 FROM unnest($1::text[]) folder WHERE path = rtrim(folder, '/\\') OR starts_with(path, folder))";

/// The first row of a selection below folders, and the transaction that has locked it.
fn first<'a>(
    client: &'a mut Client,
    sql: &str,
    folders: &[String],
) -> std::result::Result<Option<(Transaction<'a>, Row)>, Error> {
    let mut transaction = client.transaction()?;
    let row = transaction.query_opt(sql, &[&below(folders)])?;
    Ok(row.map(|row| (transaction, row)))
}

fn below(folders: &[String]) -> Vec<String> {
    folders.iter().map(|folder| format!("{}{MAIN_SEPARATOR}", folder.trim_end_matches(MAIN_SEPARATOR))).collect()
}

impl Taken<'_> {
    /// Whether the sound is to be heard: nobody has, and nobody does at the moment; who does is waited for.
    ///
    /// # Errors
    /// As [`PostgresStore::queue`].
    pub fn claim(&mut self, digest: &Digest, ear: &str) -> Result<bool> {
        let key = i64::from_be_bytes(std::array::from_fn(|at| digest.0[at]));
        let transaction = &mut self.transaction;
        let mut ask = || {
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&key])?;
            let known = "SELECT id FROM tracks WHERE digest = $1 AND ear = $2";
            transaction.query_opt(known, &[&&digest.0[..], &ear])
        };
        ask().map(|row| row.is_none()).map_err(|error| self.server.failure(&error))
    }

    /// Adds the track that was heard.
    ///
    /// # Errors
    /// As [`PostgresStore::queue`].
    pub fn heard(self, track: &Track, ear: &str) -> Result<()> {
        self.finish(|transaction, file| {
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&WRITE_LOCK])?;
            let counted = transaction.query_opt(COUNTED, &[])?.map_or(0, |row| row.get::<_, i64>(0));
            let weights = Weights::kept(counted as usize, weights(&transaction.query(WEIGHTS, &[])?));
            let id = rows::insert(transaction, track, &weights.song(&track.sound.slices), ear)?;
            rows::note(transaction, file, Some(id), None)
        })
    }

    /// Notes that the sound is known, and what the tags say.
    ///
    /// # Errors
    /// As [`PostgresStore::queue`].
    pub fn known(self, digest: &Digest, tags: &Tags) -> Result<()> {
        self.finish(|transaction, file| {
            let id =
                TrackId(transaction.query_one("SELECT id FROM tracks WHERE digest = $1", &[&&digest.0[..]])?.get(0));
            if *tags != Tags::default() {
                rows::name(transaction, id, tags)?;
            }
            rows::note(transaction, file, Some(id), None)
        })
    }

    /// Notes that the file is no track, and why.
    ///
    /// # Errors
    /// As [`PostgresStore::queue`].
    pub fn refused(self, reason: &str) -> Result<()> {
        self.finish(|transaction, file| rows::note(transaction, file, None, Some(reason)))
    }

    /// Writes, crosses the file off and lets go of it, all at once.
    fn finish(
        mut self,
        write: impl FnOnce(&mut Transaction<'_>, &FileSeen) -> std::result::Result<(), Error>,
    ) -> Result<()> {
        let server = self.server.clone();
        let all = || {
            write(&mut self.transaction, &self.file)?;
            self.transaction.execute("DELETE FROM work WHERE path = $1", &[&self.file.path])?;
            self.transaction.commit()
        };
        all().map_err(|error| server.failure(&error))
    }
}
