//! Playlists as files: M3U8 for players and JSON for scripts, with paths relative to where they lie.

use std::path::{Component, Path};

use serde::Serialize;
use songweave_audio::draft::write_bytes;

use crate::{
    error::{LibraryError, Result},
    similarity::catalogue::Entry,
};

#[derive(Serialize)]
struct Song<'a> {
    path: String,
    title: &'a str,
    artist: Option<&'a str>,
    seconds: f64,
    key: Option<String>,
    bpm: Option<f32>,
    genre: Option<&'static str>,
}

/// Writes songs in order, as JSON where the name ends so, otherwise as M3U8.
///
/// # Errors
/// The name ends in neither `.m3u8`, `.m3u` nor `.json`, its folder does not exist, or the file cannot be written.
pub fn write(path: &Path, songs: &[&Entry]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = dunce::canonicalize(folder).map_err(|reason| LibraryError::io(folder, reason))?;
    let text = match path.extension().and_then(|kind| kind.to_str()) {
        Some("m3u8" | "m3u") => m3u8(songs, &folder),
        Some("json") => json(songs, &folder),
        _ => return Err(LibraryError::Ask(format!("{}: ends in neither .m3u8 nor .json", path.display()))),
    };
    Ok(write_bytes(path, text.as_bytes())?)
}

/// The lines of an M3U8 file in `folder`, which is an absolute path.
#[must_use]
pub fn m3u8(songs: &[&Entry], folder: &Path) -> String {
    let mut lines = String::from("#EXTM3U\n");
    for song in songs {
        let name = song.name().replace(['\n', '\r'], " ");
        lines.push_str(&format!("#EXTINF:{:.0},{name}\n{}\n", song.seconds, relative(Path::new(&song.path), folder)));
    }
    lines
}

fn json(songs: &[&Entry], folder: &Path) -> String {
    let song = |song: &&Entry| {
        serde_json::json!(Song {
            path: relative(Path::new(&song.path), folder),
            title: &song.title,
            artist: song.artist.as_deref(),
            seconds: song.seconds,
            key: song.key.map(|key| key.name()),
            bpm: song.bpm,
            genre: song.genre_name(),
        })
    };
    let songs: Vec<_> = songs.iter().map(song).collect();
    format!("{:#}\n", serde_json::json!({ "songs": songs }))
}

/// The way from an absolute folder to an absolute path, with `/` between; the path itself where there is none (another drive). A name
/// that begins like a comment is led in by `./`.
fn relative(path: &Path, folder: &Path) -> String {
    let (to, from): (Vec<Component>, Vec<Component>) = (path.components().collect(), folder.components().collect());
    let common = to.iter().zip(&from).take_while(|(to, from)| to == from).count();
    if common == 0 {
        return path.to_string_lossy().into_owned();
    }
    let up = from[common..].iter().map(|_| "..".to_owned());
    let down = to[common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let way = up.chain(down).collect::<Vec<_>>().join("/");
    if way.starts_with('#') { format!("./{way}") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn paths_are_told_from_where_the_list_lies() {
        for (path, folder, way) in [
            ("/music/a/one.mp3", "/music", "a/one.mp3"),
            ("/music/a/one.mp3", "/music/lists", "../a/one.mp3"),
            ("/music/#1.mp3", "/music", "./#1.mp3"),
            ("/one.mp3", "/lists/mine", "../../one.mp3"),
        ] {
            assert_eq!(relative(Path::new(path), Path::new(folder)), way);
        }
    }
}
