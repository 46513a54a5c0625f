//! The harmony of Accompany on paper: songs as they are written or as a faulty ear hears them, without audio.

use std::path::Path;

use crate::band::{
    harmony_figures::{Chords, Figures, Jump, accompany, best_triads, figures, returns, tonic_triad},
    learned::{
        self, Departures,
        sections::{self, SectionFigures},
    },
    recitation::{Of, longest_run},
};
use anyhow::Result;
use serde::Serialize;
use songweave_engine::band::harmony::{Harmony, Overrides};
use songweave_models::ChordNetwork;
use songweave_score::{
    random::{Random, hash},
    songs::{
        sung_song::SungSong,
        transcription_noise::{Heard, Hearing},
    },
};

/// Share of the step that begins which the plugin hears before it decides.
const EARLY: f32 = 0.15;
/// The plugin's own adventure.
const ADVENTURE: f32 = 0.3;
/// Look-aheads in 16th notes that are measured.
const AHEAD: [usize; 3] = [2, 4, 8];
/// Seed of the errors of hearing.
const SEED: u64 = 11;

/// A system's figures.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Name.
    pub system: String,
    /// Its figures.
    pub figures: Figures,
    /// Where a passage returns: share of its steps that have the chord of the first time.
    pub returning: f64,
}

/// All figures.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many.
    pub songs: usize,
    /// Digest of the weights.
    pub digest: String,
    /// Parameters of the network.
    pub parameters: usize,
    /// What a 16th note costs.
    pub microseconds_per_step: f64,
    /// `[system]`.
    pub rows: Vec<Row>,
    /// Share of the songs with one key that have a chord of the new key four beats after a jump by a tritone.
    pub recovered: f64,
    /// Songs that can jump.
    pub jumps: usize,
    /// What is recited.
    pub recitation: Recitation,
    /// Of the songs once they are learned.
    pub learned: Learned,
}

/// What is measured of learned songs beside their chords.
#[derive(Debug, Serialize)]
pub struct Learned {
    /// Where sections begin; `None` where no song has labels.
    pub sections: Option<SectionFigures>,
    /// Other tunes that are sung.
    pub departures: Departures,
    /// Seconds in which a song of ten minutes is planned.
    pub planning_seconds: f64,
}

/// Longest runs in beats that are also in a training song.
#[derive(Debug, Serialize)]
pub struct Recitation {
    /// Of the chords.
    pub chords: usize,
    /// Of the chords together with the melody.
    pub chords_and_melody: usize,
    /// Of the annotated chords.
    pub true_chords: usize,
    /// Of the annotated chords together with the melody.
    pub true_chords_and_melody: usize,
}

/// Measures a network on songs; `trained` are those that it was trained on. Sections are labelled in `data/SONG/human_label1.txt`.
///
/// # Errors
/// The network fails.
pub fn measure(network: ChordNetwork, songs: Vec<SungSong>, trained: &[SungSong], data: &Path) -> Result<Report> {
    let (digest, parameters) = (network.digest().to_owned(), network.parameters());
    let mut evaluation = Evaluation { harmony: Harmony::new(network), songs, rows: Vec::new() };
    let began = std::time::Instant::now();
    let ours = evaluation.ours()?;
    let steps: usize = evaluation.songs.iter().map(|song| song.melody.len()).sum();
    let microseconds_per_step = began.elapsed().as_secs_f64() * 1e6 / steps as f64;
    evaluation.references();
    evaluation.conditions()?;
    let (recovered, jumps) = evaluation.recovery()?;
    let learned = evaluation.learned(data)?;
    let recitation = recitation(&evaluation.songs, &ours, trained);
    let (songs, rows) = (evaluation.songs.len(), evaluation.rows);
    Ok(Report { songs, digest, parameters, microseconds_per_step, rows, recovered, jumps, recitation, learned })
}

struct Evaluation {
    harmony: Harmony,
    songs: Vec<SungSong>,
    rows: Vec<Row>,
}

impl Evaluation {
    /// The system as it is meant to be used.
    fn ours(&mut self) -> Result<Vec<Chords>> {
        self.system("ours, true pitch", ADVENTURE, |_| Hearing::perfect(EARLY))
    }

    /// Between what the other rows lie.
    fn references(&mut self) {
        let truth: Vec<Chords> = self.songs.iter().map(|song| song.chords.clone()).collect();
        let best: Vec<Chords> = self.songs.iter().map(best_triads).collect();
        self.row("annotated chords", &truth);
        let with_key: Vec<SungSong> = self.songs.iter().filter(|song| song.key.is_some()).cloned().collect();
        let tonic: Vec<Chords> = with_key.iter().map(tonic_triad).collect();
        let (returning, figures) = (returns(&with_key, &tonic), figures(&with_key, &tonic));
        self.rows.push(Row { system: "tonic triad, of songs with one key".to_owned(), figures, returning });
        self.row("best triad of each bar, known afterwards", &best);
    }

