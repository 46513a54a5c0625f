//! The map as one file that any browser shows, with nothing to fetch.

use serde_json::{Value, json};

use super::colours::css;
use crate::{similarity::catalogue::Catalogue, track::GENRES};

const PAGE: &str = include_str!("page.html");

/// Songs for a page: `[x, y, genre, name, facts]` each, one a recording; `places` are of all songs of the catalogue.
#[must_use]
pub fn songs(catalogue: &Catalogue, places: &[[f32; 2]]) -> Value {
    let song = |position: usize| {
        let (entry, place) = (&catalogue.entries()[position], places[position]);
        let key = entry.key.map(|key| key.name());
        let tempo = entry.bpm.map(|bpm| format!("{bpm:.0} BPM"));
        let facts =
            [key, tempo, entry.genre_name().map(str::to_owned)].into_iter().flatten().collect::<Vec<_>>().join(", ");
        json!([place[0], place[1], entry.colour, entry.name(), facts])
    };
    catalogue.shown().into_iter().map(song).collect()
}

/// Genres for a page: `[name, colour]` each.
#[must_use]
pub fn genres() -> Value {
    GENRES.iter().enumerate().map(|(genre, name)| json!([name, css(genre)])).collect()
}

/// The whole page.
#[must_use]
pub fn html(catalogue: &Catalogue, places: &[[f32; 2]]) -> String {
    // Names come from files: inside a script nothing may end it.
    let safe = |value: &Value| value.to_string().replace('<', "\\u003c");
    PAGE.replace("/*GENRES*/[]", &safe(&genres())).replace("/*SONGS*/[]", &safe(&songs(catalogue, places)))
}
