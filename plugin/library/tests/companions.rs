//! What of the library goes with what is playing.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use songweave_audio::decode::{Audio, decode};
use songweave_dsp::stream::layout::StreamLayout;
use songweave_engine::listener::songs::SongsListener;
use songweave_library::{
    companions::{Companions, Playing},
    error::LibraryError,
    store::{SqliteStore, Store},
};

/// What the Listen page hears of a song.
fn playing(audio: &Audio) -> Playing {
    let layout = StreamLayout::for_sample_rate(audio.rate as f32);
    let mut listener = SongsListener::new(&layout).unwrap();
    for hop in audio.channels[0].chunks_exact(layout.hop) {
        listener.hear(&[[hop; 2], [hop; 2]], [true, false]);
        listener.listen();
    }
    Playing::from(listener.sounds()[0].as_ref().unwrap())
}

#[test]
fn a_song_that_plays_finds_itself_and_its_partners_while_others_write() {
    let folder = common::folder(8);
    let (place, mut store) = common::store();
    common::run(&mut store, folder.path());
    let path = place.path().join("library.sqlite");
    let mut companions = Companions::new(Some(path.clone()));
    assert_eq!(companions.read().unwrap(), 8);
    let heard = playing(&decode(&folder.path().join("song 03.flac")).unwrap());
    let found = companions.of(&heard, 8).unwrap();
    let likest = found.iter().max_by(|one, other| one.similarity.total_cmp(&other.similarity)).unwrap();
    assert_eq!(likest.entry.title, "song 03", "what sounds the most like it is itself");
    assert!(found.windows(2).all(|pair| pair[0].partner.score >= pair[1].partner.score));
    assert_eq!(companions.of(&heard, 3).unwrap().len(), 3);
    // A writer in the middle of its work holds nobody up.
    store.forget(&[]).unwrap();
    assert_eq!(companions.of(&heard, 3).unwrap().len(), 3);
}

#[test]
fn both_songs_are_one_in_the_first_ones_tempo_and_key() {
    let a = playing(&common::song(1, 0, 100.0, 16.0));
    let b = playing(&common::song(2, 10, 120.0, 16.0)).transposed(2);
    let both = a.with(&b);
    assert_eq!(both.music.tempo, a.music.tempo);
    let likeliest = |scales: [f32; 12]| (0..12).max_by(|one, other| scales[*one].total_cmp(&scales[*other]));
    assert_eq!(likeliest(both.music.scales.unwrap()), Some(0), "both are in C once B is two semitones up");
    let length: f32 = both.vector.iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-4 && (both.music.chroma.iter().sum::<f32>() - 1.0).abs() < 1e-3);
}

#[test]
fn a_library_that_cannot_be_read_is_one_sentence_and_is_tried_again() {
    let (place, store) = common::store();
    let path = place.path().join("library.sqlite");
    let heard = playing(&common::song(1, 0, 100.0, 6.0));
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    let fails = |companions: &mut Companions, sentence: &str| {
        let error = companions.of(&heard, 3).unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
    };
    let mut nowhere = Companions::new(Some(place.path().join("none.sqlite")));
    fails(&mut nowhere, "there is no library yet");
    assert!(!place.path().join("none.sqlite").exists(), "looking makes none");
    fails(&mut Companions::new(None), "data folder is not known");
    std::fs::write(&path, b"this is no library at all, however long one looks at it").unwrap();
    let mut companions = Companions::new(Some(path.clone()));
    fails(&mut companions, "no library of Songweave's");
    std::fs::write(&path, b"").unwrap();
    fails(&mut companions, "older version");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0, "it is not written to");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(companions.of(&heard, 3).unwrap(), [], "it is tried again");
    drop(companions);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.pragma_update(None, "journal_mode", "DELETE").unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    fails(&mut Companions::new(Some(path.clone())), "wait for it");
    other.execute_batch("COMMIT; PRAGMA user_version = 99").unwrap();
    fails(&mut Companions::new(Some(path.clone())), "newer version");
    assert!(matches!(SqliteStore::open(&path), Err(LibraryError::Newer { .. })));
}