    fn conditions(&mut self) -> Result<()> {
        self.system("ours, heard with errors", ADVENTURE, |random| Hearing::random(random).online())?;
        self.system("ours, nothing of the step heard before it", ADVENTURE, |_| Hearing::perfect(0.0))?;
        self.system("ours, adventure 0 %", 0.0, |_| Hearing::perfect(EARLY))?;
        self.system("ours, adventure 100 %", 1.0, |_| Hearing::perfect(EARLY))?;
        for steps in AHEAD {
            let name = format!("ours, look-ahead of {steps} steps");
            self.system(&name, ADVENTURE, |_| Hearing::perfect(EARLY).looking_ahead(steps))?;
        }
        Ok(())
    }

    fn system(&mut self, name: &str, adventure: f32, hearing: impl Fn(&mut Random) -> Hearing) -> Result<Vec<Chords>> {
        let overrides = Overrides { adventure, ..Overrides::default() };
        let mut chords = Vec::new();
        for song in &self.songs {
            let mut random = Random::for_task(SEED, hash(&song.name));
            let heard = Heard::of(&song.melody, &hearing(&mut random), &mut random);
            chords.push(
                accompany(&mut self.harmony, song, &heard, &overrides).map_err(|fault| anyhow::anyhow!(fault.0))?,
            );
        }
        self.row(name, &chords);
        Ok(chords)
    }

    /// The songs once they are learned: with true pitches, and heard with errors once and twice.
    fn learned(&mut self, data: &Path) -> Result<Learned> {
        let wanted = Overrides { adventure: ADVENTURE, ..Overrides::default() };
        let mut views = Vec::new();
        for (name, passes, erring) in [
            ("learned, true pitch", 1, false),
            ("learned, heard with errors", 1, true),
            ("learned, heard twice", 2, true),
        ] {
            let mut chords = Vec::new();
            for song in &self.songs {
                let mut random = Random::for_task(SEED, hash(&song.name));
                let mut heard = || {
                    let hearing = if erring { Hearing::random(&mut random) } else { Hearing::perfect(EARLY) };
                    Heard::of(&song.melody, &hearing, &mut random).steps
                };
                let passes: Vec<_> = (0..passes).map(|_| heard()).collect();
                let mut known = learned::learn(song, &passes)?;
                chords.push(learned::chords(&mut known, song, &wanted)?);
                if !erring {
                    views.push(known.shown());
                }
            }
            self.row(name, &chords);
        }
        let labelled = self.songs.iter().zip(&views).filter_map(|(song, view)| {
            Some((song, &**view, sections::labels(&data.join(&song.name).join("human_label1.txt")).ok()?))
        });
        let labelled: Vec<_> = labelled.collect();
        Ok(Learned {
            sections: (!labelled.is_empty()).then(|| sections::figures(&labelled)),
            departures: learned::departures(&self.songs, Hearing::random)?,
            planning_seconds: learned::planning_seconds(&self.songs)?,
        })
    }

    fn row(&mut self, system: &str, chords: &[Chords]) {
        let returning = returns(&self.songs, chords);
        self.rows.push(Row { system: system.to_owned(), figures: figures(&self.songs, chords), returning });
    }

    /// Share of the songs that recover, and how many have a key that can jump.
    fn recovery(&mut self) -> Result<(f64, usize)> {
        let (mut good, mut all) = (0, 0);
        for jump in self.songs.iter().filter_map(Jump::of) {
            let heard = Heard::of(&jump.song.melody, &Hearing::perfect(EARLY), &mut Random::new(SEED));
            let overrides = Overrides { adventure: ADVENTURE, ..Overrides::default() };
            let chords = accompany(&mut self.harmony, &jump.song, &heard, &overrides);
            let chords = chords.map_err(|fault| anyhow::anyhow!(fault.0))?;
            all += 1;
            good += usize::from(jump.recovered(&chords));
        }
        Ok((if all > 0 { good as f64 / all as f64 } else { 0.0 }, all))
    }
}

fn recitation(songs: &[SungSong], ours: &[Chords], trained: &[SungSong]) -> Recitation {
    let played: Vec<_> = songs.iter().zip(ours.iter().map(Vec::as_slice)).collect();
    let written: Vec<_> = songs.iter().map(|song| (song, song.chords.as_slice())).collect();
    Recitation {
        chords: longest_run(&played, trained, Of::Chords),
        chords_and_melody: longest_run(&played, trained, Of::ChordsAndMelody),
        true_chords: longest_run(&written, trained, Of::Chords),
        true_chords_and_melody: longest_run(&written, trained, Of::ChordsAndMelody),
    }
}
