//! What drummers do: the Groove set in the style that is measured.

use std::path::Path;

use songweave_dsp::band::Instrument;
use songweave_score::performances::grooves::{Groove, grooves};

use crate::{
    band::grid::{Onset, Playing},
    statistics,
};

/// Performances that are enough for a mean.
const ENOUGH: usize = 60;

/// Statistics of the drums that people play in the style among `params` (pop without one); `None` where the set is not there or
/// has no such style. `folder` is the set's.
#[must_use]
pub fn grooves_of(folder: &Path, params: &[String]) -> Option<Playing> {
    let style = params.iter().rev().find_map(|param| param.to_lowercase().strip_prefix("style=").map(str::to_owned));
    // Groove has no ballads of their own and calls swing jazz.
    let wanted = match style.as_deref() {
        None | Some("pop") => "pop",
        Some("ballad" | "rock") => "rock",
        Some("swing") => "jazz",
        Some("funk") => "funk",
        Some("latin") => "latin",
        Some(_) => return None,
    };
    let all = grooves(folder).ok()?;
    let like = |groove: &&Groove| !groove.fill && groove.style.split('/').next() == Some(wanted);
    let played: Vec<Playing> =
        all.iter().filter(like).take(ENOUGH).filter_map(|groove| playing(folder, groove)).collect();
    mean(&played)
}

fn playing(folder: &Path, groove: &Groove) -> Option<Playing> {
    let hits = groove.hits(folder).ok()?;
    let beat = 60.0 / groove.tempo;
    let bars = (hits.last()?.start / (4.0 * beat)).ceil();
    let onset = |hit: &songweave_score::notation::note::Note| Onset {
        seconds: hit.start,
        instrument: Instrument::Drums,
        key: hit.key as u8,
    };
    Playing::of(&hits.iter().map(onset).collect::<Vec<_>>(), bars, beat)
}

fn mean(played: &[Playing]) -> Option<Playing> {
    let of = |figure: &dyn Fn(&Playing) -> Option<f64>| statistics::mean(played.iter().filter_map(figure));
    let first = played.first()?;
    Some(Playing {
        drums_per_bar: of(&|playing| Some(playing.drums_per_bar))?,
        kick_on_one_and_three: of(&|playing| playing.kick_on_one_and_three),
        snare_on_two_and_four: of(&|playing| playing.snare_on_two_and_four),
        ..*first
    })
}
