//! Indexing: what is new is heard once, what was moved is known again, what is broken is listed, and nothing stops it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{collections::BTreeMap, fs, path::Path};

use common::{folder, run, song, store, wav};
use songweave_audio::{decode::Audio, write::write_flac};
use songweave_engine::listener::Slice;
use songweave_library::{
    error::LibraryError,
    hearing::ear::{self, Ear},
    index::index,
    similarity::{
        catalogue::{Catalogue, Entry},
        search::{Wish, query_of, suggest},
    },
    store::{SqliteStore, Store, WriterLock},
    track::TrackId,
};

/// What lies in a folder: every file with its contents.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let file =
        |entry: fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|entry| file(entry.unwrap())).collect()
}

#[test]
fn songs_are_heard_once_and_known_again_wherever_they_went() {
    let music = folder(4);
    let before = contents(music.path());
    let (_place, mut store) = store();
    let first = run(&mut store, music.path());
    assert_eq!((first.found, first.heard, first.refused.len()), (4, 4, 0), "{first:?}");
    assert_eq!(contents(music.path()), before, "the music folder was written to");
    let again = run(&mut store, music.path());
    assert_eq!((again.heard, again.unchanged), (0, 4));
    // Two workers answer in any order, so songs are told by their lengths.
    let songs = |store: &SqliteStore| -> BTreeMap<i64, (TrackId, String)> {
        let catalogue = Catalogue::load(store).unwrap();
        let song = |entry: &Entry| ((entry.seconds * 1e3) as i64, (entry.id, entry.path.clone()));
        catalogue.entries().iter().map(song).collect()
    };
    let heard = songs(&store);

    let at = |name: &str| music.path().join(name);
    fs::rename(at("song 00.flac"), at("renamed.flac")).unwrap();
    fs::create_dir(at("below")).unwrap();
    fs::rename(at("song 01.flac"), at("below/moved.flac")).unwrap();
    fs::copy(at("song 02.flac"), at("a double.flac")).unwrap();
    fs::remove_file(at("song 03.flac")).unwrap();
    let moved = run(&mut store, music.path());
    assert_eq!((moved.heard, moved.known, moved.forgotten, moved.unchanged), (0, 3, 3, 1), "{moved:?}");
    let now = songs(&store);
    assert_eq!(now.len(), 3, "a double is no second track");
    for ((length, (id, path)), name) in now.iter().zip(["renamed.flac", "moved.flac", "a double.flac"]) {
        assert_eq!(*id, heard[length].0, "the same tracks");
        assert!(path.ends_with(name), "{path} is not {name}");
    }

    fs::write(at("song 03.flac"), &before["song 03.flac"]).unwrap();
    let back = run(&mut store, music.path());
    assert_eq!((back.heard, back.known), (0, 1), "known by its sound when it comes back");
}

#[test]
fn tags_are_read_anew_when_they_change_and_the_song_is_not_heard_again() {
    let music = tempfile::tempdir().unwrap();
    let path = music.path().join("song.wav");
    wav(&path, &song(3, 0, 100.0, 8.0));
    let (_place, mut store) = store();
    run(&mut store, music.path());
    let name = |store: &SqliteStore| Catalogue::load(store).unwrap().entries()[0].name();
    assert_eq!(name(&store), "song");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"LIST\x1e\0\0\0INFOINAM\x05\0\0\0Help\0\0IART\x04\0\0\0Four");
    let riff = (bytes.len() as u32 - 8).to_le_bytes();
    bytes[4..8].copy_from_slice(&riff);
    fs::write(&path, bytes).unwrap();
    let again = run(&mut store, music.path());
    assert_eq!((again.heard, again.known), (0, 1), "{again:?}");
    assert_eq!(name(&store), "Four – Help");
}

