//! One WAV per instrument of the Multi-Out plugin, and one of the voice.

use super::job::Job;
use super::session::Rendered;
use anyhow::{Context, Result};
use songweave_audio::decode::Audio;
use songweave_audio::write::write_wav;
use songweave_host::Bus;
use std::path::Path;

/// Writes every output but the main one into `folder` under its own name, and in Accompany what the main one has besides
/// as `voice.wav`.
pub(super) fn write(folder: &Path, job: &Job, rendered: &Rendered) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let write = |name: &str, channels: Bus| {
        let audio = Audio { rate: job.inputs.sample_rate, channels };
        write_wav(&folder.join(format!("{}.wav", name.to_lowercase())), &audio)
    };
    let stems = rendered.names.iter().zip(&rendered.ports).skip(1);
    for (name, channels) in stems.clone() {
        write(name, channels.clone())?;
    }
    let voice = rendered.ports.split_first().filter(|_| job.accompanies);
    if let Some((main, instruments)) = voice {
        write("voice", without(main, instruments))?;
    }
    if stems.flat_map(|(_, channels)| channels).flatten().all(|sample| *sample == 0.0) {
        println!("all instruments are silent: the plugin plays none in Mash, and none before somebody sings");
    }
    Ok(())
}

/// The main output without the instruments in it.
fn without(main: &Bus, instruments: &[Bus]) -> Bus {
    let mut voice = main.clone();
    for (index, channel) in voice.iter_mut().enumerate() {
        for instrument in instruments {
            let Some(played) = instrument.get(index) else { continue };
            channel.iter_mut().zip(played).for_each(|(voice, played)| *voice -= played);
        }
    }
    voice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_the_main_output_is_the_voice() {
        let main = vec![vec![1.0, 0.5], vec![0.25, 0.0]];
        let instruments = [vec![vec![0.5, 0.5], vec![0.0, 0.0]], vec![vec![0.25, 0.0], vec![0.25, 0.0]]];
        assert_eq!(without(&main, &instruments), [[0.25, 0.0], [0.0, 0.0]]);
    }
}
