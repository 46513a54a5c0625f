//! `cargo xtask evaluate mash`: all ordered pairs of some songs.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Result, anyhow, bail, ensure};
use indicatif::ProgressBar;
use songweave_audio::draft::write_bytes;
use songweave_cli::device::DeviceChoice;
use songweave_datasets::stems::{
    multitracks::{TEST_SONGS, folder_name},
    song_folders,
};
use songweave_engine::mash::studio::{Asked, Decider};
use songweave_measure::mash::evaluation::{EvaluationSong, PairFigures, measure_pair};
use songweave_models::{mash::MashNetwork, studio::StudioNetwork};

use songweave_measure::mash::report::Report;

use crate::build::bundle::studio;

use super::{MashArgs, RATE, bar, held_out, network, print};

/// Bytes of prepared songs that are kept in memory; beyond that songs are read again when they are needed.
const KEPT: usize = 2_000_000_000;
/// In which time a device is to answer: nobody hurries, but it waits a little for the other direction.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn run(args: &MashArgs) -> Result<()> {
    if let Some(seconds) = args.seconds {
        ensure!(seconds >= 1.0 && seconds.is_finite(), "--seconds must be 1 or more, {seconds} is not");
    }
    let songs = songs(args)?;
    let network = network(args.weights.as_deref())?;
    held_out::warn(&network, &songs);
    let studio = if args.studio { Some(studio_network(args.device)?) } else { None };
    let pairs = pairs(&songs, args.seconds, &network, studio.as_ref())?;
    let report = Report::new(&network, RATE, args.seconds, pairs);
    print::report(&report);
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

/// The network of Studio quality as it ships. Both directions of a pair are answered together on a device.
fn studio_network(device: DeviceChoice) -> Result<Decider> {
    studio::provide()?;
    let weights = std::fs::read(studio::path())?;
    let own = Decider::from(StudioNetwork::from_bytes(&weights)?);
    let Some(device) = device.open()? else { return Ok(own) };
    Ok(own.with_device(&device, weights.into(), Asked::Within(ANSWERED_WITHIN), Arc::default())?)
}

/// Folders of the songs to measure, at least two.
fn songs(args: &MashArgs) -> Result<Vec<PathBuf>> {
    let (data, all) = match &args.data {
        Some(data) => (data.clone(), song_folders::songs(data)?),
        None => {
            let folder = Path::new(crate::data::dataset::DATA).join("stems/src");
            let tests = TEST_SONGS.iter().map(|name| folder.join(name)).collect();
            (folder, tests)
        }
    };
    let chosen = if args.songs.is_empty() { all.clone() } else { choose(&all, &args.songs)? };
    match chosen.as_slice() {
        [] => bail!("--songs names no song; there are {}", names(&all)),
        [single] => bail!(
            "{}: only one song here ({}), two are needed; give each song's stems a folder of its own",
            data.display(),
            folder_name(single)
        ),
        _ => Ok(chosen),
    }
}

/// The songs of these names: the same name, otherwise the only one that has it in its name.
fn choose(all: &[PathBuf], wanted: &[String]) -> Result<Vec<PathBuf>> {
    let mut chosen: Vec<PathBuf> = Vec::new();
    for name in wanted.iter().map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()) {
        let lower = |path: &&PathBuf| folder_name(path).to_lowercase();
        let exact: Vec<_> = all.iter().filter(|path| lower(path) == name).collect();
        let part: Vec<_> = all.iter().filter(|path| lower(path).contains(&name)).collect();
        let found = if exact.is_empty() { part } else { exact };
        match found.as_slice() {
            [one] if chosen.contains(one) => {}
            [one] => chosen.push((*one).clone()),
            [] => bail!("--songs: no song is called \"{name}\"; there are {}", names(all)),
            several => {
                let several: Vec<PathBuf> = several.iter().map(|&path| path.clone()).collect();
                bail!("--songs: \"{name}\" could be {}; name one in full", names(&several))
            }
        }
    }
    Ok(chosen)
}

fn names(songs: &[PathBuf]) -> String {
    songs.iter().map(|path| folder_name(path)).collect::<Vec<_>>().join(", ")
}

/// Reads songs and keeps them as long as there is room.
struct Library<'a> {
    kept: HashMap<&'a Path, Arc<EvaluationSong>>,
    bytes: usize,
    seconds: Option<f64>,
    bar: &'a ProgressBar,
}

impl<'a> Library<'a> {
    fn get(&mut self, folder: &'a Path) -> Result<Arc<EvaluationSong>> {
        if let Some(song) = self.kept.get(folder) {
            return Ok(song.clone());
        }
        self.bar.set_message(format!("reading {}", folder_name(folder)));
        let read = song_folders::load(folder, RATE)?;
        let song = Arc::new(EvaluationSong::with_known(&read.song, self.seconds, read.known));
        if self.bytes + song.bytes() < KEPT {
            self.bytes += song.bytes();
            self.kept.insert(folder, song.clone());
        }
        Ok(song)
    }
}

/// Measures all ordered pairs, both directions of two songs at the same time.
fn pairs(
    folders: &[PathBuf],
    seconds: Option<f64>,
    network: &MashNetwork,
    studio: Option<&Decider>,
) -> Result<Vec<PairFigures>> {
    let bar = bar(folders.len() * (folders.len() - 1));
    let mut library = Library { kept: HashMap::new(), bytes: 0, seconds, bar: &bar };
    let mut pairs = Vec::new();
    for (index, folder) in folders.iter().enumerate() {
        let one = library.get(folder)?;
        for folder in &folders[index + 1..] {
            let other = library.get(folder)?;
            bar.set_message(format!("measuring {} and {}", one.name, other.name));
            pairs.extend(both_ways(&one, &other, network, studio)?);
            bar.inc(2);
        }
        library.bytes -= library.kept.remove(folder.as_path()).map_or(0, |song| song.bytes());
    }
    bar.finish_and_clear();
    Ok(pairs)
}

fn both_ways(
    one: &EvaluationSong,
    other: &EvaluationSong,
    network: &MashNetwork,
    studio: Option<&Decider>,
) -> Result<[PairFigures; 2]> {
    let (there, back) = thread::scope(|scope| {
        let back = scope.spawn(|| measure_pair(other, one, network, studio));
        (measure_pair(one, other, network, studio), back.join())
    });
    let back = back.map_err(|_| anyhow!("measuring {} with {} broke off", other.name, one.name))?;
    Ok([there.map_err(anyhow::Error::msg)?, back.map_err(anyhow::Error::msg)?])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn songs_are_chosen_by_name_or_by_the_only_name_that_has_it() {
        let all: Vec<PathBuf> = ["1.One", "10.One more", "2.Twö"].iter().map(PathBuf::from).collect();
        let choose = |names: &[&str]| choose(&all, &names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(choose(&["1.one", " twö"]).unwrap(), [all[0].clone(), all[2].clone()]);
        assert!(choose(&["one"]).unwrap_err().to_string().contains("1.One, 10.One more"));
        assert!(choose(&["three"]).unwrap_err().to_string().contains("no song is called \"three\""));
    }
}
