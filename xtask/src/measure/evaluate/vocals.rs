//! `cargo xtask evaluate vocals`: real voices over real backings.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use songweave_audio::{decode::decode, draft::write_bytes, resample::resample};
use songweave_measure::mash::vocals::{LatencyFigures, VocalFigures, VocalNetworks, measure_vocals};
use songweave_models::{mash::MashNetwork, studio::StudioNetwork};
use songweave_synth::song::{Parts, Song, Stereo, silence};

use super::{RATE, bar};
use crate::build::bundle::studio::{self, Stem};

/// Longest excerpt in seconds.
const SECONDS: usize = 24;
/// Levels of the voice against its backing in dB.
const LEVELS_DB: [f32; 2] = [0.0, -6.0];
/// Voices and backings below the data folder, and the second at which the backing begins.
const MIXTURES: [(&str, &str, usize); 5] = [
    ("voices/nit_song070/song_029.flac", "guitar/sectoid/Feelings/song.ogg", 30),
    ("voices/vocadito_1/vocadito_1.wav", "guitar/sectoid/Escape_from_chaosland/song.ogg", 40),
    ("clips/vocadito_10.wav", "clips/vibe_ace.ogg", 20),
    ("voices/sms/singing-female.wav", "clips/vibe_ace.ogg", 5),
    ("voices/sms/vignesh.wav", "guitar/sectoid/War_of_freedom/song.ogg", 20),
];

#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    pub(super) json: PathBuf,
    /// The data folder with recordings
    #[arg(long, value_name = "DIR", default_value = crate::data::dataset::DATA)]
    data: PathBuf,
}

/// Measures all mixtures and prints them.
pub(super) fn run(args: &Args) -> Result<()> {
    let network = |path: PathBuf| -> Result<StudioNetwork> {
        Ok(StudioNetwork::from_bytes(
            &std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
        )?)
    };
    studio::provide()?;
    let mut networks = VocalNetworks {
        live: MashNetwork::embedded()?,
        studio: network(studio::path())?,
        accompaniment: network(studio::original(Stem::Accompaniment)?)?,
        vocals: network(studio::original(Stem::Vocals)?)?,
    };
    let bar = bar(MIXTURES.len() * LEVELS_DB.len());
    let mut figures = Vec::new();
    for (voice, backing, from) in MIXTURES {
        let [voice, backing] = [(voice, 0), (backing, from)].map(|(path, from)| read(&args.data.join(path), from));
        let (voice, backing) = (voice?, backing?);
        for level in LEVELS_DB {
            let song = mixture(&voice, &backing, level);
            bar.set_message(song.name.clone());
            figures.push(measure_vocals(&song, &mut networks).map_err(|error| anyhow!(error))?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    print(&figures);
    let mean = mean(&figures);
    write_bytes(&args.json, &serde_json::to_vec_pretty(&json!({"mixtures": figures, "mean": mean}))?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

/// A recording with its name, from a second on.
fn read(path: &Path, from: usize) -> Result<(String, Stereo)> {
    let audio = decode(path)?;
    let rate = audio.rate;
    let [left, right] = audio.into_stereo();
    let channels = resample(&[left, right], rate, RATE)?;
    let cut = |channel: &Vec<f32>| -> Vec<f32> {
        channel.iter().skip(from * RATE as usize).take(SECONDS * RATE as usize).copied().collect()
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let named = if name == "song" { path.parent().and_then(Path::file_name) } else { None };
    let name = named.map_or(name, |folder| folder.to_string_lossy().into_owned());
    Ok((name, [cut(&channels[0]), cut(&channels[1])]))
}

/// Voice and backing, the voice so many dB louder.
fn mixture((voice_name, voice): &(String, Stereo), (name, backing): &(String, Stereo), level: f32) -> Song {
    let samples = voice[0].len().min(backing[0].len());
    let energy = |song: &Stereo| -> f64 {
        song.iter().flat_map(|channel| &channel[..samples]).map(|sample| f64::from(*sample).powi(2)).sum()
    };
    let gain = (energy(voice) / energy(backing).max(1e-12)).sqrt() as f32 * 10.0_f32.powf(-level / 20.0);
    let both = voice.iter().zip(backing).flat_map(|(voice, backing)| voice.iter().zip(backing).take(samples));
    let peak = both.map(|(voice, backing)| (voice + gain * backing).abs()).fold(1e-6, f32::max);
    let scaled = |song: &Stereo, gain: f32| -> Stereo {
        song.each_ref().map(|channel| channel[..samples].iter().map(|sample| sample * gain * 0.5 / peak).collect())
    };
    let parts: Parts = [scaled(voice, 1.0), silence(samples), silence(samples), scaled(backing, gain)];
    let name = format!("{voice_name} over {name}, {level:+.0} dB");
    Song { parts, ..Song::silent(&name, RATE, 0) }
}

fn mean(figures: &[VocalFigures]) -> VocalFigures {
    let of = |value: fn(&VocalFigures) -> f64| figures.iter().map(value).sum::<f64>() / figures.len() as f64;
    VocalFigures {
        name: "mean".to_owned(),
        seconds: of(|figures| figures.seconds),
        mixture: of(|figures| figures.mixture),
        live: of(|figures| figures.live),
        untuned: figures
            .iter()
            .map(|figures| figures.untuned)
            .sum::<Option<f64>>()
            .map(|sum| sum / figures.len() as f64),
        studio: of(|figures| figures.studio),
        spleeter: of(|figures| figures.spleeter),
        oracle: of(|figures| figures.oracle),
        latencies: latencies(figures),
    }
}

/// What each latency reaches, mean over the mixtures.
fn latencies(figures: &[VocalFigures]) -> Vec<LatencyFigures> {
    let mut mean = figures.first().map(|first| first.latencies.clone()).unwrap_or_default();
    for (index, mean) in mean.iter_mut().enumerate() {
        let reached = figures.iter().filter_map(|figures| figures.latencies.get(index)).map(|latency| latency.si_sdr);
        mean.si_sdr = reached.sum::<f64>() / figures.len() as f64;
    }
    mean
}

fn print(figures: &[VocalFigures]) {
    println!(
        "SI-SDR of the vocals in dB                         mixture   Live  before tuning  Studio  Spleeter  oracle of the bands"
    );
    for row in figures.iter().chain([&mean(figures)]) {
        let VocalFigures { name, mixture, live, studio, spleeter, oracle, .. } = row;
        let untuned = row.untuned.unwrap_or(f64::NAN);
        println!("{name:<50} {mixture:>7.1} {live:>6.1} {untuned:>14.1} {studio:>7.1} {spleeter:>9.1} {oracle:>7.1}");
    }
    println!("\nStudio quality at other latencies: ms, frames at once, frames after them, runs a second, dB");
    for LatencyFigures { milliseconds, block, ahead, runs_a_second, si_sdr } in latencies(figures) {
        println!("{milliseconds:>6.0} {block:>3} {ahead:>3} {runs_a_second:>6.1} {si_sdr:>6.2}");
    }
}
