//! Key and tempo of songs whose score is known, as the plugin's own path finds them.

use serde::Serialize;
use songweave_dsp::{exchange::controls::Controls, stream::layout::StreamLayout};
use songweave_engine::{
    follow::{Listening, SongHeard, key::Key},
    runtime::listening,
};
use songweave_synth::song::{Stereo, silence};

use crate::statistics::mean;

/// Rate in Hz at which is measured.
pub const RATE: u32 = 44_100;
/// A tempo within this ratio is right, as is usual in the MIREX contests.
const TEMPO_TOLERANCE: f32 = 0.04;

/// A song with what is true of it.
#[derive(Debug, Clone)]
pub struct EvaluationSong {
    /// Name.
    pub name: String,
    /// `piano`: as the set has it; `band`: with drums and bass added; `real`.
    pub kind: &'static str,
    /// Its key.
    pub key: Key,
    /// Beats per minute.
    pub tempo: f32,
    /// What is played.
    pub audio: Stereo,
}

/// What was found in one song.
#[derive(Debug, Serialize)]
pub struct Found {
    /// Name.
    pub name: String,
    /// As in [`EvaluationSong::kind`].
    pub kind: &'static str,
    /// The true key.
    pub key: String,
    /// As it is heard; `None` while not sure.
    pub found_key: Option<String>,
    /// How sure the listener is, 0…1.
    pub key_confidence: Option<f32>,
    /// MIREX score.
    pub key_score: f64,
    /// Whether the keys have the same notes.
    pub same_notes: bool,
    /// Beats per minute.
    pub tempo: f32,
    /// As it is heard; `None` while not sure.
    pub found_tempo: Option<f32>,
    /// How sure the listener is, 0…1.
    pub tempo_confidence: Option<f32>,
    /// The true key.
    #[serde(skip)]
    pub truth: Key,
}

/// Figures over songs of one kind, shares of all songs; "not sure" counts as wrong.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// As in [`EvaluationSong::kind`].
    pub kind: &'static str,
    /// How many.
    pub songs: usize,
    /// MIREX: 1 right, 0.5 a fifth away, 0.3 relative, 0.2 parallel.
    pub key_score: f64,
    /// The very key.
    pub key_right: f64,
    /// A key with the same notes.
    pub key_same_notes: f64,
    /// No key.
    pub key_not_sure: f64,
    /// Within 4 %.
    pub tempo_right: f64,
    /// Within 4 % of it, its half or its double.
    pub tempo_right_or_octave: f64,
    /// No tempo.
    pub tempo_not_sure: f64,
    /// The key that is the most frequent.
    pub baseline_key: String,
    /// MIREX score of always saying so.
    pub baseline_key_score: f64,
    /// Right of always saying so.
    pub baseline_key_right: f64,
    /// Right of always saying 120.
    pub baseline_tempo_right: f64,
    /// Right of always saying 120, octaves aside.
    pub baseline_tempo_right_or_octave: f64,
}

/// A key in the notation of POP909, e.g. `Gb:maj`.
#[must_use]
pub fn key_named(name: &str) -> Option<Key> {
    let (tonic, mode) = name.split_once(':')?;
    let names = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
    let tonic = names.iter().position(|name| *name == tonic)? as u8;
    Some(Key { tonic, minor: mode == "min" })
}

/// What is found in one or two songs.
#[must_use]
pub fn measure(a: &EvaluationSong, b: Option<&EvaluationSong>) -> Vec<Found> {
    let heard = listen(&a.audio, b.map(|b| &b.audio)).songs;
    [Some(a), b].into_iter().flatten().zip(heard).map(|(song, heard)| found(song, &heard)).collect()
}

/// Plays one or two songs through the plugin's own path, to the end of the shorter one.
#[must_use]
pub fn listen(a: &Stereo, b: Option<&Stereo>) -> Listening {
    let silence = silence(a[0].len());
    let b = b.unwrap_or(&silence);
    let length = a[0].len().min(b[0].len());
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let songs = [a, b].map(|song| song.each_ref().map(|channel| &channel[..length]));
    listening::listen(layout, &Controls::default(), songs, [layout.hop])
}

