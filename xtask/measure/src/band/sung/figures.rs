//! What is measured of a song, and of all songs.

use std::collections::BTreeMap;

use crate::band::chord_figures::{HarmonyFigures, best_triads, running_tonic};
use crate::band::diversity::{Sequence, sequences, vendi};
use crate::band::grid::{Grid, Onset, Playing, onset_f1};
use crate::band::true_pitch;
use crate::statistics::Estimate;
use crate::tune::voice_tracking::{Hearing, HearingFigures};
use anyhow::{Error, Result};
use serde::Serialize;
use songweave_dsp::band::Instrument;
use songweave_score::notation::step_chord::StepChord;
use songweave_score::songs::structure_song::{STEPS_PER_BAR, STEPS_PER_BEAT, StructureSong};
use songweave_synth::voices::evaluation_singers::{Manner, Sung, sing};

use super::beat::BeatFigures;
use super::recovery::{InTime, Recovery};
use super::sound::{Recorded, Recorder, SoundReport};
use super::stage::{LISTENING, Stage, chords, onsets};
use songweave_cli::render::Chart;

/// Ways to harmonise a song.
pub const HARMONIES: [&str; 7] = [
    "heard",
    "true pitch",
    "true chords",
    "best triad of each bar",
    "tonic triad",
    "half a second of look-ahead",
    "learned",
];
/// What a render is told for the last two.
const AHEAD: [&str; 2] = ["--param", "lookahead=500 ms"];
pub(super) const LEARN: [&str; 1] = ["--learn"];

/// Another way to sing.
#[derive(Debug, Clone, Serialize)]
pub struct MannerFigures {
    /// How it is sung.
    pub manner: &'static str,
    /// Figures of the chords.
    pub harmony: HarmonyFigures,
    /// Figures of the hearing.
    pub hearing: HearingFigures,
    /// Figures of the chords once the song is learned, and how often its key changes in a minute.
    pub learned: Option<(HarmonyFigures, f64)>,
}

/// Figures of a song.
#[derive(Debug, Clone, Serialize)]
pub struct SongFigures {
    /// Name.
    pub song: String,
    /// Beats per minute.
    pub tempo: f64,
    /// Its key, where it has one.
    pub key: Option<String>,
    /// Bars that are sung.
    pub bars: f64,
    /// By name, see [`HARMONIES`].
    pub harmony: BTreeMap<&'static str, HarmonyFigures>,
    /// Figures of the hearing.
    pub hearing: HearingFigures,
    /// Sung in other ways.
    pub manners: Vec<MannerFigures>,
    /// Against the grid, by instrument.
    pub onset_f1: BTreeMap<&'static str, f64>,
    /// Bars from the first sung note to the first note of the band; `None` when it never plays.
    pub first_sound_bars: Option<f64>,
    /// The same to the first chord of a band that has learned the song.
    pub first_learned_bars: Option<f64>,
    /// Share of the chord changes on bar lines and in the middle of bars: learned, and as annotated.
    pub on_the_line: Option<[f64; 2]>,
    /// What is told of the beat, with the song learned.
    pub beat: Option<BeatFigures>,
    /// What is played after two bars of listening.
    pub playing: Option<Playing>,
    /// How it takes a jump of a tritone.
    pub recovery: Option<Recovery>,
    /// Decisions that came too late.
    pub missed_hops: u64,
    /// Where its sounds were written.
    #[serde(skip)]
    pub recorded: Option<Recorded>,
    #[serde(skip)]
    sequences: BTreeMap<&'static str, Vec<Sequence>>,
}

