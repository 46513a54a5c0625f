//! Spectrograms: the true accompaniment, ours and the baseline's, one below the other.

use std::path::Path;

use anyhow::{Context, Result};
use songweave_audio::decode::decode;
use songweave_measure::band::{
    audio_features::Spectrum,
    sung::{
        figures::SongFigures,
        sound::{SYSTEMS, path},
    },
};

use songweave_cli::drawing::lettering;
use songweave_cli::drawing::picture::{Colour, Picture};

/// Songs that are shown, and which seconds of them.
const SONGS: usize = 2;
const FROM: f64 = 8.0;
const SECONDS: f64 = 10.0;
/// Pixels of a panel and between panels.
const WIDTH: usize = 1200;
const HEIGHT: usize = 320;
const GAP: usize = 14;
/// Frequencies in Hz, rising by equal ratios.
const RANGE: (f32, f32) = (50.0, 16_000.0);
const WINDOW: usize = 4096;
/// Magnitudes that are shown in dB, black to white.
const SHOWN: (f32, f32) = (-90.0, -15.0);

/// Writes `SONG.png` of the first songs whose sounds lie in `sounds`.
pub(super) fn write(folder: &Path, sounds: &Path, songs: &[SongFigures]) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for song in songs.iter().take(SONGS) {
        picture(sounds, &song.song)?.write(&folder.join(format!("{}.png", song.song)))?;
    }
    Ok(())
}

/// The sounds of a song that there are, one below the other.
fn picture(sounds: &Path, song: &str) -> Result<Picture> {
    let there: Vec<&str> = SYSTEMS.into_iter().filter(|system| path(sounds, song, system).is_file()).collect();
    let mut picture = Picture::new(WIDTH as u32, (there.len() * (HEIGHT + GAP)) as u32, [0, 0, 0]);
    for (index, system) in there.into_iter().enumerate() {
        let audio = decode(&path(sounds, song, system))?;
        let (rate, top) = (audio.rate, (index * (HEIGHT + GAP)) as u32);
        let [sound, _] = audio.into_stereo();
        lettering::write(&mut picture, 4, top + 3, system, [255, 255, 255]);
        panel(&mut picture, top + GAP as u32, &sound, rate);
    }
    Ok(picture)
}

fn panel(picture: &mut Picture, top: u32, sound: &[f32], rate: u32) {
    let mut spectrum = Spectrum::new(WINDOW);
    for x in 0..WIDTH {
        let seconds = FROM + SECONDS * x as f64 / WIDTH as f64;
        let from = ((seconds * f64::from(rate)) as usize).saturating_sub(WINDOW / 2);
        let Some(frame) = sound.get(from..from + WINDOW) else { break };
        let magnitudes = spectrum.magnitudes(frame);
        for y in 0..HEIGHT {
            let bin = |row: usize| {
                let hz = RANGE.0 * (RANGE.1 / RANGE.0).powf(1.0 - row as f32 / HEIGHT as f32);
                (hz * WINDOW as f32 / rate as f32) as usize
            };
            // The loudest of the bins that share a row.
            let bins = bin(y + 1)..bin(y).max(bin(y + 1) + 1);
            let loudest = magnitudes.get(bins).unwrap_or_default().iter().copied().fold(0.0, f32::max);
            picture.set(x as u32, top + y as u32, colour(20.0 * loudest.max(1e-9).log10()));
        }
    }
}

/// From black through blue and orange to white.
fn colour(decibels: f32) -> Colour {
    let light = ((decibels - SHOWN.0) / (SHOWN.1 - SHOWN.0)).clamp(0.0, 1.0);
    let ramp = |from: f32, to: f32| (255.0 * ((light - from) / (to - from)).clamp(0.0, 1.0)) as u8;
    let blue = if light < 0.5 { ramp(0.0, 0.4) } else { 255 - ramp(0.5, 0.7) + ramp(0.8, 1.0) / 2 };
    [ramp(0.3, 0.7), ramp(0.45, 0.95), blue.max(ramp(0.8, 1.0))]
}
