//! Songs that the band has learned, on paper: their chords with the whole song in view, sections, departures, and what planning costs.

pub mod sections;

use std::sync::Arc;

use anyhow::{Result, anyhow};
use serde::Serialize;
use songweave_dsp::exchange::controls::Intro;
use songweave_engine::band::{
    harmony::Overrides,
    heard::StepHeard,
    place::Place,
    take::{
        TakeTwo,
        learned::{Spot, Take, bar_ticks},
        shared::SharedTake,
    },
};
use songweave_score::{
    random::{Random, hash},
    songs::{
        sung_song::SungSong,
        transcription_noise::{Heard, Hearing},
    },
};

use super::harmony_figures::Chords;
use songweave_datasets::band::chord_set::place_of;

/// Seed of the errors of hearing, another one than that of the first pass.
const SECOND_PASS: u64 = 23;
/// Steps within which a departure is to be noticed: two beats.
const IN_TIME: usize = 8;
/// Bars of another tune.
const DEPARTED_BARS: usize = 4;
/// Steps of a song of ten minutes at 120 beats per minute.
const TEN_MINUTES: usize = 4 * 1_200;

/// How departures from the song are taken.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Departures {
    /// Departures that were planted.
    pub planted: usize,
    /// Those that were noticed within two beats.
    pub in_time: usize,
    /// Share of the steps in which the band played live although the song was sung as it was learned.
    pub false_alarms: f64,
}

impl Departures {
    /// Share of the planted ones that were noticed in time.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.in_time as f64 / self.planted.max(1) as f64
    }
}

/// Where a step of a song is, on the timeline of a host that begins with it.
fn spot(song: &SungSong, step: usize) -> Spot {
    let place: Place = place_of(song, step, 0);
    let bar = step / song.steps_per_bar.max(1) as usize * song.steps_per_bar as usize;
    Spot { ticks: bar_ticks(bar as f64 / 4.0), place }
}

/// A band that has learned a song from what was heard of it, pass by pass.
///
/// # Errors
/// The network fails.
pub fn learn(song: &SungSong, passes: &[Vec<StepHeard>]) -> Result<TakeTwo> {
    let mut take = Take::default();
    for heard in passes {
        heard.iter().enumerate().for_each(|(step, heard)| {
            let Spot { ticks, place } = spot(song, step);
            take.learn(ticks, &place, heard);
        });
    }
    know(take)
}

fn know(take: Take) -> Result<TakeTwo> {
    let shared = Arc::new(SharedTake::default());
    shared.replace(take);
    let mut known = TakeTwo::embedded(Arc::default())?;
    known.share(shared).map_err(|fault| anyhow!(fault.0))?;
    Ok(known)
}

/// The chords that a band plays to a song that it knows; where it plays none, the last one holds on.
///
/// # Errors
/// The network fails.
pub fn chords(known: &mut TakeTwo, song: &SungSong, wanted: &Overrides) -> Result<Chords> {
    known.hop(false, wanted).map_err(|fault| anyhow!(fault.0))?;
    let chord = |step| known.step(&spot(song, step), Intro::None).and_then(|known| known.harmony.chord);
    Ok((0..song.melody.len()).map(chord).collect())
}

/// Sings songs as they were learned, with other errors of hearing, and then with a passage that is another tune: the same
/// melody a tritone higher, from a bar in the middle on.
///
/// # Errors
/// The network fails.
pub fn departures(songs: &[SungSong], hearing: impl Fn(&mut Random) -> Hearing) -> Result<Departures> {
    let mut found = Departures::default();
    let (mut live, mut all) = (0, 0);
    for song in songs {
        let mut random = Random::for_task(SECOND_PASS, hash(&song.name));
        let mut pass = || Heard::of(&song.melody, &hearing(&mut random), &mut random).steps;
        let (first, second) = (pass(), pass());
        let mut known = learn(song, &[first])?;
        known.hop(false, &Overrides::default()).map_err(|fault| anyhow!(fault.0))?;
        for (step, heard) in second.iter().enumerate() {
            known.hear(&spot(song, step), heard);
            all += 1;
            live += usize::from(known.has_left());
        }
        let Some(from) = middle(song, &second) else { continue };
        found.planted += 1;
        found.in_time += usize::from(notices(&mut known, song, &second, from));
    }
    found.false_alarms = f64::from(live as u32) / f64::from(all.max(1) as u32);
    Ok(found)
}

/// A bar line in the second half of a song after which somebody sings for two beats.
fn middle(song: &SungSong, heard: &[StepHeard]) -> Option<usize> {
    let bar = song.steps_per_bar as usize;
    let sung = |step: &usize| heard[*step..*step + IN_TIME].iter().all(|heard| heard.voiced() > 0.5);
    (heard.len() / bar / 2 * bar..heard.len().saturating_sub(DEPARTED_BARS * bar)).step_by(bar).find(sung)
}

/// Whether it is noticed in time that a song is sung a tritone higher from a step on.
fn notices(known: &mut TakeTwo, song: &SungSong, heard: &[StepHeard], from: usize) -> bool {
    for (step, heard) in heard.iter().enumerate().skip(from - 2 * IN_TIME).take(3 * IN_TIME) {
        let mut heard = *heard;
        if step >= from {
            heard.pitch.rotate_right(6);
            heard.onset.rotate_right(6);
        }
        known.hear(&spot(song, step), &heard);
    }
    known.has_left()
}

/// Seconds in which a song of ten minutes is planned: the songs one after the other, as one song.
///
/// # Errors
/// The network fails.
pub fn planning_seconds(songs: &[SungSong]) -> Result<f64> {
    let mut take = Take::default();
    let steps =
        songs.iter().flat_map(|song| Heard::of(&song.melody, &Hearing::perfect(0.0), &mut Random::new(1)).steps);
    let long = SungSong { steps_per_bar: 16, steps_per_beat: 4, ..SungSong::default() };
    for (step, heard) in steps.take(TEN_MINUTES).enumerate() {
        let Spot { ticks, place } = spot(&long, step);
        take.learn(ticks, &place, &heard);
    }
    let began = std::time::Instant::now();
    let mut known = know(take)?;
    known.hop(false, &Overrides::default()).map_err(|fault| anyhow!(fault.0))?;
    Ok(began.elapsed().as_secs_f64())
}
