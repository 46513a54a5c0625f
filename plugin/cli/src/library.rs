//! The commands that have to do with the library.

mod asked;
pub(crate) mod doctor;
pub(crate) mod index;
pub(crate) mod map;
pub(crate) mod playlist;
pub(crate) mod serve;
mod shown;
pub(crate) mod suggest;

use anyhow::Result;
use songweave_library::{
    similarity::filter::{self, Filter},
    store::{self, Location, Store},
};

/// Where the library is, and how answers are given.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The library's file, or a PostgreSQL server with pgvector; without it the file in your data folder
    #[arg(long, global = true, value_name = "FILE.sqlite|postgres://USER@HOST/NAME")]
    store: Option<String>,
    /// Answer in JSON, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Place {
    /// Where the library is kept.
    pub(crate) fn location(&self) -> Result<Location> {
        Ok(match &self.store {
            Some(text) => Location::of(text)?,
            None => Location::File(store::default_place()?),
        })
    }

    /// The library to read.
    pub(crate) fn read(&self) -> Result<Box<dyn Store>> {
        Ok(self.location()?.read()?)
    }
}

/// What songs have to be.
#[derive(clap::Args)]
pub(crate) struct Conditions {
    /// Only songs of a genre, e.g. soul
    #[arg(long)]
    genre: Option<String>,
    /// Only songs of these tempi in BPM, e.g. 90-110
    #[arg(long, value_name = "FROM-TO")]
    tempo: Option<String>,
    /// Only songs in a key or its relative one, e.g. "A minor"
    #[arg(long)]
    key: Option<String>,
}

impl Conditions {
    /// As a filter.
    pub(crate) fn filter(&self) -> Result<Filter> {
        Ok(Filter {
            genre: self.genre.as_deref().map(filter::genre).transpose()?,
            tempo: self.tempo.as_deref().map(filter::tempo).transpose()?,
            key: self.key.as_deref().map(filter::key).transpose()?,
        })
    }
}