impl SongFigures {
    /// Sings a song to the plugin; `None` where it is too short to measure.
    ///
    /// # Errors
    /// The plugin fails, or sounds cannot be written.
    pub fn measure(
        song: &StructureSong,
        stage: &Stage,
        manners: &[Manner],
        with_true_pitch: bool,
        recorder: Option<&Recorder>,
    ) -> Result<Option<Self>> {
        let sung = sing(song, Manner::Clean, super::RATE);
        let classes = song.classes();
        let performance = stage.perform(&sung, song.tempo)?;
        let heard = chords(&performance.again.chart, song);
        let mut ways: BTreeMap<&'static str, Vec<Option<StepChord>>> = BTreeMap::new();
        if with_true_pitch {
            ways.insert(HARMONIES[1], true_pitch::chords(song, &performance.again.controls.band).map_err(Error::msg)?);
        }
        ways.insert(HARMONIES[2], song.chords.clone());
        ways.insert(HARMONIES[3], best_triads(&classes));
        ways.insert(HARMONIES[4], running_tonic(&classes));
        ways.insert(HARMONIES[0], heard.clone());
        let (mut first_learned_bars, mut beat) = (None, None);
        if stage.learn {
            ways.insert(HARMONIES[5], chords(&stage.chart(&sung, song.tempo, &AHEAD)?.chart, song));
            let learned = stage.chart(&sung, song.tempo, &LEARN)?;
            beat = Some(BeatFigures::measure(song, &sung, learned.beat, stage)?);
            let learned = learned.chart;
            let first = learned.chords.iter().find(|(_, chord)| chord.is_some());
            first_learned_bars =
                first.and_then(|(sample, _)| bars_after_the_first_note(*sample as f64 / f64::from(super::RATE), song));
            ways.insert(HARMONIES[6], chords(&learned, song));
        }
        let harmony: BTreeMap<_, _> = ways
            .iter()
            .filter_map(|(name, way)| Some((*name, HarmonyFigures::of(way, &classes, &song.chords, LISTENING)?)))
            .collect();
        let (Some(hearing), true) = (hearing(&performance.again.chart, &sung), harmony.contains_key(HARMONIES[0]))
        else {
            return Ok(None);
        };
        let played = onsets(&performance.rendered.notes, song);
        let recorded = recorder.map(|recorder| recorder.record(song, &sung, &performance)).transpose()?;
        let tonic = song.key.map_or(0, |key| key.tonic);
        Ok(Some(Self {
            song: song.name.clone(),
            tempo: song.tempo,
            key: song.key.map(|key| key.name()),
            bars: f64::from(song.steps()) / f64::from(STEPS_PER_BAR),
            harmony,
            hearing,
            manners: manners.iter().map(|manner| of_manner(song, *manner, stage)).collect::<Result<Vec<_>>>()?,
            onset_f1: on_the_grid(&played, song, &stage.params),
            first_sound_bars: first_sound(&played, song),
            first_learned_bars,
            on_the_line: ways.get(HARMONIES[6]).and_then(|learned| {
                Some([on_the_line(learned.get(LISTENING..)?)?, on_the_line(song.chords.get(LISTENING..)?)?])
            }),
            beat,
            playing: playing(&played, song),
            recovery: Recovery::measure(song, stage, &heard)?,
            missed_hops: performance.rendered.missed_hops,
            recorded,
            sequences: ways.iter().map(|(name, way)| (*name, sequences(way, LISTENING, tonic))).collect(),
        }))
    }
}

fn hearing(chart: &Chart, sung: &Sung) -> Option<HearingFigures> {
    let mut hearing = Hearing::default();
    for (sample, voice) in &chart.voice {
        hearing.hear(voice, sung.key_at(*sample as usize));
    }
    hearing.figures()
}

fn of_manner(song: &StructureSong, manner: Manner, stage: &Stage) -> Result<MannerFigures> {
    let sung = sing(song, manner, super::RATE);
    let chart = stage.chart(&sung, song.tempo, &[])?.chart;
    let figures = |chart: &Chart| HarmonyFigures::of(&chords(chart, song), &song.classes(), &song.chords, LISTENING);
    let learned = if stage.learn {
        let learned = stage.chart(&sung, song.tempo, &LEARN)?;
        let minutes = f64::from(song.steps()) * song.step_seconds() / 60.0;
        figures(&learned.chart).map(|figures| (figures, learned.song.key_changes as f64 / minutes))
    } else {
        None
    };
    let found = figures(&chart).zip(hearing(&chart, &sung)).map(|(harmony, hearing)| MannerFigures {
        manner: manner.name(),
        harmony,
        hearing,
        learned,
    });
    found.ok_or_else(|| anyhow::anyhow!("nothing can be measured of the {} voice", manner.name()))
}