#[test]
fn the_same_recording_in_another_codec_is_the_same_song_and_another_song_of_its_length_is_not() {
    let music = tempfile::tempdir().unwrap();
    let at = |name: &str| music.path().join(name);
    let one = song(1, 3, 104.0, 14.0);
    write_flac(&at("a.flac"), &one).unwrap();
    // As a lossy codec would leave it: later by 25 ms, a little noise, other digits.
    let mut hiss = common::noise(9);
    let late: Vec<f32> =
        vec![0.0; 551].into_iter().chain(one.channels[0].iter().map(|sample| 0.97 * sample + 2e-3 * hiss())).collect();
    wav(&at("b.wav"), &Audio { rate: one.rate, channels: vec![late] });
    write_flac(&at("c.flac"), &song(2, 3, 104.0, 14.0)).unwrap();
    let (_place, mut store) = store();
    assert_eq!(run(&mut store, music.path()).heard, 3);
    let catalogue = Catalogue::load(&store).unwrap();
    let recordings: Vec<_> = catalogue.entries().iter().map(|entry| (entry.title.clone(), entry.recording)).collect();
    let of = |title: &str| recordings.iter().find(|(own, _)| own == title).unwrap().1;
    assert_eq!(of("a"), of("b"), "{recordings:?}");
    assert_ne!(of("a"), of("c"), "{recordings:?}");
    let position = catalogue.entries().iter().position(|entry| entry.title == "c").unwrap();
    let found = suggest(&catalogue, &query_of(&catalogue, position), &Wish::default());
    assert_eq!((found.len(), found[0].versions.len()), (1, 1), "one song, the other codec beside it");
}

#[test]
fn what_cannot_be_heard_is_listed_with_the_reason_and_the_run_goes_on() {
    let music = folder(2);
    let at = |name: &str| music.path().join(name);
    let good = fs::read(at("song 00.flac")).unwrap();
    fs::write(at("empty.mp3"), b"").unwrap();
    fs::write(at("text.mp3"), "no music at all\n".repeat(500)).unwrap();
    fs::write(at("torn.flac"), &good[..400]).unwrap();
    let broken: Vec<u8> =
        good.iter().enumerate().map(|(at, byte)| if at > 5_000 { byte ^ 0x5A } else { *byte }).collect();
    fs::write(at("broken.flac"), broken).unwrap();
    fs::write(
        at("protected.m4a"),
        [b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42\0\0\0\x10moov".as_slice(), b"drms", &[0; 900]].concat(),
    )
    .unwrap();
    wav(&at("silent.wav"), &Audio { rate: 8_000, channels: vec![vec![0.0; 40_000]] });
    wav(&at("short.wav"), &Audio { rate: 8_000, channels: vec![vec![0.1; 2_000]] });
    fs::write(at("notes.txt"), "not even a recording").unwrap();
    let more = if cfg!(unix) { 3 } else { 0 };
    #[cfg(unix)]
    {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt, os::unix::fs::symlink};
        symlink(music.path(), at("loop")).unwrap();
        symlink("nowhere", at("dangling.mp3")).unwrap();
        fs::write(music.path().join(OsStr::from_bytes(b"name \xFF.flac")), &good).unwrap();
    }
    let (_place, mut store) = store();
    let report = run(&mut store, music.path());
    assert_eq!(report.heard, 2, "{report:?}");
    assert_eq!(report.refused.len(), 7 + more, "{:#?}", report.refused);
    for (name, reason) in [
        ("empty.mp3", "empty"),
        ("text.mp3", "cannot be read as audio"),
        ("protected.m4a", "copy-protected"),
        ("silent.wav", "silent"),
        ("short.wav", "only 0.25 s"),
    ] {
        let found = report.refused.iter().find(|(path, _)| path.ends_with(name)).unwrap();
        assert!(found.1.contains(reason), "{found:?}");
    }
    let again = run(&mut store, music.path());
    assert_eq!((again.heard, again.refused), (0, report.refused), "listed again, not heard again");
}

#[test]
fn a_voice_that_is_silent_for_most_of_the_song_is_still_heard() {
    let music = tempfile::tempdir().unwrap();
    let mut voice = song(4, 2, 100.0, 8.0);
    let rate = voice.rate as usize;
    let sung = std::mem::replace(&mut voice.channels[0], vec![0.0; 100 * rate]);
    voice.channels[0][8 * rate..16 * rate].copy_from_slice(&sung);
    write_flac(&music.path().join("voice.flac"), &voice).unwrap();
    let (_place, mut store) = store();
    let report = run(&mut store, music.path());
    assert_eq!(report.heard, 1, "{report:?}");
}

