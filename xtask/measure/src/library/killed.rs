//! Whether anything is lost when the program is killed.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::Value;
use songweave_score::random::Random;

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Killed {
    /// Moments at which it was killed.
    pub kills: usize,
    /// Songs in the folder.
    pub songs: usize,
    /// Songs that were in the library after each.
    pub songs_after: Vec<u64>,
    /// Times that the store was damaged afterwards.
    pub damaged: usize,
    /// Songs that were there before a kill and not after it.
    pub lost: u64,
    /// Songs too many or too few when an index ran to its end at last.
    pub wrong_at_last: u64,
}

/// Kills `program` while it indexes `music` into fresh stores in `folder`, at random moments of the time that it takes.
///
/// # Errors
/// The program cannot be run, or fails when it is left alone.
pub fn killed(program: &Path, music: &Path, folder: &Path, kills: usize, seed: u64) -> std::io::Result<Killed> {
    let index = |store: &Path| {
        let mut command = Command::new(program);
        command.arg("--store").arg(store).args(["index", "--json"]).arg(music);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command
    };
    let clean = folder.join("clean.sqlite");
    let started = Instant::now();
    let songs = told(&index(&clean).output()?.stdout, "tracks");
    let whole = started.elapsed().as_secs_f64();
    let mut random = Random::new(seed);
    let mut found =
        Killed { kills, songs: songs as usize, songs_after: Vec::new(), damaged: 0, lost: 0, wrong_at_last: 0 };
    let (mut round, mut before) = (0, 0);
    for _ in 0..kills {
        let store = folder.join(format!("killed-{round}.sqlite"));
        let mut child = index(&store).stdout(Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_secs_f64(whole * 0.5 * f64::from(random.unit())));
        child.kill()?;
        child.wait()?;
        let (tracks, sound) = state(program, &store)?;
        found.damaged += usize::from(!sound);
        found.lost += before - tracks.min(before);
        found.songs_after.push(tracks);
        before = tracks;
        if tracks == songs {
            found.wrong_at_last += complete(&mut index(&store), songs)?;
            (round, before) = (round + 1, 0);
        }
    }
    found.wrong_at_last += complete(&mut index(&folder.join(format!("killed-{round}.sqlite"))), songs)?;
    Ok(found)
}

/// Runs an index to its end: by how much its songs differ from those wanted, and songs that a second look hears again.
fn complete(index: &mut Command, songs: u64) -> std::io::Result<u64> {
    let tracks = told(&index.output()?.stdout, "tracks");
    let again = told(&index.output()?.stdout, "heard");
    Ok(tracks.abs_diff(songs) + again)
}

/// Songs in a store, and whether it is sound; a store that does not exist yet is.
fn state(program: &Path, store: &Path) -> std::io::Result<(u64, bool)> {
    let output = Command::new(program).arg("--store").arg(store).args(["doctor", "--json"]).output()?;
    let nothing_yet = String::from_utf8_lossy(&output.stderr).contains("there is no library yet");
    Ok((told(&output.stdout, "tracks"), output.status.success() || nothing_yet))
}

fn told(answer: &[u8], name: &str) -> u64 {
    serde_json::from_slice(answer).ok().and_then(|value: Value| value[name].as_u64()).unwrap_or(0)
}
