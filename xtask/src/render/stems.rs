//! One WAV per extra output of the Multi-Out plugin.

use super::job::Job;
use super::session::Rendered;
use anyhow::{Context, Result};
use songweave_studio::decode::Audio;
use songweave_studio::write::write_wav;
use std::path::Path;

/// Writes every output but the main one into `folder` under its own name.
pub(super) fn write(folder: &Path, job: &Job, rendered: &Rendered) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let stems = rendered.names.iter().zip(&rendered.ports).skip(1);
    for (name, channels) in stems.clone() {
        let audio = Audio { rate: job.inputs.sample_rate, channels: channels.clone() };
        write_wav(&folder.join(format!("{}.wav", name.to_lowercase())), &audio)?;
    }
    if stems.flat_map(|(_, channels)| channels).flatten().all(|sample| *sample == 0.0) {
        println!("all stems are silent: the plugin has no band in this mode");
    }
    Ok(())
}
