//! Why two songs go together, in a musician's words.

use super::catalogue::Entry;
use crate::track::GENRES;

/// Tempi further apart than this ratio are not spoken of.
const NEAR: f32 = 0.06;
/// Similarity from which two songs sound much alike, alike, and somewhat alike.
const MUCH: f32 = 0.9;
const ALIKE: f32 = 0.75;
const SOMEWHAT: f32 = 0.6;

/// By how much a tempo differs from another, as a ratio, and whether it is compared with its double (2) or its half (0.5).
#[must_use]
pub fn tempo_step(from: f32, to: f32) -> (f32, f32) {
    let ratio = (to / from).log2().round().clamp(-1.0, 1.0).exp2();
    (to / (from * ratio) - 1.0, ratio)
}

/// Why `other` is shown with `one`, whose similarity it has.
#[must_use]
pub fn reasons(one: &Entry, other: &Entry, similarity: f32) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(keys(one, other));
    said.extend(tempi(one, other));
    match (one.genre, other.genre) {
        (Some(own), Some(genre)) if own == genre => said.push(format!("both {}", GENRES[own])),
        _ => {}
    }
    if one.artist.is_some() && one.artist == other.artist {
        said.push("same artist".to_owned());
    }
    if similarity >= MUCH {
        said.push("sounds much alike".to_owned());
    } else if similarity >= ALIKE {
        said.push("sounds alike".to_owned());
    } else if said.is_empty() {
        let alike =
            if similarity >= SOMEWHAT { "sounds somewhat alike" } else { "of what there is, the nearest in sound" };
        said.push(alike.to_owned());
    }
    said.join(", ")
}

fn keys(one: &Entry, other: &Entry) -> Option<String> {
    let (own, key) = (one.key?, other.key?);
    match own.fifths_from(key) {
        0 if own == key => Some(format!("same key ({})", key.name())),
        0 => Some(format!("relative key ({})", key.name())),
        1 => Some(format!("keys a fifth apart ({})", key.name())),
        _ => None,
    }
}

fn tempi(one: &Entry, other: &Entry) -> Option<String> {
    let (own, bpm) = (one.bpm?, other.bpm?);
    let (off, ratio) = tempo_step(own, bpm);
    let apart = (bpm - own * ratio).abs();
    let against = match ratio {
        ratio if ratio > 1.5 => " at double tempo",
        ratio if ratio < 0.75 => " at half tempo",
        _ => "",
    };
    (off.abs() <= NEAR).then(|| match apart {
        apart if apart < 0.75 => format!("same tempo{against}"),
        apart => format!("{apart:.0} BPM apart{against}"),
    })
}
