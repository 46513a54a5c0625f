//! The melody network: what unseen melodies cost it beside counts, and what it writes beside what people wrote.

use std::path::Path;

use serde::Serialize;
use songweave_datasets::band::{
    melody_ngram::{Cost, NGram},
    melody_set::training_melodies,
};
use songweave_engine::band::melody::MelodyWriter;
use songweave_models::melody::MelodyNetwork;
use songweave_score::{
    songs::melody_songs::{Corpus, MelodySong, read_melodies},
    split::Split,
};

use crate::band::melody_figures::{LineNote, MelodyFigures, cost, longest_run, sung_anew, written};

/// The plugin's own adventure, beside which others are written.
const ADVENTURES: [f32; 3] = [0.3, 0.0, 1.0];
const SEED: u32 = 1;

/// Nats per note on one corpus.
#[derive(Serialize)]
pub struct Loss {
    /// Name of the corpus, `all` for all of them.
    pub corpus: &'static str,
    /// Songs measured.
    pub songs: usize,
    /// Notes in them.
    pub notes: usize,
    /// Counts of pairs of notes.
    pub two_gram: f64,
    /// Counts of four notes in a row.
    pub four_gram: f64,
    /// The network.
    pub network: f64,
}

/// What one way to write melodies gives.
#[derive(Serialize)]
pub struct Written {
    /// Who wrote.
    pub system: String,
    /// What the lines are like.
    pub figures: MelodyFigures,
    /// Notes of the longest run that is in a training song.
    pub longest_run: usize,
}

/// All of it.
#[derive(Serialize)]
pub struct MelodyReport {
    /// SHA-256 of the weight file.
    pub digest: String,
    /// Trained numbers.
    pub parameters: usize,
    /// Time of a note or rest.
    pub microseconds_per_note: f64,
    /// By corpus.
    pub losses: Vec<Loss>,
    /// By writer.
    pub written: Vec<Written>,
}

/// Calls of `progress` in [`measure`].
pub const STEPS: usize = 4 + ADVENTURES.len();

/// Measures on the test songs, or on the validation songs, by which training and temperature were chosen. `progress` is
/// called [`STEPS`] times.
///
/// # Errors
/// Songs cannot be read or a network fails, with the reason.
pub fn measure(data: &Path, validation: bool, progress: impl Fn()) -> Result<MelodyReport, String> {
    let [training, choosing] = training_melodies(data).map_err(reason)?;
    let aside = || {
        read_melodies(data)
            .map_err(reason)
            .map(|songs: Vec<MelodySong>| songs.into_iter().filter(|song| Split::of(&song.name) == Split::Test))
    };
    let (tested, known) = if validation {
        (choosing, training.clone())
    } else {
        (aside()?.collect(), training.iter().chain(&choosing).cloned().collect())
    };
    progress();
    let grams = [2, 4].map(|order| {
        progress();
        NGram::of(order, training.iter())
    });
    let mut network = MelodyNetwork::embedded().map_err(reason)?;
    let mut costs = Vec::new();
    for song in &tested {
        costs.push([grams[0].cost(song), grams[1].cost(song), cost(song, &mut network).map_err(reason)?]);
    }
    let corpora = [
        ("POP909", Some(Corpus::Pop)),
        ("Lieder", Some(Corpus::ArtSong)),
        ("OpenEWLD", Some(Corpus::LeadSheet)),
        ("all", None),
    ];
    let losses = corpora.map(|(name, corpus)| loss(name, corpus, &tested, &costs)).into_iter().collect();
    progress();
    let pop: Vec<&MelodySong> = tested.iter().filter(|song| song.corpus == Corpus::Pop).collect();
    let real: Vec<_> = pop.iter().map(|song| (*song, written(song))).collect();
    let mut systems = vec![system("as people wrote them".to_owned(), &real, &known)];
    let mut writer = MelodyWriter::new(network.clone());
    for adventure in ADVENTURES {
        let lines: Result<Vec<_>, String> = pop
            .iter()
            .map(|song| Ok((*song, sung_anew(song, &mut writer, adventure, SEED).map_err(reason)?)))
            .collect();
        systems.push(system(format!("network, adventure {:.0} %", 100.0 * adventure), &lines?, &known));
        progress();
    }
    Ok(MelodyReport {
        digest: network.digest().to_owned(),
        parameters: network.parameters(),
        microseconds_per_note: microseconds(&mut network, &pop)?,
        losses,
        written: systems,
    })
}

fn reason(error: impl std::fmt::Display) -> String {
    error.to_string()
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
fn microseconds(network: &mut MelodyNetwork, songs: &[&MelodySong]) -> Result<f64, String> {
    let songs = &songs[..songs.len().min(8)];
    let begun = std::time::Instant::now();
    songs.iter().try_for_each(|song| cost(song, network).map(drop).map_err(reason))?;
    let events: usize = songs.iter().map(|song| song.events.len()).sum();
    Ok(begun.elapsed().as_secs_f64() * 1e6 / events.max(1) as f64)
}