fn on_the_grid(played: &[Onset], song: &StructureSong, params: &[String]) -> BTreeMap<&'static str, f64> {
    let swung = params.iter().any(|param| param.to_lowercase().replace(' ', "") == "style=swing");
    let grid = if swung { Grid::Swung } else { Grid::Straight };
    let beat = f64::from(STEPS_PER_BEAT) * song.step_seconds();
    let f1 = |instrument: Instrument| Some((instrument.name(), onset_f1(played, instrument, grid, beat)?));
    Instrument::ALL.into_iter().filter_map(f1).collect()
}

fn first_sound(played: &[Onset], song: &StructureSong) -> Option<f64> {
    bars_after_the_first_note(played.iter().map(|onset| onset.seconds).reduce(f64::min)?, song)
}

/// Bars from the first sung note to a time in seconds.
fn bars_after_the_first_note(first: f64, song: &StructureSong) -> Option<f64> {
    let sung = f64::from(song.melody.first()?.start) * song.step_seconds();
    Some((first - sung) / (f64::from(STEPS_PER_BAR) * song.step_seconds()))
}

/// Share of the chord changes that fall on a bar line or in the middle of a bar.
fn on_the_line(chords: &[Option<StepChord>]) -> Option<f64> {
    let changes = (1..chords.len()).filter(|step| {
        let kind = |chord: Option<StepChord>| chord.map(|chord| chord.symbol());
        kind(chords[*step]) != kind(chords[step - 1])
    });
    let on: Vec<bool> = changes.map(|step| step.is_multiple_of(STEPS_PER_BAR as usize / 2)).collect();
    (!on.is_empty()).then(|| on.iter().filter(|on| **on).count() as f64 / on.len() as f64)
}

/// What is played after two bars of listening.
fn playing(played: &[Onset], song: &StructureSong) -> Option<Playing> {
    let from = LISTENING as f64 * song.step_seconds();
    let later: Vec<Onset> = played.iter().copied().filter(|onset| onset.seconds >= from - 0.02).collect();
    let bars = (f64::from(song.steps()) - LISTENING as f64) / f64::from(STEPS_PER_BAR);
    Playing::of(&later, bars, f64::from(STEPS_PER_BEAT) * song.step_seconds())
}

/// Means over songs with their intervals; songs are drawn anew.
#[derive(Debug, Clone, Serialize)]
pub struct Overall {
    /// Share of the sung steps whose pitch class is in the chord.
    pub note_in_chord: Option<Estimate>,
    /// Share of the steps with the annotated root.
    pub root: Option<Estimate>,
    /// Share of the steps with the annotated root and third.
    pub major_minor: Option<Estimate>,
    /// Changes of chord in a bar.
    pub changes_per_bar: Option<Estimate>,
    /// Steps from a change to the nearest annotated one.
    pub onset_distance: Option<Estimate>,
    /// Of the pairs of chords that follow each other, in bits.
    pub bigram_entropy: Option<Estimate>,
    /// Of the four-bar sequences of all songs, moved to one key.
    pub vendi: Option<f64>,
}

/// All figures.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Seconds of each song at most.
    pub seconds: f64,
    /// Parameters that were set, `ID=VALUE`.
    pub params: Vec<String>,
    /// By name, see [`HARMONIES`].
    pub harmony: BTreeMap<&'static str, Overall>,
    /// Note-in-chord from true pitch less that from heard pitch.
    pub lost_in_hearing: Option<Estimate>,
    /// Share of the sung hops heard within 50 cents.
    pub raw_pitch: Option<Estimate>,
    /// Share of the sung hops heard as sung.
    pub voicing_recall: Option<Estimate>,
    /// Share of the unsung hops heard as sung.
    pub voicing_false_alarm: Option<Estimate>,
    /// Against the grid, by instrument.
    pub onset_f1: BTreeMap<&'static str, Estimate>,
    /// Bars from the first sung note to the first note of the band.
    pub first_sound_bars: Option<Estimate>,
    /// Bars from the first sung note to the first chord of a band that has learned the song.
    pub first_learned_bars: Option<Estimate>,
    /// Share of the chord changes on bar lines and in the middle of bars: learned, and as annotated.
    pub on_the_line: [Option<Estimate>; 2],
    /// Of a host's tempo that is not the singer's: share of the songs in which it is noticed, in which the singer's is told, and in
    /// which it is told of a host that has the singer's.
    pub beat: [Option<Estimate>; 3],
    /// Share of the songs in which something sounds within two bars of singing.
    pub sounds_in_two_bars: Option<Estimate>,
    /// How soon it takes a jump.
    pub recovered_in_time: InTime,
    /// Decisions that came too late.
    pub missed_hops: u64,
    /// Drums of the Groove set in the same style.
    pub groove: Option<Playing>,
    /// With `--audio`.
    pub sound: Option<SoundReport>,
    /// `[song]`.
    pub songs: Vec<SongFigures>,
}

