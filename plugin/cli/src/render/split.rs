//! The parts of the songs of a mash: each song once more through the plugin, by itself, which splits what it passes.

use super::job::Job;
use super::session;
use super::written::stems::{Song, Stems, Whole};
use super::{MULTI_OUT, load};
use anyhow::Result;
use std::path::Path;

/// What of the render's settings a song's parts depend on.
const KEPT: [&str; 3] = ["attack", "release", "freeze"];
/// How the song is passed as it is.
const AS_IT_IS: [&str; 4] = ["mode=mash", "mix=100%", "output=0 dB", "bypass=off"];

/// Splits the songs of `job` with the plugin of `bundle` into files in `folder`, which are complete but not under their
/// names yet. `ports` are name and channels of the plugin's outputs.
pub(super) fn split(job: &Job, bundle: &Path, folder: &Path, ports: &[(String, usize)]) -> Result<Vec<Stems>> {
    let mut split = Vec::new();
    for whole in Whole::all(job.accompanies, job.inputs.b.is_some()) {
        let Whole::Song(song) = whole else { continue };
        let mut plugin = load(bundle, MULTI_OUT)?;
        let alone = alone(job, song, &mut plugin)?;
        let mut stems = Stems::create(folder, ports, job.inputs.sample_rate, whole)?;
        let rendered = session::render(&mut plugin, &alone, &mut stems)?;
        if rendered.missed_hops > 0 {
            println!("{} hops were missed while song {song:?} was split", rendered.missed_hops);
        }
        split.push(stems);
    }
    Ok(split)
}

/// A render of one song as it is.
fn alone(job: &Job, song: Song, plugin: &mut songweave_host::ClapPlugin) -> Result<Job> {
    let mut inputs = job.inputs.clone();
    let other = inputs.b.take();
    inputs.a = match song {
        Song::A => inputs.a,
        Song::B => other.unwrap_or(inputs.a),
    };
    let kept = KEPT.map(|id| job.parameters.find(id).map(|info| info.id));
    let kept = kept.into_iter().collect::<Result<Vec<_>>>()?;
    let mut alone = Job { inputs, notes: Vec::new(), loop_range: None, ..job.clone() };
    alone.curves.retain(|curve| kept.contains(&curve.id()));
    for text in AS_IT_IS {
        alone.assignments.push(job.parameters.assignment(plugin, text)?);
    }
    Ok(alone)
}
