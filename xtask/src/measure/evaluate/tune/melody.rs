//! The melody network: what unseen melodies cost it beside counts, and what it writes beside what people wrote.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use songweave_datasets::band::{
    melody_ngram::{Cost, NGram},
    melody_set::training_melodies,
};
use songweave_engine::band::melody::MelodyWriter;
use songweave_measure::band::melody_figures::{LineNote, MelodyFigures, cost, longest_run, sung_anew, written};
use songweave_models::melody::MelodyNetwork;
use songweave_score::{
    songs::melody_songs::{Corpus, MelodySong, read_melodies},
    split::Split,
};

/// The plugin's own adventure, beside which others are written.
const ADVENTURES: [f32; 3] = [0.3, 0.0, 1.0];
const SEED: u32 = 1;

/// Nats per note on one corpus.
#[derive(Serialize)]
pub(super) struct Loss {
    pub(super) corpus: &'static str,
    pub(super) songs: usize,
    pub(super) notes: usize,
    pub(super) two_gram: f64,
    pub(super) four_gram: f64,
    pub(super) network: f64,
}

/// What one way to write melodies gives.
#[derive(Serialize)]
pub(super) struct Written {
    pub(super) system: String,
    pub(super) figures: MelodyFigures,
    /// Notes of the longest run that is in a training song.
    pub(super) longest_run: usize,
}

/// All of it.
#[derive(Serialize)]
pub(super) struct MelodyReport {
    pub(super) digest: String,
    pub(super) parameters: usize,
    pub(super) microseconds_per_note: f64,
    pub(super) losses: Vec<Loss>,
    pub(super) written: Vec<Written>,
}

/// Measures on the songs that are set aside, or on those that training and temperature were chosen by.
pub(super) fn measure(data: &Path, choose: bool) -> Result<MelodyReport> {
    let bar = super::super::bar(4 + ADVENTURES.len()).with_message("melody network");
    let [training, choosing] = training_melodies(data)?;
    let aside =
        || read_melodies(data).map(|songs| songs.into_iter().filter(|song| Split::of(&song.name) == Split::Test));
    let (tested, known) = if choose {
        (choosing, training.clone())
    } else {
        (aside()?.collect(), training.iter().chain(&choosing).cloned().collect())
    };
    bar.inc(1);
    let grams = [2, 4].map(|order| {
        bar.inc(1);
        NGram::of(order, training.iter())
    });
    let mut network = MelodyNetwork::embedded()?;
    let mut costs = Vec::new();
    for song in &tested {
        costs.push([grams[0].cost(song), grams[1].cost(song), cost(song, &mut network)?]);
    }
    let corpora = [
        ("POP909", Some(Corpus::Pop)),
        ("Lieder", Some(Corpus::ArtSong)),
        ("OpenEWLD", Some(Corpus::LeadSheet)),
        ("all", None),
    ];
    let losses = corpora.map(|(name, corpus)| loss(name, corpus, &tested, &costs)).into_iter().collect();
    bar.inc(1);
    let pop: Vec<&MelodySong> = tested.iter().filter(|song| song.corpus == Corpus::Pop).collect();
    let real: Vec<_> = pop.iter().map(|song| (*song, written(song))).collect();
    let mut systems = vec![system("as people wrote them".to_owned(), &real, &known)];
    let mut writer = MelodyWriter::new(network.clone());
    for adventure in ADVENTURES {
        let lines: Result<Vec<_>> =
            pop.iter().map(|song| Ok((*song, sung_anew(song, &mut writer, adventure, SEED)?))).collect();
        systems.push(system(format!("network, adventure {:.0} %", 100.0 * adventure), &lines?, &known));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(MelodyReport {
        digest: network.digest().to_owned(),
        parameters: network.parameters(),
        microseconds_per_note: microseconds(&mut network, &pop)?,
        losses,
        written: systems,
    })
}

fn loss(name: &'static str, corpus: Option<Corpus>, songs: &[MelodySong], costs: &[[Cost; 3]]) -> Loss {
    let of = |song: &MelodySong| corpus.is_none_or(|corpus| song.corpus == corpus);
    let mut sums = [Cost::default(); 3];
    for (_, costs) in songs.iter().zip(costs).filter(|(song, _)| of(song)) {
        sums.iter_mut().zip(costs).for_each(|(sum, cost)| *sum += *cost);
    }
    let [two_gram, four_gram, network] = sums.map(|sum| sum.per_note());
    let count = songs.iter().filter(|song| of(song)).count();
    Loss { corpus: name, songs: count, notes: sums[0].notes as usize, two_gram, four_gram, network }
}

fn system(system: String, lines: &[(&MelodySong, Vec<LineNote>)], known: &[MelodySong]) -> Written {
    let notes: Vec<&[LineNote]> = lines.iter().map(|(_, line)| line.as_slice()).collect();
    Written { system, figures: MelodyFigures::of(lines), longest_run: longest_run(&notes, known) }
}

/// Time of a note or rest, both answers.
fn microseconds(network: &mut MelodyNetwork, songs: &[&MelodySong]) -> Result<f64> {
    let songs = &songs[..songs.len().min(8)];
    let begun = std::time::Instant::now();
    songs.iter().try_for_each(|song| cost(song, network).map(drop))?;
    let events: usize = songs.iter().map(|song| song.events.len()).sum();
    Ok(begun.elapsed().as_secs_f64() * 1e6 / events.max(1) as f64)
}