impl Report {
    /// Sums songs up.
    pub fn of(seconds: f64, params: Vec<String>, songs: Vec<SongFigures>, groove: Option<Playing>) -> Self {
        let each = |figure: &dyn Fn(&SongFigures) -> Option<f64>| {
            Estimate::of(&songs.iter().filter_map(figure).collect::<Vec<_>>())
        };
        let note = |song: &SongFigures, name| song.harmony.get(name).map(|harmony| harmony.note_in_chord);
        Self {
            harmony: HARMONIES.into_iter().filter_map(|name| Some((name, Overall::of(name, &songs)?))).collect(),
            lost_in_hearing: each(&|song| Some(note(song, HARMONIES[1])? - note(song, HARMONIES[0])?)),
            raw_pitch: each(&|song| Some(song.hearing.raw_pitch)),
            voicing_recall: each(&|song| Some(song.hearing.voicing_recall)),
            voicing_false_alarm: each(&|song| Some(song.hearing.voicing_false_alarm)),
            onset_f1: Instrument::ALL
                .into_iter()
                .filter_map(|by| Some((by.name(), each(&|song| song.onset_f1.get(by.name()).copied())?)))
                .collect(),
            first_sound_bars: each(&|song| song.first_sound_bars),
            first_learned_bars: each(&|song| song.first_learned_bars),
            on_the_line: [0, 1].map(|which| each(&|song| song.on_the_line.map(|shares| shares[which]))),
            beat: [
                |beat: BeatFigures| beat.noticed,
                |beat: BeatFigures| beat.tempo_told,
                |beat: BeatFigures| beat.false_alarm,
            ]
            .map(|told| each(&|song| song.beat.map(told).map(is))),
            sounds_in_two_bars: each(&|song| Some(is(song.first_sound_bars.is_some_and(|bars| bars <= 2.0)))),
            recovered_in_time: InTime::of(songs.iter().filter_map(|song| song.recovery.as_ref())),
            missed_hops: songs.iter().map(|song| song.missed_hops).sum(),
            seconds,
            params,
            groove,
            sound: None,
            songs,
        }
    }
}

impl Overall {
    fn of(name: &str, songs: &[SongFigures]) -> Option<Self> {
        let each = |figure: &dyn Fn(&HarmonyFigures) -> Option<f64>| {
            let figures: Vec<f64> = songs.iter().filter_map(|song| figure(song.harmony.get(name)?)).collect();
            Estimate::of(&figures)
        };
        let sequences: Vec<Sequence> =
            songs.iter().filter_map(|song| song.sequences.get(name)).flatten().copied().collect();
        songs.iter().any(|song| song.harmony.contains_key(name)).then(|| Self {
            note_in_chord: each(&|harmony| Some(harmony.note_in_chord)),
            root: each(&|harmony| Some(harmony.root)),
            major_minor: each(&|harmony| Some(harmony.major_minor)),
            changes_per_bar: each(&|harmony| Some(harmony.changes_per_bar)),
            onset_distance: each(&|harmony| harmony.onset_distance),
            bigram_entropy: each(&|harmony| Some(harmony.bigram_entropy)),
            vendi: vendi(&sequences),
        })
    }
}

fn is(fact: bool) -> f64 {
    f64::from(u8::from(fact))
}
