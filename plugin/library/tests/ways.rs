//! Suggestions, partners and playlists on a small library.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::HashSet;

use songweave_engine::follow::{key::Key, tempo::TempoEstimate};
use songweave_library::{
    partners::partners,
    playlist::{Drift, Plan, file, make},
    similarity::{
        catalogue::Catalogue,
        filter::Filter,
        search::{Wish, query_of, suggest},
    },
    store::{FileSeen, SqliteStore, Store},
    track::{Digest, GENRES, Sound, Tags, Track, Vector, unit},
};

/// A made track that points somewhere in the plane of the first two numbers, with a little of its own.
fn track(number: u32, angle: f32, artist: &str, title: &str) -> (Track, Vector) {
    let mut draw = common::noise(u64::from(number) + 1);
    let mut vector: Vector = std::array::from_fn(|_| 0.02 * draw());
    vector[0] += angle.cos();
    vector[1] += angle.sin();
    let vector = unit(&vector).unwrap();
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    let tonic = (number % 12) as u8;
    let mut genres = [0.0; GENRES.len()];
    genres[number as usize % 3] = 1.0;
    let scale = |tonic: usize| {
        std::array::from_fn(
            |class| if [0, 2, 4, 5, 7, 9, 11].contains(&((12 + class - tonic) % 12)) { 1.0 / 7.0 } else { 0.0 },
        )
    };
    let sound = Sound {
        seconds: 100.0 + 10.0 * f64::from(number),
        loudness: Some(-14.0),
        key: Some(Key { tonic, minor: false }),
        tempo: Some(TempoEstimate { bpm: 100.0 + (number % 10) as f32, confidence: 0.9, phase: 0.0 }),
        density: 3.0,
        chroma: scale(usize::from(tonic)),
        scales: Some(std::array::from_fn(|class| if class == usize::from(tonic) { 0.9 } else { 0.1 / 11.0 })),
        power: std::array::from_fn(|band| if band / 24 == number as usize % 4 { 1.0 } else { 1e-6 }),
        genres,
        slices: vec![vector],
        prints: vec![],
    };
    let tags = Tags { title: Some(title.to_owned()), artist: Some(artist.to_owned()), album: None };
    (Track { digest: Digest(digest), tags, sound }, vector)
}

fn filled(tracks: &[(Track, Vector)]) -> (tempfile::TempDir, SqliteStore) {
    let (place, mut store) = common::store();
    for (number, (track, vector)) in tracks.iter().enumerate() {
        let file = FileSeen { path: format!("/music/{number:03}.mp3"), size: 1, modified: 1 };
        store.add(track, vector, "made", &file).unwrap();
    }
    (place, store)
}

/// Forty songs on a quarter of a circle, by twenty artists.
fn arc() -> Vec<(Track, Vector)> {
    (0..40).map(|n| track(n, n as f32 * 0.04, &format!("artist {}", n / 2), &format!("song {n}"))).collect()
}

