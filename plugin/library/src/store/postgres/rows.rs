//! Tracks as rows of the shared store.

use pgvector::Vector as Column;
use postgres::{Error, Row, Transaction};
use songweave_engine::follow::{key::Key, tempo::TempoEstimate};

use super::super::{
    FileSeen, Stored,
    packing::{pack, pack_prints, pack_slices, unpack, unpack_prints, unpack_slices},
    recording::{Other, SAME_LENGTH, is_same},
};
use crate::track::{Digest, NUMBERS, Sound, Tags, Track, TrackId, Vector};

/// Columns of a track; those of [`LONG`] only where everything is wanted.
const SHORT: &str = "t.id, t.digest, t.title, t.artist, t.album, t.seconds, t.loudness, t.tonic, t.minor, t.bpm, t.bpm_confidence, \
     t.density, t.chroma, t.scales, t.genres, t.vector, t.recording, t.x, t.y, f.path";
const LONG: &str = "t.power, t.slices, t.prints";

/// Selects tracks of a table, or of a selection of it, with the first of their files.
pub(super) fn select(whole: bool, from: &str) -> String {
    let more = if whole { format!("{SHORT}, {LONG}") } else { SHORT.to_owned() };
    format!(
        "SELECT {more} FROM {from} t JOIN LATERAL (SELECT path FROM files WHERE track = t.id ORDER BY path LIMIT 1) f ON TRUE"
    )
}

/// A row of [`select`]; `None` where its numbers are none.
pub(super) fn stored(row: &Row, whole: bool) -> Option<Stored> {
    let blob = |name: &str| row.get::<_, &[u8]>(name);
    let (tonic, bpm): (Option<i16>, Option<f32>) = (row.get("tonic"), row.get("bpm"));
    let minor = row.get::<_, Option<bool>>("minor").unwrap_or_default();
    let confidence = row.get::<_, Option<f32>>("bpm_confidence").unwrap_or_default();
    let sound = Sound {
        seconds: row.get("seconds"),
        loudness: row.get("loudness"),
        key: tonic.map(|tonic| Key { tonic: tonic.rem_euclid(12) as u8, minor }),
        tempo: bpm.filter(|bpm| *bpm > 0.0).map(|bpm| TempoEstimate { bpm, confidence, phase: 0.0 }),
        density: row.get("density"),
        chroma: unpack(blob("chroma"))?,
        scales: row.get::<_, Option<&[u8]>>("scales").and_then(unpack),
        power: if whole { unpack(blob("power")).unwrap_or([0.0; _]) } else { [0.0; _] },
        genres: unpack(blob("genres"))?,
        slices: if whole { unpack_slices(blob("slices")) } else { Vec::new() },
        prints: if whole { unpack_prints(blob("prints")) } else { Vec::new() },
    };
    let tags = Tags { title: row.get("title"), artist: row.get("artist"), album: row.get("album") };
    let place: (Option<f32>, Option<f32>) = (row.get("x"), row.get("y"));
    Some(Stored {
        id: TrackId(row.get("id")),
        track: Track { digest: Digest(blob("digest").try_into().ok()?), tags, sound },
        vector: vector(&row.get("vector"))?,
        recording: TrackId(row.get("recording")),
        path: row.get("path"),
        place: place.0.zip(place.1).map(|(x, y)| [x, y]),
    })
}

fn vector(column: &Column) -> Option<Vector> {
    <[f32; NUMBERS]>::try_from(column.as_slice()).ok().filter(|vector| vector.iter().all(|number| number.is_finite()))
}

/// Notes what a file is.
pub(super) fn note(
    transaction: &mut Transaction<'_>,
    file: &FileSeen,
    track: Option<TrackId>,
    reason: Option<&str>,
) -> Result<(), Error> {
    let sql = "INSERT INTO files (path, size, modified, track, reason) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (path) DO UPDATE SET size = $2, modified = $3, track = $4, reason = $5";
    let track = track.map(|track| track.0);
    transaction.execute(sql, &[&file.path, &(file.size as i64), &file.modified, &track, &reason]).map(drop)
}

/// Sets what the tags say of a track.
pub(super) fn name(transaction: &mut Transaction<'_>, track: TrackId, tags: &Tags) -> Result<(), Error> {
    let sql = "UPDATE tracks SET title = $2, artist = $3, album = $4 WHERE id = $1";
    transaction.execute(sql, &[&track.0, &tags.title, &tags.artist, &tags.album]).map(drop)
}

/// Nearest tracks that are looked at for the same recording.
const ALIKE: i64 = 40;

/// The first track whose recording this one is. A large library has thousands of songs of the same length, so those that sound most
/// alike are looked at only.
fn recording(transaction: &mut Transaction<'_>, track: &Track, song: &Vector) -> Result<Option<i64>, Error> {
    let sql = "SELECT recording, vector, chroma, prints FROM (SELECT * FROM tracks ORDER BY vector <=> $4 LIMIT $5) t \
               WHERE seconds BETWEEN $1 AND $2 AND digest <> $3 ORDER BY id";
    let seconds = track.sound.seconds;
    let (from, to) = (seconds - SAME_LENGTH, seconds + SAME_LENGTH);
    let rows = transaction.query(sql, &[&from, &to, &&track.digest.0[..], &Column::from(song.to_vec()), &ALIKE])?;
    let same = |row: &&Row| {
        let other = Other { vector: vector(&row.get(1)), chroma: unpack(row.get(2)) };
        is_same(track, song, &other, || unpack_prints(row.get(3)))
    };
    Ok(rows.iter().find(same).map(|row| row.get(0)))
}

/// Adds a track or hears it anew.
pub(super) fn insert(
    transaction: &mut Transaction<'_>,
    track: &Track,
    vector: &Vector,
    ear: &str,
) -> Result<TrackId, Error> {
    let (tags, sound) = (&track.tags, &track.sound);
    let recording = recording(transaction, track, vector)?.unwrap_or(0);
    let sql = "INSERT INTO tracks AS t (digest, ear, title, artist, album, seconds, loudness, tonic, minor, bpm, bpm_confidence, \
               density, chroma, scales, power, genres, slices, prints, vector, recording) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) \
               ON CONFLICT (digest) DO UPDATE SET ear = $2, title = $3, artist = $4, album = $5, seconds = $6, loudness = $7, \
               tonic = $8, minor = $9, bpm = $10, bpm_confidence = $11, density = $12, chroma = $13, scales = $14, power = $15, \
               genres = $16, slices = $17, prints = $18, vector = $19, recording = CASE $20 WHEN 0 THEN t.id ELSE $20 END, \
               x = NULL, y = NULL RETURNING id";
    let row = transaction.query_one(
        sql,
        &[
            &&track.digest.0[..],
            &ear,
            &tags.title,
            &tags.artist,
            &tags.album,
            &sound.seconds,
            &sound.loudness,
            &sound.key.map(|key| i16::from(key.tonic)),
            &sound.key.map(|key| key.minor),
            &sound.tempo.map(|tempo| tempo.bpm),
            &sound.tempo.map(|tempo| tempo.confidence),
            &sound.density,
            &pack(&sound.chroma),
            &sound.scales.map(|scales| pack(&scales)),
            &pack(&sound.power),
            &pack(&sound.genres),
            &pack_slices(&sound.slices),
            &pack_prints(&sound.prints),
            &Column::from(vector.to_vec()),
            &recording,
        ],
    )?;
    let id: i64 = row.get(0);
    transaction.execute("UPDATE tracks SET recording = id WHERE id = $1 AND recording = 0", &[&id])?;
    Ok(TrackId(id))
}
