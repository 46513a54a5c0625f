//! A library on a server, as several programs use it at once. `SONGWEAVE_POSTGRES` is the address of a server's database
//! `postgres`; `cargo xtask test` starts one.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use common::{command, folder, json, run};
use postgres::{Client, NoTls};
use serde_json::Value;
use songweave_library::{store::Location, track::TrackId};

const SONGS: u32 = 24;

/// The address of a fresh database.
fn database(name: &str) -> String {
    let server = std::env::var("SONGWEAVE_POSTGRES").expect("the address of a server");
    let mut client = Client::connect(&server, NoTls).unwrap();
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    server.replacen("/postgres?", &format!("/{name}?"), 1)
}

/// An answer without the numbers of tracks, which are each store's own.
fn without_numbers(mut answer: Value) -> Value {
    match &mut answer {
        Value::Object(map) => {
            map.remove("id");
            map.values_mut().for_each(|value| *value = without_numbers(value.take()));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| *value = without_numbers(value.take())),
        _ => {}
    }
    answer
}

fn tracks(folder: &Path, store: &str) -> u64 {
    let told = run(folder, store, &["doctor", "--json"]);
    let told: Option<Value> = serde_json::from_slice(&told.stdout).ok();
    told.and_then(|told| told["tracks"].as_u64()).unwrap_or(0)
}

#[test]
#[ignore = "needs a server, which `cargo xtask test` starts"]
fn three_workers_hear_every_track_once_though_one_is_killed() {
    let (folder, store) = (folder(SONGS), database("workers"));
    let path = folder.path();
    let start = || {
        let mut worker = command(path, &store, &["index", "music", "--workers", "1", "--json"]);
        worker.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let [mut killed, second, third] = [(); 3].map(|()| start());
    let began = Instant::now();
    while tracks(path, &store) < 4 && began.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let at_the_kill = tracks(path, &store);
    assert!((4..u64::from(SONGS)).contains(&at_the_kill), "{at_the_kill} songs: it was killed in the middle");
    let mut heard = 0;
    for worker in [second, third] {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["tracks"], SONGS, "{report}");
        heard += report["heard"].as_u64().unwrap();
    }
    assert!(heard <= u64::from(SONGS), "{heard} songs heard by two: some twice");
    let again = json(path, &store, &["index", "music", "--json"]);
    assert_eq!((&again["unchanged"], &again["heard"], &again["tracks"]), (&SONGS.into(), &0.into(), &SONGS.into()));
    let mut client = Client::connect(&store, NoTls).unwrap();
    let count = |client: &mut Client, table: &str| -> i64 {
        client.query_one(&format!("SELECT count(*) FROM songweave.{table}"), &[]).unwrap().get(0)
    };
    assert_eq!(["tracks", "files", "work"].map(|table| count(&mut client, table)), [SONGS.into(), SONGS.into(), 0]);
}

#[test]
#[ignore = "needs a server, which `cargo xtask test` starts"]
fn a_server_answers_as_a_file_does() {
    let (folder, store) = (folder(16), database("answers"));
    let path = folder.path();
    assert!(String::from_utf8_lossy(&run(path, &store, &["doctor"]).stderr).contains("there is no library yet"));
    let file = "library.sqlite";
    std::fs::copy(path.join("music/03.wav"), path.join("music/double.wav")).unwrap();
    std::fs::write(path.join("music/broken.flac"), b"no sound at all").unwrap();
    for store in [&store, file] {
        let report = json(path, store, &["index", "music", "--json"]);
        assert_eq!((&report["tracks"], &report["heard"], &report["known"]), (&16.into(), &16.into(), &1.into()));
        assert_eq!(report["refused"].as_array().map(Vec::len), Some(1), "{report}");
    }
    let asked = [
        vec!["suggest", "music/05.wav", "--json"],
        vec!["suggest", "music/03.wav", "--tempo", "90-200", "--json"],
        vec!["suggest", "music/04.wav@0:01-0:04", "--json"],
        vec!["suggest", "music/05.wav", "--for-mash", "--json"],
        vec!["playlist", "music/00.wav", "music/09.wav", "--length", "7", "--json"],
    ];
    for words in asked {
        let [server, file] = [&store, file].map(|store| without_numbers(json(path, store, &words)));
        assert_eq!(server, file, "{words:?}");
    }
    assert!(run(path, &store, &["map", "--output", "map.png"]).status.success());
    std::fs::remove_file(path.join("music/07.wav")).unwrap();
    let report = json(path, &store, &["index", "music", "--json"]);
    assert_eq!((&report["tracks"], &report["forgotten"]), (&15.into(), &1.into()), "{report}");
    let location = Location::of(&store).unwrap();
    let mut opened = location.open().unwrap();
    let some = [TrackId(5), TrackId(2), TrackId(3)];
    opened.save_playlist("evening", &[TrackId(1)]).unwrap();
    let id = opened.save_playlist("evening", &some).unwrap();
    let lists = opened.playlists().unwrap();
    assert!(lists.len() == 1 && lists[0].id == id && lists[0].tracks == some, "{lists:?}");
    assert_eq!(opened.examine().unwrap(), Vec::<String>::new());
    Client::connect(&store, NoTls).unwrap().batch_execute("UPDATE songweave.layout SET version = 99").unwrap();
    assert!(String::from_utf8_lossy(&run(path, &store, &["doctor"]).stderr).contains("newer version"));
}
