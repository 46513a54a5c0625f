//! What the page asks of the library.

use std::{collections::HashMap, path::Path};

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, json, text, whole};
use crate::{
    error::Result,
    map::{page::genres, places},
    playlist::{Drift, Plan, file::m3u8, make},
    similarity::{
        catalogue::Catalogue,
        search::{Wish, query_of, suggest},
    },
    store::{Location, Store},
    track::TrackId,
};

/// Songs that are suggested, and that a playlist may have, at most.
const MOST_SUGGESTED: usize = 100;
const MOST_LISTED: usize = 1_000;
/// Characters of a playlist's name, at most.
const LONGEST_NAME: usize = 200;

/// The library as the page sees it.
pub(super) struct Library {
    location: Location,
    store: Box<dyn Store>,
    catalogue: Catalogue,
}

/// A playlist that the page sends.
#[derive(Deserialize)]
struct Sent {
    name: String,
    tracks: Vec<i64>,
}

impl Library {
    /// Opens a library to read.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn open(location: &Location) -> Result<Self> {
        let store = location.read()?;
        Ok(Self { location: location.clone(), catalogue: Catalogue::load(&*store)?, store })
    }

    /// Answers what begins with `/api/`.
    pub(super) fn answer(&mut self, path: &str, query: &str) -> Answer {
        let asked: HashMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let answer = match &*parts {
            ["api", "songs"] => self.songs(),
            ["api", "songs", id, "suggestions"] => return self.suggestions(id, &asked),
            ["api", "way"] => return self.way(&asked),
            ["api", "playlists"] => self.playlists(),
            ["api", "playlists", name] => return self.playlist_file(name),
            _ => return text(StatusCode::NOT_FOUND, "there is nothing here"),
        };
        answer.map_or_else(|error| text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()), |value| json(&value))
    }

    /// The file of a song by its number.
    pub(super) fn file(&self, id: &str) -> Option<String> {
        Some(self.catalogue.entries()[self.position(id)?].path.clone())
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.catalogue.position(TrackId(id.parse().ok()?))
    }

    /// All songs, read anew: an index may be running.
    fn songs(&mut self) -> Result<Value> {
        self.catalogue = Catalogue::load(&*self.store)?;
        let places = places(&self.catalogue, false);
        let song = |position: usize| {
            let (entry, place) = (&self.catalogue.entries()[position], places[position]);
            json!({
                "id": entry.id.0, "title": entry.title, "artist": entry.artist, "album": entry.album, "seconds": entry.seconds.round(),
                "key": entry.key.map(|key| key.name()), "bpm": entry.bpm.map(f32::round), "genre": entry.genre_name(),
                "colour": entry.colour, "x": place[0], "y": place[1],
            })
        };
        let songs: Vec<Value> = self.catalogue.shown().into_iter().map(song).collect();
        Ok(json!({ "genres": genres(), "songs": songs }))
    }

    fn suggestions(&self, id: &str, asked: &HashMap<String, String>) -> Answer {
        let Some(position) = self.position(id) else { return text(StatusCode::NOT_FOUND, "there is no such song") };
        let number = |name: &str, otherwise| asked.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
        let wish = Wish {
            limit: number("limit", 12).min(MOST_SUGGESTED),
            per_artist: number("per_artist", 2),
            ..Wish::default()
        };
        let found = suggest(&self.catalogue, &query_of(&self.catalogue, position), &wish);
        let id = |position: usize| self.catalogue.entries()[self.catalogue.first(position)].id.0;
        let told = found
            .iter()
            .map(|found| json!({ "id": id(found.position), "similarity": found.similarity, "why": found.why }));
        json(&told.collect())
    }

    /// A way through songs: `through=1,2,3&length=12&keep_on=3&drunk=0.2&seed=1`.
    fn way(&self, asked: &HashMap<String, String>) -> Answer {
        let text_of = |name: &str| asked.get(name).map_or("", String::as_str);
        let through: Option<Vec<usize>> = text_of("through").split(',').map(|id| self.position(id)).collect();
        let Some(through) = through else { return text(StatusCode::NOT_FOUND, "there is no such song") };
        let drift = Drift {
            keep_on: text_of("keep_on").parse().unwrap_or(3),
            drunk: text_of("drunk").parse().ok().filter(|drunk: &f32| drunk.is_finite()).unwrap_or(0.0),
            seed: text_of("seed").parse().unwrap_or(1),
        };
        let length = text_of("length").parse().unwrap_or(12).min(MOST_LISTED);
        match make(&self.catalogue, &Plan { through, length, drift }) {
            Ok(songs) => {
                let shown = songs.into_iter().map(|song| self.catalogue.first(song));
                json(&shown.map(|song| Value::from(self.catalogue.entries()[song].id.0)).collect())
            }
            Err(error) => text(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }

    fn playlists(&self) -> Result<Value> {
        let list = |list: crate::store::Saved| json!({ "id": list.id, "name": list.name, "tracks": list.tracks.iter().map(|track| track.0).collect::<Vec<_>>() });
        Ok(self.store.playlists()?.into_iter().map(list).collect())
    }

    /// A saved playlist as M3U8, by `NUMBER.m3u8`.
    fn playlist_file(&self, name: &str) -> Answer {
        let id = name.strip_suffix(".m3u8").and_then(|id| id.parse::<i64>().ok());
        let lists = self.store.playlists().unwrap_or_default();
        let Some(list) = lists.into_iter().find(|list| Some(list.id) == id) else {
            return text(StatusCode::NOT_FOUND, "there is no such playlist");
        };
        let songs =
            list.tracks.iter().filter_map(|track| Some(&self.catalogue.entries()[self.catalogue.position(*track)?]));
        whole("audio/x-mpegurl; charset=utf-8", m3u8(&songs.collect::<Vec<_>>(), Path::new("")).into_bytes())
    }

    /// Saves a playlist.
    pub(super) fn save_playlist(&mut self, body: &[u8]) -> Answer {
        let Ok(sent) = serde_json::from_slice::<Sent>(body) else {
            return text(StatusCode::BAD_REQUEST, "a playlist has a name and the numbers of its tracks");
        };
        let name = sent.name.trim();
        let tracks: Vec<TrackId> = sent.tracks.iter().copied().map(TrackId).collect();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return text(StatusCode::BAD_REQUEST, "give the playlist a name of at most 200 letters");
        }
        if tracks.len() > MOST_LISTED || tracks.iter().any(|track| self.catalogue.position(*track).is_none()) {
            return text(StatusCode::BAD_REQUEST, "a playlist has up to 1000 songs of the library");
        }
        match self.location.open().and_then(|mut store| store.save_playlist(name, &tracks)) {
            Ok(id) => json(&json!({ "id": id })),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }
}
