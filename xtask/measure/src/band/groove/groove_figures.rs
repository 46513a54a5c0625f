//! What the groove network generates: drums beside drummers and a baseline, the bass beside people's.

use std::time::Instant;

use serde::Serialize;
use songweave_dsp::band::{Chord, Instrument, Style};
use songweave_engine::band::{
    arrange::{Arranger, Singing, StepNote, StyleSettings},
    grid::GridTime,
    place::Place,
};
use songweave_models::groove::{BAR, DRUM_KEYS, DRUMS, GrooveNetwork};
use songweave_score::{
    error::Result,
    performances::{
        drum_clips::{DrumBar, DrumClip},
        piano_clips::PianoClip,
    },
    random::Random,
};

use crate::{
    band::groove::groove_statistics::{DrumFigures, Marginals, Recitation, Recited, distance},
    statistics::percentile,
};

/// Performances of each style that are generated, with densities from little to much.
const PERFORMANCES: u32 = 16;
/// Bars of each.
const BARS: i64 = 32;
/// Adventure of what is generated.
const ADVENTURE: f32 = 0.4;
/// Microseconds from which on a step has generated a section.
const SECTION: f64 = 100.0;
/// A singer who sings.
const SINGING: Singing = Singing { voiced: 0.4, level: -20.0, silent_steps: 0, known: None };

/// One style: what is generated, what drummers play who were not trained on, and the baseline.
#[derive(Debug, Serialize)]
pub struct StyleFigures {
    /// Name.
    pub style: &'static str,
    /// What is generated.
    pub generated: DrumFigures,
    /// What the test drummers play.
    pub test: Option<DrumFigures>,
    /// What the training drummers play.
    pub train: DrumFigures,
    /// Every step drawn for itself, as often as in training.
    pub marginals: DrumFigures,
    /// Distances of kick and snare placement from the test split's (from the training split's where there is none).
    pub placement: Vec<Placement>,
    /// How much of what is generated is in the training data.
    pub recited: Recited,
    /// How much of what the test drummers play is.
    pub recited_by_test: Option<Recited>,
}

/// Distances of kick and snare placement.
#[derive(Debug, Serialize)]
pub struct Placement {
    /// Of whom.
    pub of: &'static str,
    /// Of the kick.
    pub kick: f64,
    /// Of the snare.
    pub snare: f64,
}

/// The bass line over the annotated chords of the test songs.
#[derive(Debug, Serialize)]
pub struct BassFigures {
    /// Of whom.
    pub of: &'static str,
    /// Notes that begin in a bar.
    pub onsets_per_bar: f64,
    /// Share of the chord changes that have a bass onset.
    pub changes_played: f64,
    /// Of the changes that are played, those with the root.
    pub roots_on_changes: f64,
    /// Share of the onsets by semitones above the root.
    pub intervals: [f64; 12],
    /// Steps of the bar in which the onsets are.
    pub steps: [f64; BAR],
}

/// All figures.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of the network.
    pub parameters: usize,
    /// Each style.
    pub styles: Vec<StyleFigures>,
    /// Of the songs, and generated.
    pub bass: Vec<BassFigures>,
    /// Distance of the two in intervals.
    pub bass_interval_distance: f64,
    /// Share of the notes of all parts that begin within a tenth of a step of the grid, swing aside.
    pub on_grid: f64,
    /// Microseconds of a step.
    pub microseconds: Cost,
}

/// What steps cost, in microseconds.
#[derive(Debug, Serialize)]
pub struct Cost {
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Median of the steps in which a section is generated.
    pub section: f64,
    /// The dearest step.
    pub most: f64,
}

/// Plays and counts.
struct Band {
    arranger: Arranger,
    microseconds: Vec<f64>,
    notes: usize,
    on_grid: usize,
}

