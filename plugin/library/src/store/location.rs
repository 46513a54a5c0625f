//! Where a library is kept: in a file, or on a server for many.

use std::{fmt, path::PathBuf};

use super::{
    Store,
    postgres::{PostgresStore, Server},
    sqlite::SqliteStore,
};
use crate::error::Result;

/// Where a library is kept.
#[derive(Debug, Clone)]
pub enum Location {
    /// In a file on this computer.
    File(PathBuf),
    /// On a `PostgreSQL` server.
    Server(Box<Server>),
}

impl Location {
    /// The file of a path, or the server of an address as in `postgres://user@host/name`.
    ///
    /// # Errors
    /// The address is none.
    pub fn of(text: &str) -> Result<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Server(Box::new(Server::of(text)?)));
        }
        Ok(Self::File(PathBuf::from(text)))
    }

    /// Opens it to write, and makes it where there is none.
    ///
    /// # Errors
    /// It cannot be written to, is no library, or was written by a newer version.
    pub fn open(&self) -> Result<Box<dyn Store>> {
        Ok(match self {
            Self::File(path) => Box::new(SqliteStore::open(path)?),
            Self::Server(server) => Box::new(PostgresStore::open(server)?),
        })
    }

    /// Opens it to read, while others may write.
    ///
    /// # Errors
    /// There is none, it cannot be read, or was written by a newer version.
    pub fn read(&self) -> Result<Box<dyn Store>> {
        Ok(match self {
            Self::File(path) => Box::new(SqliteStore::read_only(path)?),
            Self::Server(server) => Box::new(PostgresStore::read_only(server)?),
        })
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self {
            Self::File(path) => std::fs::metadata(path).map_or(0, |data| data.len()),
            Self::Server(server) => PostgresStore::read_only(server).and_then(|store| store.bytes()).unwrap_or(0),
        }
    }
}

impl fmt::Display for Location {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Server(server) => write!(formatter, "{server}"),
        }
    }
}
