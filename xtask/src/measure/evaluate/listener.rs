//! `cargo xtask evaluate listener`: genres, and what is found by song vectors.

pub(super) mod bliss;
mod changed;
mod plots;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_library::similarity::cells::Weights;
use songweave_measure::listener::{
    genre::{self, GenreFigures},
    page::{self, PageCost},
    recordings::{Hearer, Recording, files},
    retrieval::{self, Closeness, Retrieval},
};

use super::bar;

#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder of folders of recordings: one for each genre (named as the listener names it), artist or album
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to write the figures; pictures of the genres go beside it
    #[arg(long, value_name = "FILE")]
    pub(super) json: PathBuf,
    /// Leave bliss out, which is fetched from PyPI
    #[arg(long)]
    without_bliss: bool,
}

/// Everything that is measured.
#[derive(Serialize)]
struct Figures {
    recordings: usize,
    unheard: usize,
    genre: Option<GenreFigures>,
    retrieval: Vec<Retrieval>,
    /// Seconds of sound that are heard in a second, decoding included, and recordings a second: one thread.
    times_real_time: f64,
    recordings_a_second: f64,
    bliss_recordings_a_second: Option<f64>,
    /// Share of the recordings that are known again a semitone higher, 6 dB softer, as MP3s of 128 kbit/s.
    known_again: Option<f64>,
    /// What the plugin's Listen page costs.
    page: PageCost,
}

/// Measures all recordings and prints the figures.
pub(super) fn run(args: &Args) -> Result<()> {
    let files = files(&args.data)?;
    let (mut hearer, bar) = (Hearer::new()?, bar(files.len()));
    let (mut recordings, mut paths, mut unheard): (Vec<Recording>, Vec<PathBuf>, Vec<String>) = Default::default();
    for (group, path) in files {
        match hearer.hear(&group, &path) {
            Ok(Some(recording)) => {
                recordings.push(recording);
                paths.push(path);
            }
            Ok(None) => unheard.push(format!("{}: there is nothing to hear in it", path.display())),
            Err(error) => unheard.push(error.to_string()),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    unheard.iter().for_each(|reason| println!("left out: {reason}"));
    ensure!(recordings.len() > 1, "only {} recordings could be heard; nothing can be compared", recordings.len());
    let mut found = retrieval::measure(&recordings);
    found.push(by_rarity(&recordings));
    let bliss_speed = if args.without_bliss { None } else { beside_bliss(&recordings, &paths, &mut found) };
    let known_again = match changed::known_again(&mut hearer, &recordings, &paths) {
        Ok(share) => Some(share),
        Err(error) => {
            println!("no recording was changed and heard again: {error:#}");
            None
        }
    };
    let sum = |which: usize| recordings.iter().map(|recording| recording.seconds[which]).sum::<f64>();
    let figures = Figures {
        recordings: recordings.len(),
        unheard: unheard.len(),
        genre: genre::measure(&recordings),
        retrieval: found,
        times_real_time: sum(0) / sum(1),
        recordings_a_second: recordings.len() as f64 / sum(1),
        bliss_recordings_a_second: bliss_speed,
        known_again,
        page: page::measure(&changed::minute(&paths[0])?)?,
    };
    print(&figures);
    if let Some(genre) = &figures.genre {
        plots::confusion(genre).write(&args.json.with_extension("confusion.png"))?;
        plots::reliability(genre).write(&args.json.with_extension("reliability.png"))?;
    }
    write_bytes(&args.json, &serde_json::to_vec_pretty(&figures)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

/// Slices weighed by how rare their like is, as the library does it.
fn by_rarity(recordings: &[Recording]) -> Retrieval {
    let slices: Vec<Vec<[f32; 100]>> = recordings
        .iter()
        .map(|recording| recording.heard[0].iter().filter_map(|slice| slice.as_slice().try_into().ok()).collect())
        .collect();
    let weights = Weights::count(slices.iter().map(Vec::as_slice));
    let songs: Vec<Vec<f32>> = slices.iter().map(|slices| weights.song(slices).to_vec()).collect();
    retrieval::of_vectors("Songweave, slices weighed by TF-IDF", &songs, &groups(recordings), Closeness::Direction)
}

fn groups(recordings: &[Recording]) -> Vec<&str> {
    recordings.iter().map(|recording| recording.group.as_str()).collect()
}

/// bliss's figures on the files that it can decode, and its speed. Its wheel does not run on every processor; then it is
/// left out with a word.
fn beside_bliss(recordings: &[Recording], paths: &[PathBuf], found: &mut Vec<Retrieval>) -> Option<f64> {
    let analyses = match bliss::analyse(paths) {
        Ok(analyses) => analyses,
        Err(error) => {
            println!("bliss is left out: {error:#}");
            return None;
        }
    };
    let decoded: Vec<(&Recording, &bliss::Analysis)> = recordings
        .iter()
        .zip(&analyses)
        .filter_map(|(recording, analysis)| Some((recording, analysis.as_ref()?)))
        .collect();
    let songs: Vec<Vec<f32>> = decoded.iter().map(|(_, analysis)| analysis.numbers.clone()).collect();
    let groups: Vec<&str> = decoded.iter().map(|(recording, _)| recording.group.as_str()).collect();
    found.push(retrieval::of_vectors("bliss", &songs, &groups, Closeness::Distance));
    let seconds: f64 = decoded.iter().map(|(_, analysis)| analysis.seconds).sum();
    (!decoded.is_empty()).then(|| decoded.len() as f64 / seconds)
}

fn print(figures: &Figures) {
    if let Some(genre) = &figures.genre {
        println!(
            "Genre of {} recordings: {:.1} % right, {:.1} % among three, macro F1 {:.3}, calibration error {:.3}",
            genre.recordings,
            100.0 * genre.accuracy,
            100.0 * genre.top_three,
            genre.macro_f1,
            genre.calibration_error
        );
    }
    println!("{:<38} same song  nearest    five  hubness  of recordings", "found by");
    for Retrieval { system, same_song, first, five, hubness, recordings } in &figures.retrieval {
        let same_song = if same_song.is_nan() { "–".to_owned() } else { format!("{same_song:.3}") };
        println!(
            "{system:<38} {same_song:>9} {first:>8.3} {five:>7.3} {hubness:>8.1}  {} of {}",
            recordings[0], recordings[1]
        );
    }
    println!(
        "Heard {:.0} times as fast as real time, {:.2} recordings a second on one thread, decoding included",
        figures.times_real_time, figures.recordings_a_second
    );
    if let Some(speed) = figures.bliss_recordings_a_second {
        println!("bliss: {speed:.2} recordings a second");
    }
    if let Some(share) = figures.known_again {
        println!("Known again a semitone higher, 6 dB softer, as MP3 of 128 kbit/s: {:.1} %", 100.0 * share);
    }
    let PageCost { slice_p50_ms, slice_p99_ms, core_share, .. } = figures.page;
    println!(
        "The Listen page with two songs: a slice takes {slice_p50_ms:.1} ms (p99 {slice_p99_ms:.1}), all of it {:.2} % of a core",
        100.0 * core_share
    );
}