impl Report {
    /// Lets the band play every style and accompany the songs; `clips` are people's.
    ///
    /// # Errors
    /// A network fails.
    pub fn measure(network: GrooveNetwork, clips: &[DrumClip], songs: &[PianoClip]) -> Result<Self> {
        let parameters = network.parameters();
        let mut band = Band { arranger: Arranger::new(network), microseconds: Vec::new(), notes: 0, on_grid: 0 };
        let training: Vec<&[DrumBar]> = of(clips, None, "train", true);
        let recitation = Recitation::new(&training);
        let style = |style: &Style| style_figures(*style, clips, &recitation, &mut band);
        let styles = Style::ALL.iter().map(style).collect::<Result<_>>()?;
        let bass = [bass_played(songs), band.bass(songs)?];
        let bass_interval_distance = distance(&bass[0].intervals, &bass[1].intervals);
        let on_grid = band.on_grid as f64 / band.notes.max(1) as f64;
        let microseconds = band.cost();
        Ok(Self { parameters, styles, bass: bass.into(), bass_interval_distance, on_grid, microseconds })
    }
}

/// Bars of the clips of a style (all for `None`) and split, with or without fills.
fn of<'a>(clips: &'a [DrumClip], style: Option<Style>, split: &str, fills: bool) -> Vec<&'a [DrumBar]> {
    let fits = |clip: &&DrumClip| {
        style.is_none_or(|style| clip.style == style) && clip.split == split && (fills || !clip.fill)
    };
    clips.iter().filter(fits).map(|clip| clip.bars.as_slice()).collect()
}

fn style_figures(style: Style, clips: &[DrumClip], recitation: &Recitation, band: &mut Band) -> Result<StyleFigures> {
    let [train, test] = ["train", "test"].map(|split| of(clips, Some(style), split, false));
    let played = (0..PERFORMANCES).map(|seed| band.drums(style, seed)).collect::<Result<Vec<_>>>()?;
    let played: Vec<&[DrumBar]> = played.iter().map(Vec::as_slice).collect();
    let marginals = Marginals::of(train.iter().copied().flatten());
    let mut random = Random::new(style as u64);
    let independent: Vec<Vec<DrumBar>> =
        (0..PERFORMANCES).map(|_| marginals.play(BARS as usize, &mut random)).collect();
    let independent: Vec<&[DrumBar]> = independent.iter().map(Vec::as_slice).collect();
    let figures = [&played, &train, &independent].map(|bars| DrumFigures::of(bars));
    let tested = (!test.is_empty()).then(|| DrumFigures::of(&test));
    let truth = tested.as_ref().unwrap_or(&figures[1]);
    let placement = |(of, figures): (&'static str, &DrumFigures)| Placement {
        of,
        kick: distance(&figures.kick, &truth.kick),
        snare: distance(&figures.snare, &truth.snare),
    };
    let placement = ["generated", "train", "marginals"].into_iter().zip(&figures).map(placement).collect();
    let [generated, trained, marginals] = figures;
    Ok(StyleFigures {
        style: style.name(),
        generated,
        test: tested,
        train: trained,
        marginals,
        placement,
        recited: recitation.of(&played),
        recited_by_test: (!test.is_empty()).then(|| recitation.of(&test)),
    })
}

impl Band {
    /// A step, with the time it took.
    fn step(&mut self, step: i64, [now, next]: [Option<Chord>; 2], settings: &StyleSettings) -> Result<Vec<StepNote>> {
        let bar = BAR as i64;
        let place = Place {
            bar: step.div_euclid(bar),
            step: step.rem_euclid(bar) as u32,
            steps_per_bar: 16,
            steps_per_beat: 4,
        };
        let mut notes = Vec::new();
        let start = Instant::now();
        let time = GridTime::at_beginning(place, 0.125);
        self.arranger.step(&time, now, next, &SINGING, settings, &mut notes)?;
        self.microseconds.push(start.elapsed().as_secs_f64() * 1e6);
        notes.retain(|note| note.velocity > 0);
        if settings.style != Style::Swing {
            self.notes += notes.len();
            self.on_grid += notes.iter().filter(|note| note.delay.abs() < 0.1).count();
        }
        Ok(notes)
    }

