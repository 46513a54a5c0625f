//! Drum performances of the Groove set on the grid of 16th notes, in the plugin's styles and drum classes.

use std::path::Path;

use songweave_dsp::band::Style;
use songweave_models::groove::{BAR, DRUMS};

use crate::{
    error::Result,
    performances::grooves::{Groove, grooves},
};

/// Velocities of one bar, `[step][class]`, 0 = no hit.
pub type DrumBar = [[u8; DRUMS]; BAR];

/// A performance in whole bars.
#[derive(Debug, Clone, PartialEq)]
pub struct DrumClip {
    /// Path below the data set's folder.
    pub name: String,
    /// Official split: `train`, `validation` or `test`.
    pub split: String,
    /// Which of the plugin's styles it is.
    pub style: Style,
    /// A fill instead of a beat.
    pub fill: bool,
    /// Its bars.
    pub bars: Vec<DrumBar>,
}

/// The clips of a Groove folder. Its 18 styles and their variants become six; marches and klezmer are left out.
///
/// # Errors
/// The table or a performance cannot be read.
pub fn drum_clips(folder: &Path) -> Result<Vec<DrumClip>> {
    let mut clips = Vec::new();
    for groove in grooves(folder)? {
        let Some(style) = style_of(&groove.style, groove.tempo) else { continue };
        let bars = bars_of(&groove, style, folder)?;
        if !bars.is_empty() {
            let Groove { file, split, fill, .. } = groove;
            clips.push(DrumClip { name: file, split, style, fill, bars });
        }
    }
    Ok(clips)
}

/// The plugin's style of one of Groove's, `style/variant`, at a tempo in beats per minute.
fn style_of(name: &str, tempo: f64) -> Option<Style> {
    let (style, variant) = name.split_once('/').unwrap_or((name, ""));
    let straight = match (style, variant) {
        ("jazz", "march" | "klezmer") => return None,
        ("jazz", "funk" | "fusion" | "linear") => Style::Funk,
        ("jazz" | "blues", _) | (_, "shuffle" | "purdieshuffle") => Style::Swing,
        ("funk" | "neworleans" | "afrobeat", _) => Style::Funk,
        ("latin" | "afrocuban" | "highlife" | "reggae" | "middleeastern", _) => Style::Latin,
        ("rock" | "punk", _) => Style::Rock,
        _ => Style::Pop,
    };
    let slow = tempo <= 80.0 && variant != "indie" && style != "hiphop";
    let ballad = variant == "soft" || slow && matches!(straight, Style::Pop | Style::Rock);
    Some(if ballad { Style::Ballad } else { straight })
}

/// The whole bars of a performance that are not empty at both ends.
fn bars_of(groove: &Groove, style: Style, folder: &Path) -> Result<Vec<DrumBar>> {
    let beats = groove.tempo / 60.0;
    let hits = groove.hits(folder)?;
    let hits: Vec<(f64, usize, u8)> = hits
        .iter()
        .filter_map(|hit| Some((hit.start * beats, class_of(hit.key as u8)?, (hit.velocity * 127.0).round() as u8)))
        .collect();
    let lead = lead(&hits);
    let mut bars: Vec<DrumBar> = Vec::new();
    for (beat, class, velocity) in hits {
        let step = step_of((beat - lead).max(0.0), style);
        let (bar, step) = (step / BAR, step % BAR);
        if bars.len() <= bar {
            bars.resize(bar + 1, [[0; DRUMS]; BAR]);
        }
        let hit = &mut bars[bar][step][class];
        *hit = (*hit).max(velocity);
    }
    // The last bar is often cut off after its first hits.
    if !groove.fill && bars.last().is_some_and(|bar| bar[BAR / 2..].iter().flatten().all(|velocity| *velocity == 0)) {
        bars.pop();
    }
    Ok(bars)
}

/// By how many beats a drummer plays behind the grid in the middle (negative: ahead).
fn lead(hits: &[(f64, usize, u8)]) -> f64 {
    let mut distances: Vec<f64> = hits
        .iter()
        .map(|(beat, ..)| beat * 4.0 - (beat * 4.0).round())
        .filter(|distance| distance.abs() < 0.35)
        .collect();
    distances.sort_by(f64::total_cmp);
    distances.get(distances.len() / 2).map_or(0.0, |distance| distance / 4.0)
}

/// The 16th of a place in beats. In swing the off-beat eighth lies at two thirds of the beat and is the third 16th.
fn step_of(beat: f64, style: Style) -> usize {
    if style != Style::Swing {
        return (beat * 4.0).round() as usize;
    }
    let ends = [1.0 / 6.0, 0.417, 0.76, 0.92];
    let inside = beat.fract();
    4 * beat as usize + ends.iter().filter(|end| inside >= **end).count()
}

/// The class of a key of the Roland kit.
const fn class_of(key: u8) -> Option<usize> {
    Some(match key {
        35 | 36 => 0,
        37..=40 => 1,
        42 | 44 | 22 => 2,
        46 | 26 => 3,
        41 | 43 | 45 | 58 => 4,
        47 => 5,
        48 | 50 => 6,
        49 | 52 | 55 | 57 => 7,
        51 | 53 | 59 => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_become_six() {
        for (name, tempo, style) in [
            ("rock", 120.0, Some(Style::Rock)),
            ("rock", 70.0, Some(Style::Ballad)),
            ("rock/shuffle", 70.0, Some(Style::Swing)),
            ("hiphop", 70.0, Some(Style::Pop)),
            ("pop/soft", 83.0, Some(Style::Ballad)),
            ("jazz/funk", 100.0, Some(Style::Funk)),
            ("jazz/march", 100.0, None),
            ("latin/samba", 100.0, Some(Style::Latin)),
        ] {
            assert_eq!(style_of(name, tempo), style, "{name}");
        }
    }

    #[test]
    fn swung_eighths_are_the_third_sixteenth_of_their_beat() {
        assert_eq!(
            [5.0, 5.33, 5.5, 5.667, 5.83, 5.95].map(|beat| step_of(beat, Style::Swing)),
            [20, 21, 22, 22, 23, 24]
        );
        assert_eq!([5.0, 5.26, 5.667, 5.9].map(|beat| step_of(beat, Style::Rock)), [20, 21, 23, 24]);
    }

    #[test]
    fn a_drummer_ahead_of_the_grid_is_put_onto_it() {
        let hits: Vec<_> = (0..32).map(|step| (f64::from(step) * 0.25 - 0.03, 0, 100)).collect();
        assert!((lead(&hits) + 0.03).abs() < 1e-9);
    }
}
