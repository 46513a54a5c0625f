//! The page: what it answers, and what it refuses, over HTTP as an attacker would speak it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::mpsc::channel,
    time::Duration,
};

use songweave_library::{serve::serve, store::Location};

/// A server on a library of some songs, for as long as the test runs.
struct Server {
    address: SocketAddr,
    _place: tempfile::TempDir,
    music: tempfile::TempDir,
}

fn server(songs: u64) -> Server {
    let music = common::folder(songs);
    let (place, mut store) = common::store();
    common::run(&mut store, music.path());
    let path = place.path().join("library.sqlite");
    let (send, address) = channel();
    std::thread::spawn(move || serve(&Location::File(path), 0, |address| send.send(address).unwrap()).unwrap());
    Server { address: address.recv_timeout(Duration::from_secs(60)).unwrap(), _place: place, music }
}

impl Server {
    /// Sends bytes; returns status and body.
    fn raw(&self, request: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // It may close before it has read all of a request that it refuses.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
        let status = String::from_utf8_lossy(&answer[..head]).split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or(0), answer[head..].to_vec())
    }

    /// A request as the page's own.
    fn ask(&self, method: &str, path: &str, more: &str, body: &str) -> (u16, Vec<u8>) {
        let host = self.address;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n{body}"
        );
        self.raw(request.as_bytes())
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        self.ask("GET", path, "", "")
    }

    fn json(&self, path: &str) -> serde_json::Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }
}