    /// A performance over one chord.
    fn drums(&mut self, style: Style, seed: u32) -> Result<Vec<DrumBar>> {
        let density = (seed as f32 + 0.5) / PERFORMANCES as f32;
        let settings = StyleSettings { style, density, adventure: ADVENTURE, seed };
        let mut bars = vec![[[0; DRUMS]; BAR]; BARS as usize];
        self.arranger.reset();
        for step in 0..BARS * BAR as i64 {
            for note in self.step(step, [Some(Chord::default()); 2], &settings)? {
                let drum = DRUM_KEYS.iter().position(|key| *key == note.key);
                if let Some(drum) = drum.filter(|_| note.instrument == Instrument::Drums) {
                    bars[step as usize / BAR][step as usize % BAR][drum] = note.velocity;
                }
            }
        }
        Ok(bars)
    }

    /// The bass over the chords of songs, as ballad or pop by their tempo.
    fn bass(&mut self, songs: &[PianoClip]) -> Result<BassFigures> {
        let mut count = BassCount::default();
        for (seed, song) in songs.iter().enumerate() {
            let style = if song.tempo == 0 { Style::Ballad } else { Style::Pop };
            let settings = StyleSettings { style, density: 0.5, adventure: ADVENTURE, seed: seed as u32 };
            self.arranger.reset();
            for (step, heard) in song.steps.iter().enumerate() {
                let next = song.steps.get((step / 4 + 1) * 4).and_then(|step| step.chord);
                let notes = self.step(step as i64, [heard.chord, next], &settings)?;
                let bass = notes.iter().find(|note| note.instrument == Instrument::Bass);
                let interval = bass.zip(heard.chord).map(|(note, chord)| (note.key + 12 - chord.root) % 12);
                count.add(step, heard.change, interval);
            }
        }
        Ok(count.figures("generated"))
    }

    fn cost(&mut self) -> Cost {
        self.microseconds.sort_by(f64::total_cmp);
        let at = |share: f64| percentile(&self.microseconds, share);
        // Every other step costs a few microseconds.
        let sections = self.microseconds.iter().filter(|cost| **cost < SECTION).count();
        let section = self.microseconds.get((sections + self.microseconds.len()) / 2).copied().unwrap_or(0.0);
        Cost { p50: at(0.5), p99: at(0.99), section, most: at(1.0) }
    }
}

fn bass_played(songs: &[PianoClip]) -> BassFigures {
    let mut count = BassCount::default();
    for song in songs {
        song.steps.iter().enumerate().for_each(|(step, heard)| count.add(step, heard.change, heard.interval));
    }
    count.figures("test songs")
}

#[derive(Default)]
struct BassCount {
    steps: usize,
    changes: usize,
    played: usize,
    roots: usize,
    intervals: [f64; 12],
    places: [f64; BAR],
}

impl BassCount {
    fn add(&mut self, step: usize, change: bool, interval: Option<u8>) {
        self.steps += 1;
        self.changes += usize::from(change);
        if let Some(interval) = interval {
            self.played += usize::from(change);
            self.roots += usize::from(change && interval == 0);
            self.intervals[usize::from(interval)] += 1.0;
            self.places[step % BAR] += 1.0;
        }
    }

    fn figures(self, of: &'static str) -> BassFigures {
        let onsets = self.intervals.iter().sum::<f64>().max(1.0);
        BassFigures {
            of,
            onsets_per_bar: onsets / (self.steps.max(1) as f64 / BAR as f64),
            changes_played: self.played as f64 / self.changes.max(1) as f64,
            roots_on_changes: self.roots as f64 / self.played.max(1) as f64,
            intervals: self.intervals.map(|count| count / onsets),
            steps: self.places.map(|count| count / onsets),
        }
    }
}
