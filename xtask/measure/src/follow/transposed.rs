//! Songs in all twelve transpositions, made by playing them faster or slower: whether the listener gives them the same key, and whether
//! `match_keys` brings them back, beside well-known profiles.

use anyhow::Result;
use serde::Serialize;
use songweave_audio::resample::resample;
use songweave_engine::follow::{Listening, key::Key, transposition::nearest};
use songweave_synth::song::Stereo;

use crate::{
    follow::key_figures::{EvaluationSong, RATE, key_score, listen},
    statistics::mean,
};

/// Transpositions in semitones, upwards.
const TRANSPOSITIONS: std::ops::RangeInclusive<i8> = -5..=6;

/// Figures of one estimator over songs of one kind. Shares are of all songs and transpositions; "not sure" counts as wrong.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which songs.
    pub kind: &'static str,
    /// Who answers.
    pub estimator: &'static str,
    /// How many songs.
    pub songs: usize,
    /// Transposed songs whose key, taken back, is that of the song as it is.
    pub same_key: f64,
    /// The same, relative keys counted as one.
    pub same_notes: f64,
    /// Transposed songs that are brought back to the song as it is.
    pub matched: f64,
    /// MIREX score of the keys.
    pub key_score: f64,
    /// Share of the keys that are right.
    pub key_right: f64,
}

/// What an estimator says of a song in one transposition.
#[derive(Clone, Copy)]
struct Answer {
    truth: Key,
    /// The key, taken back.
    key: Option<Key>,
    /// The key of the song as it is.
    untransposed: Option<Key>,
    transposition: i8,
    /// By how much it would be transposed to fit the song as it is.
    matched: Option<i8>,
}

/// Estimators of keys that are not ours.
pub trait OtherEstimators {
    /// Their names.
    fn names(&self) -> &'static [&'static str];

    /// The keys of mono recordings at [`RATE`], `[recording][estimator]`.
    ///
    /// # Errors
    /// They cannot be run.
    fn keys(&self, recordings: &[Vec<f32>]) -> Result<Vec<Vec<Key>>>;
}