/// Hears as the plugin does, but answers what is no number every other time.
struct BrokenEar(Box<dyn Ear>, usize);

impl Ear for BrokenEar {
    fn samples(&self) -> usize {
        self.0.samples()
    }

    fn hear(&mut self, sound: &[f32]) -> Option<Slice> {
        self.1 += 1;
        let mut heard = self.0.hear(sound)?;
        if self.1.is_multiple_of(2) {
            heard.vector[50] = f32::NAN;
        }
        Some(heard)
    }

    fn name(&self) -> String {
        "broken".to_owned()
    }
}

#[test]
fn what_is_no_number_in_one_song_spoils_no_other() {
    let music = folder(3);
    let mut spoiled = song(9, 0, 100.0, 9.0);
    spoiled.channels[0].iter_mut().step_by(1_000).for_each(|sample| *sample = f32::NAN);
    wav(&music.path().join("spoiled.wav"), &spoiled);
    let (_place, mut store) = store();
    let ears: Vec<Box<dyn Ear>> = vec![Box::new(BrokenEar(ear::network().unwrap(), 0))];
    let report = index(&mut store, &[music.path().to_owned()], ears, &mut ()).unwrap();
    assert_eq!(report.heard, 4, "{report:?}");
    let catalogue = Catalogue::load(&store).unwrap();
    for position in 0..4 {
        let found = suggest(&catalogue, &query_of(&catalogue, position), &Wish::default());
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|found| found.similarity.is_finite()));
    }
}

#[test]
fn a_new_song_changes_no_neighbour_of_others() {
    let music = folder(8);
    let (_place, mut store) = store();
    run(&mut store, music.path());
    let neighbours = |store: &SqliteStore| -> Vec<Vec<(String, f32)>> {
        let catalogue = Catalogue::load(store).unwrap();
        let of = |position| {
            let found = suggest(&catalogue, &query_of(&catalogue, position), &Wish::default()).into_iter();
            let named = found.map(|found| (catalogue.entries()[found.position].title.clone(), found.similarity));
            named.filter(|(title, _)| title != "new").collect()
        };
        (0..8).map(of).collect()
    };
    let before = neighbours(&store);
    write_flac(&music.path().join("new.flac"), &song(50, 1, 120.0, 9.0)).unwrap();
    assert_eq!(run(&mut store, music.path()).heard, 1);
    assert_eq!(neighbours(&store), before);
}

#[test]
fn one_writes_while_others_read_and_a_second_writer_is_told_so() {
    let music = folder(1);
    let (place, mut store) = store();
    let path = place.path().join("library.sqlite");
    let lock = WriterLock::take(&path).unwrap();
    assert!(matches!(WriterLock::take(&path), Err(LibraryError::Busy(_))));
    let reader = SqliteStore::read_only(&path).unwrap();
    assert_eq!(reader.counts().unwrap(), (0, 0));
    run(&mut store, music.path());
    assert_eq!(reader.counts().unwrap(), (1, 0));
    drop(lock);
    WriterLock::take(&path).unwrap();
}

#[test]
fn a_store_that_is_none_and_one_of_a_newer_version_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("library.sqlite");
    let said = |path: &Path| SqliteStore::read_only(path).err().unwrap().to_string();
    assert!(said(&path).contains("there is no library yet"));
    fs::write(&path, "certainly no data base, and long enough to be read as one ".repeat(40)).unwrap();
    assert!(said(&path).contains("no library of Songweave's"), "{}", said(&path));
    fs::remove_file(&path).unwrap();
    drop(SqliteStore::open(&path).unwrap());
    // The layout's number stands at byte 60 of an SQLite file.
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    assert!(said(&path).contains("newer version"), "{}", said(&path));
    assert!(SqliteStore::open(&path).is_err());
}