#[test]
fn the_page_shows_plays_suggests_joins_and_saves() {
    let server = server(4);
    for path in ["/", "/page.css", "/page.js"] {
        let (status, body) = server.get(path);
        assert!(status == 200 && body.len() > 1_000, "{path}");
        assert!(!String::from_utf8_lossy(&body).contains("http://") || path == "/page.js", "nothing is fetched");
    }
    let all = server.json("/api/songs");
    let ids: Vec<i64> = all["songs"].as_array().unwrap().iter().map(|song| song["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    let told = server.json(&format!("/api/songs/{}/suggestions?limit=2", ids[0]));
    assert_eq!(told.as_array().unwrap().len(), 2);
    assert!(!told[0]["why"].as_str().unwrap().is_empty());
    let way = server.json(&format!("/api/way?through={},{}&length=4", ids[0], ids[1]));
    assert_eq!((way[0].as_i64(), way[3].as_i64()), (Some(ids[0]), Some(ids[1])));

    let json = "Content-Type: application/json\r\n";
    let list = format!(r#"{{"name":"mine","tracks":[{},{}]}}"#, ids[2], ids[0]);
    assert_eq!(server.ask("POST", "/api/playlists", json, &list).0, 200);
    assert_eq!(server.ask("POST", "/api/playlists", json, &list).0, 200, "saved again under its name");
    let lists = server.json("/api/playlists");
    assert_eq!(lists.as_array().unwrap().len(), 1);
    assert_eq!(lists[0]["tracks"], serde_json::json!([ids[2], ids[0]]));
    let (_, m3u8) = server.get(&format!("/api/playlists/{}.m3u8", lists[0]["id"]));
    // Songs are numbered as they were heard, which is not always their order in the folder.
    let title = all["songs"][2]["title"].as_str().unwrap();
    assert!(String::from_utf8(m3u8).unwrap().lines().nth(2).unwrap().ends_with(&format!("{title}.flac")));
}

#[test]
fn a_song_is_played_whole_and_in_ranges() {
    let server = server(2);
    let file = std::fs::read(server.music.path().join("song 00.flac")).unwrap();
    let songs = server.json("/api/songs");
    let song = songs["songs"].as_array().unwrap().iter().find(|song| song["title"] == "song 00").unwrap();
    let path = format!("/audio/{}", song["id"]);
    assert_eq!(server.get(&path), (200, file.clone()));
    let range = |range: &str| server.ask("GET", &path, &format!("Range: bytes={range}\r\n"), "");
    assert_eq!(range("100-199"), (206, file[100..200].to_vec()));
    assert_eq!(range("0-"), (206, file.clone()));
    assert_eq!(range("-10"), (206, file[file.len() - 10..].to_vec()));
    assert_eq!(range("99999999999-").0, 416);
    std::fs::remove_file(server.music.path().join("song 00.flac")).unwrap();
    assert_eq!(server.get(&path).0, 404, "gone meanwhile");
}

#[test]
fn other_hosts_origins_and_methods_are_refused() {
    let server = server(1);
    let port = server.address.port();
    let with =
        |head: &str| server.raw(format!("GET /api/songs HTTP/1.1\r\nConnection: close\r\n{head}\r\n").as_bytes()).0;
    assert_eq!(with(&format!("Host: 127.0.0.1:{port}\r\n")), 200);
    assert_eq!(with(&format!("Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n")), 200);
    for head in [
        "Host: evil.example\r\n".to_owned(),
        format!("Host: evil.example:{port}\r\n"),
        "Host: 127.0.0.1\r\n".to_owned(),
        format!("Host: 127.0.0.1:{port}.evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
        String::new(),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: null\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: https://127.0.0.1:{port}\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:1\r\n"),
        format!("Host: 127.0.0.1:{port}\r\nSec-Fetch-Site: cross-site\r\n"),
    ] {
        assert!(matches!(with(&head), 400 | 403), "{head:?} was answered {}", with(&head));
    }
    let json = "Content-Type: application/json\r\n";
    let list = r#"{"name":"x","tracks":[1]}"#;
    let post = |more: &str, body: &str| server.ask("POST", "/api/playlists", more, body).0;
    assert_eq!(post("", list), 415, "a form of another page could send that");
    assert_eq!(post("Content-Type: text/plain\r\n", list), 415);
    assert_eq!(post(&format!("{json}Origin: http://evil.example\r\n"), list), 403);
    assert_eq!(post(json, "no json"), 400);
    assert_eq!(post(json, r#"{"name":"x","tracks":[4711]}"#), 400);
    assert_eq!(post(json, r#"{"name":"\u0000","tracks":[1]}"#), 400);
    assert_eq!(server.ask("POST", "/api/songs", json, list).0, 405);
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        assert_eq!(server.ask(method, "/api/playlists", "", "").0, 405, "{method}");
    }
    assert!(server.json("/api/playlists").as_array().unwrap().is_empty());
}

#[test]
fn paths_numbers_and_sizes_that_should_not_be_are_refused_and_it_goes_on() {
    let server = server(1);
    for path in [
        "/../../etc/passwd",
        "/audio/../../../etc/passwd",
        "/audio//etc/passwd",
        "/audio/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/audio/C:%5CWindows%5Cwin.ini",
        "/audio/file:///etc/passwd",
        "/audio/999999",
        "/audio/-1",
        "/audio/99999999999999999999999999",
        "/audio/1%00",
        "/audio/",
        "/api/songs/0/suggestions",
        "/api/songs/1'%20OR%20'1'='1/suggestions",
        "/api/playlists/1.m3u8",
        "/api/playlists/..%2f..%2fetc%2fpasswd",
        "/api/way?through=1,2,3",
        "/api/way",
        "/page.html",
    ] {
        let (status, body) = server.get(path);
        assert!(matches!(status, 400 | 404), "{path} was answered {status}");
        assert!(!String::from_utf8_lossy(&body).contains("root:"), "{path}");
    }
    assert_eq!(server.get(&format!("/api/way?through=1&x={}", "y".repeat(10_000))).0, 414);
    assert!(matches!(server.get(&format!("/{}", "y".repeat(200_000))).0, 0 | 400 | 414 | 431));
    let json = "Content-Type: application/json\r\n";
    let long = format!(r#"{{"name":"x","tracks":[{}1]}}"#, "1,".repeat(2_000_000));
    assert!(matches!(server.ask("POST", "/api/playlists", json, &long).0, 0 | 413));
    let many = format!(r#"{{"name":"x","tracks":[{}1]}}"#, "1,".repeat(5_000));
    assert_eq!(server.ask("POST", "/api/playlists", json, &many).0, 400);
    for query in ["limit=99999999", "limit=-1", "limit=nan", "per_artist=x&limit=0"] {
        assert_eq!(server.get(&format!("/api/songs/1/suggestions?{query}")).0, 200, "{query}");
    }
    for query in ["drunk=nan", "drunk=1e99", "keep_on=0", "keep_on=-5", "length=99999999", "seed=-1"] {
        assert_eq!(server.get(&format!("/api/way?through=1&{query}")).0, 200, "{query}");
    }
    assert_eq!(server.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no HTTP at all\r\n\r\n").0, 400);
    assert_eq!(server.json("/api/songs")["songs"].as_array().unwrap().len(), 1);
}
