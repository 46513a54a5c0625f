//! How the band takes a jump of a tritone in the middle of a song.

use std::collections::BTreeMap;

use crate::band::chord_figures::Chords;
use crate::band::recovery::{beats_until_in_key, beats_until_usual, usual_fit};
use crate::statistics::Estimate;
use anyhow::Result;
use serde::Serialize;
use songweave_engine::follow::key::Key;
use songweave_score::songs::structure_song::{STEPS_PER_BAR, StructureSong};
use songweave_synth::voices::evaluation_singers::{Manner, sing};

use super::stage::{LISTENING, Stage, chords};

/// The step at which the voice jumps: bar 5.
const JUMP: u32 = 4 * STEPS_PER_BAR;
/// A tritone.
const TRITONE: i8 = 6;
/// A band has recovered in time within so many beats.
const IN_TIME: f64 = 4.0;

/// Who is looked at: the band; the annotated chords, jump included; the band where nothing jumps, as good as can be; the band that
/// goes on as if nothing had jumped.
pub const WAYS: [&str; 4] = ["band", "annotated chords", "no jump", "jump ignored"];

/// Beats from the first note that is sung after the jump on, by [`WAYS`]; `None` for never.
type Beats = BTreeMap<&'static str, Option<f64>>;

/// How soon the band is at home again in a song.
#[derive(Debug, Clone, Serialize)]
pub struct Recovery {
    /// Until it plays in the new key; empty where the song's key is not known.
    pub in_key: Beats,
    /// Until the next eight sung steps are in its chords as often as usual.
    as_usual: Beats,
}

impl Recovery {
    /// Sings the song once more with everything from bar 5 on a tritone away; `None` where it ends before.
    ///
    /// # Errors
    /// The plugin fails.
    pub fn measure(song: &StructureSong, stage: &Stage, unjumped: &Chords) -> Result<Option<Self>> {
        let jumped = song.modulated(JUMP, direction(song));
        // A note that sounds while the key jumps is divided: its second part is the first in the new key.
        let first = jumped.melody.iter().find(|note| note.start >= JUMP).map(|note| note.start as usize);
        let Some(first) = first.filter(|_| song.steps() > JUMP + STEPS_PER_BAR) else { return Ok(None) };
        let chart = stage.chart(&sing(&jumped, Manner::Clean, super::RATE), song.tempo, &[])?.chart;
        let band = chords(&chart, &jumped);
        let (old, new) = (song.classes(), jumped.classes());
        let ways = [(&band[..], &new), (&jumped.chords, &new), (unjumped, &old), (unjumped, &new)];
        let in_key = |key: Key| {
            let moved = Key { tonic: (key.tonic + TRITONE as u8) % 12, ..key };
            let keys = [moved, moved, key, moved];
            let beats = ways.iter().zip(keys).map(|((chords, _), key)| beats_until_in_key(chords, key, first));
            WAYS.into_iter().zip(beats).collect()
        };
        let usual = [unjumped, &song.chords].map(|chords| usual_fit(chords, &old, LISTENING));
        let usual = [usual[0], usual[1], usual[0], usual[0]];
        let as_usual = ways
            .iter()
            .zip(usual)
            .map(|((chords, sung), usual)| usual.and_then(|usual| beats_until_usual(chords, sung, first, usual)));
        Ok(Some(Self {
            in_key: song.key.map(in_key).unwrap_or_default(),
            as_usual: WAYS.into_iter().zip(as_usual).collect(),
        }))
    }
}

/// A tritone in the direction that keeps the voice within its range.
fn direction(song: &StructureSong) -> i8 {
    let mean = |notes: &mut dyn Iterator<Item = u8>| {
        let (sum, count) = notes.fold((0u32, 0u32), |(sum, count), key| (sum + u32::from(key), count + 1));
        f64::from(sum) / f64::from(count.max(1))
    };
    let all = mean(&mut song.melody.iter().map(|note| note.key));
    let later = mean(&mut song.melody.iter().filter(|note| note.start >= JUMP).map(|note| note.key));
    if later > all { -TRITONE } else { TRITONE }
}

/// Share of the songs that recover within four beats, by [`WAYS`].
#[derive(Debug, Clone, Serialize)]
pub struct InTime {
    /// Of those with a key: play in the new one.
    pub in_key: BTreeMap<&'static str, Estimate>,
    /// Are as near the melody as usual.
    pub as_usual: BTreeMap<&'static str, Estimate>,
}

impl InTime {
    /// Sums songs up.
    pub fn of<'a>(songs: impl Iterator<Item = &'a Recovery>) -> Self {
        let songs: Vec<&Recovery> = songs.collect();
        let shares = |beats: fn(&Recovery) -> &Beats| {
            let share = |way: &'static str| {
                let in_time = songs.iter().filter_map(|song| beats(song).get(way));
                let in_time = in_time.map(|beats| f64::from(u8::from(beats.is_some_and(|beats| beats <= IN_TIME))));
                Some((way, Estimate::of(&in_time.collect::<Vec<_>>())?))
            };
            WAYS.into_iter().filter_map(share).collect()
        };
        Self { in_key: shares(|song| &song.in_key), as_usual: shares(|song| &song.as_usual) }
    }
}