#[test]
fn neighbours_come_in_order_few_an_artist_and_say_why() {
    let (_place, store) = filled(&arc());
    let catalogue = Catalogue::load(&store).unwrap();
    let query = query_of(&catalogue, 20);
    let found = suggest(&catalogue, &query, &Wish { limit: 6, ..Wish::default() });
    assert!(found.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
    assert!(found.iter().all(|found| found.position.abs_diff(20) <= 4), "{found:?}");
    let one = suggest(&catalogue, &query, &Wish { limit: 30, per_artist: 1, ..Wish::default() });
    let artists: HashSet<_> = one.iter().map(|found| &catalogue.entries()[found.position].artist).collect();
    assert_eq!(artists.len(), one.len());
    let all = suggest(&catalogue, &query, &Wish { limit: 100, per_artist: 0, ..Wish::default() });
    assert_eq!(all.len(), 39);
    let twelve_on = all.iter().find(|found| found.position == 32).unwrap();
    assert!(twelve_on.why.starts_with("same key (Ab major), 2 BPM apart, both country"), "{}", twelve_on.why);
}

#[test]
fn filters_hold_and_versions_stand_beside_their_song() {
    let mut tracks = arc();
    tracks.push(track(40, 0.81, "artist 10", "Song 20 (Live)"));
    tracks.push(track(41, 0.85, "Artist 10", "song 21 - Remastered 2011"));
    let (_place, store) = filled(&tracks);
    let catalogue = Catalogue::load(&store).unwrap();
    let found = suggest(&catalogue, &query_of(&catalogue, 20), &Wish::default());
    assert!(found.iter().all(|found| found.position != 40), "the live version is the same song");
    let version = found.iter().find(|found| found.position == 21 || found.position == 41).unwrap();
    assert_eq!(version.versions.len(), 1, "{version:?}");
    let key = Key { tonic: 9, minor: true };
    let filter = Filter { genre: Some(0), tempo: Some((100.0, 108.5)), key: Some(key) };
    let found = suggest(&catalogue, &query_of(&catalogue, 1), &Wish { filter, ..Wish::default() });
    assert!(!found.is_empty());
    for found in found {
        let entry = &catalogue.entries()[found.position];
        assert!(filter.passes(entry) && entry.key.unwrap().tonic == 0, "{entry:?}");
    }
}

#[test]
fn partners_are_ranked_by_key_tempo_and_register() {
    let mut tracks = vec![track(0, 0.0, "a", "voice")];
    // The same key and tempo in another register; a tritone away at another tempo in the same register.
    let mut good = track(1, 0.5, "b", "good");
    good.0.sound.key = tracks[0].0.sound.key;
    good.0.sound.chroma = tracks[0].0.sound.chroma;
    good.0.sound.scales = tracks[0].0.sound.scales;
    good.0.sound.tempo = tracks[0].0.sound.tempo;
    let mut bad = track(6, 0.5, "c", "bad");
    bad.0.sound.power = tracks[0].0.sound.power;
    bad.0.sound.tempo = Some(TempoEstimate { bpm: 130.0, confidence: 0.9, phase: 0.0 });
    let mut unknown = track(3, 0.5, "d", "unknown");
    unknown.0.sound.power = [f32::MAX; 96];
    tracks.extend([good, bad, unknown]);
    let (_place, store) = filled(&tracks);
    let catalogue = Catalogue::load(&store).unwrap();
    let sound = store.track(catalogue.entries()[0].id).unwrap().unwrap().track.sound;
    let found = partners(&store, &catalogue, &query_of(&catalogue, 0), &sound.music(), &Wish::default()).unwrap();
    let names: Vec<_> = found.iter().map(|found| catalogue.entries()[found.position].title.as_str()).collect();
    assert_eq!(names[0], "good", "{found:#?}");
    assert_eq!(names.iter().position(|name| *name == "bad"), Some(names.len() - 1), "{found:#?}");
    assert_eq!(found[0].transposition, 0);
    assert!(found[0].why.starts_with("same key (C major), same tempo, other register"), "{}", found[0].why);
    assert_eq!(found.last().unwrap().transposition, 6);
}

#[test]
fn a_voice_without_a_tempo_is_ranked_by_what_is_heard_of_it() {
    let mut tracks = arc();
    // Two that differ in nothing but the key and the register.
    tracks.push(track(48, 0.0, "x", "same key"));
    let mut clash = track(42, 0.0, "y", "clash");
    clash.0.sound.power = tracks[0].0.sound.power;
    tracks.push(clash);
    let (_place, store) = filled(&tracks);
    let catalogue = Catalogue::load(&store).unwrap();
    let mut voice = store.track(catalogue.entries()[0].id).unwrap().unwrap().track.sound.music();
    voice.tempo = None;
    voice.power = std::array::from_fn(|band| if band / 24 == 1 { 1.0 } else { 1e-6 });
    let found = partners(&store, &catalogue, &query_of(&catalogue, 0), &voice, &Wish::default()).unwrap();
    assert!(found[0].score > 0.9, "nothing that nobody can know holds the best back: {:#?}", found[0]);
    assert!(found.iter().all(|found| found.why.contains("tempo not heard")), "{found:#?}");
}

#[test]
fn a_playlist_joins_the_dots_in_even_steps_without_repeats() {
    let mut tracks = arc();
    for (track, _) in &mut tracks {
        track.sound.key = None;
        track.sound.tempo = None;
    }
    let (_place, store) = filled(&tracks);
    let catalogue = Catalogue::load(&store).unwrap();
    let plan = |through: &[usize], length| Plan { through: through.to_vec(), length, drift: Drift::default() };
    let way = make(&catalogue, &plan(&[0, 39], 10)).unwrap();
    assert_eq!((way.len(), way[0], way[9]), (10, 0, 39));
    assert_eq!(way.iter().collect::<HashSet<_>>().len(), 10);
    let angle = |song: usize| catalogue.vector(song)[1].atan2(catalogue.vector(song)[0]);
    for pair in way.windows(2) {
        let step = angle(pair[1]) - angle(pair[0]);
        assert!((0.02..0.35).contains(&step), "{way:?}: a step of {step}, even ones have 0.173");
    }
    let three = make(&catalogue, &plan(&[39, 5, 20], 9)).unwrap();
    assert_eq!((three[0], three[8]), (39, 20));
    assert!(three.contains(&5));
    let all = make(&catalogue, &plan(&[0, 39], 100)).unwrap();
    assert_eq!(all.len(), 40, "no more than there are");
    assert!(make(&catalogue, &plan(&[0, 1, 2], 2)).is_err() && make(&catalogue, &plan(&[], 2)).is_err());
}

#[test]
fn of_songs_that_sound_alike_those_come_whose_key_and_tempo_are_near() {
    let mut tracks: Vec<_> =
        (0..20).map(|n| track(n, n as f32 * 0.04, &format!("artist {n}"), &format!("song {n}"))).collect();
    for (number, (track, _)) in tracks.iter_mut().enumerate() {
        track.sound.key = Some(Key { tonic: if number % 2 == 0 { 0 } else { 6 }, minor: false });
        track.sound.tempo =
            Some(TempoEstimate { bpm: if number % 2 == 0 { 100.0 } else { 130.0 }, confidence: 0.9, phase: 0.0 });
    }
    let (_place, store) = filled(&tracks);
    let catalogue = Catalogue::load(&store).unwrap();
    let way = make(&catalogue, &Plan { through: vec![0, 18], length: 7, drift: Drift::default() }).unwrap();
    assert!(way.iter().all(|song| song % 2 == 0), "{way:?}");
}

#[test]
fn a_playlist_goes_on_near_where_it_was_and_wanders_when_drunk() {
    let (_place, store) = filled(&arc());
    let catalogue = Catalogue::load(&store).unwrap();
    let drawn = |drunk, seed| {
        let drift = Drift { keep_on: 3, drunk, seed };
        make(&catalogue, &Plan { through: vec![20], length: 8, drift }).unwrap()
    };
    let sober = drawn(0.0, 1);
    assert!(sober.iter().all(|song| song.abs_diff(20) <= 14), "{sober:?}");
    assert_eq!(sober, drawn(0.0, 2), "without randomness the seed is nothing");
    assert_eq!(drawn(0.9, 1), drawn(0.9, 1));
    assert_ne!(drawn(0.9, 1), drawn(0.9, 2));
    assert_eq!(drawn(1.0, 3).iter().collect::<HashSet<_>>().len(), 8);
}

#[test]
fn playlists_are_files_with_relative_paths() {
    let (place, store) = filled(&arc());
    let catalogue = Catalogue::load(&store).unwrap();
    let songs: Vec<_> = catalogue.entries()[..2].iter().collect();
    let m3u8 = place.path().join("way.m3u8");
    file::write(&m3u8, &songs).unwrap();
    let text = std::fs::read_to_string(&m3u8).unwrap();
    assert!(text.starts_with("#EXTM3U\n#EXTINF:100,artist 0 – song 0\n../"), "{text}");
    assert!(text.contains("/music/001.mp3\n"));
    let json = place.path().join("way.json");
    file::write(&json, &songs).unwrap();
    let read: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(read["songs"][1]["title"], "song 1");
    assert!(file::write(&place.path().join("way.doc"), &songs).is_err());
}