fn found(song: &EvaluationSong, heard: &SongHeard) -> Found {
    let key = heard.key.map(|estimate| estimate.key);
    Found {
        name: song.name.clone(),
        kind: song.kind,
        key: song.key.name(),
        found_key: key.map(Key::name),
        key_confidence: heard.key.map(|estimate| estimate.confidence),
        key_score: key.map_or(0.0, |key| key_score(song.key, key)),
        same_notes: key.is_some_and(|key| key.major_tonic() == song.key.major_tonic()),
        tempo: song.tempo,
        found_tempo: heard.tempo.map(|tempo| tempo.bpm),
        tempo_confidence: heard.tempo.map(|tempo| tempo.confidence),
        truth: song.key,
    }
}

/// The MIREX contest's score of a key.
#[must_use]
pub fn key_score(truth: Key, found: Key) -> f64 {
    let up = (12 + found.tonic - truth.tonic) % 12;
    match (truth.minor == found.minor, up) {
        (true, 0) => 1.0,
        (true, 5 | 7) => 0.5,
        (false, _) if truth.major_tonic() == found.major_tonic() => 0.3,
        (false, 0) => 0.2,
        _ => 0.0,
    }
}

fn near(truth: f32, found: f32) -> bool {
    (found / truth - 1.0).abs() <= TEMPO_TOLERANCE
}

fn near_or_octave(truth: f32, found: f32) -> bool {
    [0.5, 1.0, 2.0].iter().any(|factor| near(truth * factor, found))
}

/// Figures of the songs of a kind; `None` of none.
#[must_use]
pub fn figures(kind: &'static str, songs: &[Found]) -> Option<Figures> {
    let songs: Vec<&Found> = songs.iter().filter(|song| song.kind == kind).collect();
    let mean = |value: &dyn Fn(&Found) -> f64| mean(songs.iter().map(|song| value(song))).unwrap_or(f64::NAN);
    let share = |is: &dyn Fn(&Found) -> bool| mean(&|song| f64::from(u8::from(is(song))));
    let tempo =
        |right: fn(f32, f32) -> bool| share(&|song| song.found_tempo.is_some_and(|found| right(song.tempo, found)));
    let often = |key: Key| songs.iter().filter(|song| song.truth == key).count();
    let usual = songs.iter().map(|song| song.truth).max_by_key(|key| (often(*key), key.tonic))?;
    Some(Figures {
        kind,
        songs: songs.len(),
        key_score: mean(&|song| song.key_score),
        key_right: share(&|song| song.key_score == 1.0),
        key_same_notes: share(&|song| song.same_notes),
        key_not_sure: share(&|song| song.found_key.is_none()),
        tempo_right: tempo(near),
        tempo_right_or_octave: tempo(near_or_octave),
        tempo_not_sure: share(&|song| song.found_tempo.is_none()),
        baseline_key: usual.name(),
        baseline_key_score: mean(&|song| key_score(song.truth, usual)),
        baseline_key_right: share(&|song| song.truth == usual),
        baseline_tempo_right: share(&|song| near(song.tempo, 120.0)),
        baseline_tempo_right_or_octave: share(&|song| near_or_octave(song.tempo, 120.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_score_as_in_the_contest() {
        let score = |truth: &str, found: &str| Some(key_score(key_named(truth)?, key_named(found)?));
        for (truth, found, wanted) in [
            ("C:maj", "C:maj", 1.0),
            ("C:maj", "G:maj", 0.5),
            ("A:min", "D:min", 0.5),
            ("C:maj", "A:min", 0.3),
            ("A:min", "C:maj", 0.3),
            ("C:maj", "C:min", 0.2),
            ("C:maj", "Db:maj", 0.0),
        ] {
            assert_eq!(score(truth, found), Some(wanted), "{truth} {found}");
        }
    }
}