/// Measures the songs; `done` is called after each.
///
/// # Errors
/// A song cannot be resampled, or the other estimators cannot be run.
pub fn measure(
    evaluated: &[EvaluationSong],
    others: &impl OtherEstimators,
    mut done: impl FnMut(),
) -> Result<Vec<Figures>> {
    let mut answers: Vec<(&'static str, usize, Answer)> = Vec::new();
    for song in evaluated {
        let versions: Vec<Stereo> = TRANSPOSITIONS.map(|up| transposed(&song.audio, up)).collect::<Result<Vec<_>>>()?;
        for (estimator, answer) in ours(song, &versions).into_iter().chain(theirs(song, &versions, others)?) {
            answers.push((song.kind, estimator, answer));
        }
        done();
    }
    let names = std::iter::once("ours").chain(others.names().iter().copied()).enumerate();
    let kinds = ["piano", "band", "real"];
    Ok(names
        .flat_map(|(estimator, name)| kinds.map(|kind| (estimator, name, kind)))
        .filter_map(|(estimator, name, kind)| {
            let of: Vec<Answer> = answers
                .iter()
                .filter(|(of_kind, of_estimator, _)| (*of_kind, *of_estimator) == (kind, estimator))
                .map(|(.., answer)| *answer)
                .collect();
            figures(kind, name, &of)
        })
        .collect())
}

/// A song some semitones higher and as much faster.
fn transposed(audio: &Stereo, up: i8) -> Result<Stereo> {
    if up == 0 {
        return Ok(audio.clone());
    }
    let rate = f64::from(RATE) * (f64::from(up) / 12.0).exp2();
    let [left, right]: [Vec<f32>; 2] = resample(audio, rate.round() as u32, RATE)?
        .try_into()
        .unwrap_or_else(|_| unreachable!("two channels stay two"));
    Ok([left, right])
}

/// The listener's answers: the song as it is plays as A, the transposed one as B.
fn ours(song: &EvaluationSong, versions: &[Stereo]) -> Vec<(usize, Answer)> {
    let heard: Vec<(i8, Listening)> =
        TRANSPOSITIONS.zip(versions).map(|(up, version)| (up, listen(&song.audio, Some(version)))).collect();
    let key = |heard: &Listening| heard.songs[1].key.map(|estimate| estimate.key);
    let untransposed = heard.iter().find(|(up, _)| *up == 0).and_then(|(_, heard)| key(heard));
    let answer = |(up, heard): &(i8, Listening)| Answer {
        truth: song.key,
        key: key(heard).map(|key| key.transposed(-up)),
        untransposed,
        transposition: *up,
        matched: heard.transposition,
    };
    heard.iter().map(|heard| (0, answer(heard))).collect()
}

/// The answers of others, which match by single keys.
fn theirs(song: &EvaluationSong, versions: &[Stereo], others: &impl OtherEstimators) -> Result<Vec<(usize, Answer)>> {
    let mono: Vec<Vec<f32>> = versions
        .iter()
        .map(|[left, right]| left.iter().zip(right).map(|(left, right)| 0.5 * (left + right)).collect())
        .collect();
    let keys = others.keys(&mono)?;
    let mut answers = Vec::new();
    for profile in 0..others.names().len() {
        let untransposed = TRANSPOSITIONS.zip(&keys).find(|(up, _)| *up == 0).map(|(_, keys)| keys[profile]);
        for (up, keys) in TRANSPOSITIONS.zip(&keys) {
            let found = keys[profile];
            let matched = untransposed.map(|key| nearest(key.major_tonic() as i8 - found.major_tonic() as i8));
            let key = Some(found.transposed(-up));
            answers.push((1 + profile, Answer { truth: song.key, key, untransposed, transposition: up, matched }));
        }
    }
    Ok(answers)
}

fn figures(kind: &'static str, estimator: &'static str, answers: &[Answer]) -> Option<Figures> {
    let songs = answers.len() / TRANSPOSITIONS.count();
    let moved: Vec<&Answer> = answers.iter().filter(|answer| answer.transposition != 0).collect();
    let share = |of: &[&Answer], is: &dyn Fn(&Answer) -> bool| {
        of.iter().filter(|answer| is(answer)).count() as f64 / of.len().max(1) as f64
    };
    let both = |answer: &Answer| answer.key.zip(answer.untransposed);
    let all: Vec<&Answer> = answers.iter().collect();
    let score = |answer: &&Answer| answer.key.map_or(0.0, |key| key_score(answer.truth, key));
    (songs > 0).then(|| Figures {
        kind,
        estimator,
        songs,
        same_key: share(&moved, &|answer| both(answer).is_some_and(|(one, other)| one == other)),
        same_notes: share(&moved, &|answer| {
            both(answer).is_some_and(|(one, other)| one.major_tonic() == other.major_tonic())
        }),
        matched: share(&moved, &|answer| answer.matched == Some(nearest(-answer.transposition))),
        key_score: mean(all.iter().map(score)).unwrap_or(0.0),
        key_right: share(&all, &|answer| answer.key == Some(answer.truth)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_song_that_keeps_its_key_is_the_same_and_brought_back() {
        let truth = Key { tonic: 9, minor: true };
        let answer = |up: i8| Answer {
            truth,
            key: Some(if up == 3 { Key { tonic: 0, minor: false } } else { truth }),
            untransposed: Some(truth),
            transposition: up,
            matched: (up != 4).then_some(nearest(-up)),
        };
        let answers: Vec<Answer> = TRANSPOSITIONS.map(answer).collect();
        let found = figures("piano", "ours", &answers).expect("there are songs");
        let eleventh = 1.0 / 11.0;
        assert_eq!(found.songs, 1);
        assert!((found.same_key - 10.0 * eleventh).abs() < 1e-9 && (found.same_notes - 1.0).abs() < 1e-9);
        assert!((found.matched - 10.0 * eleventh).abs() < 1e-9);
        assert!((found.key_right - 11.0 / 12.0).abs() < 1e-9 && (found.key_score - 11.3 / 12.0).abs() < 1e-9);
    }
}
