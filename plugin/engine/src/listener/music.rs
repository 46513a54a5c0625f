//! Key, tempo, density, pitch classes and bands of one song, by the very code that follows what the plugin mashes: for the
//! Listen page and for the library.

use realfft::num_complex::Complex32;
use songweave_dsp::{
    analysis::{
        bands::ErbBands,
        chroma::{Chroma, PITCH_CLASSES},
    },
    exchange::frame::SongBands,
    stream::{
        layout::{BANDS, StreamLayout},
        stft::Stft,
    },
};

use crate::follow::{
    key::{Key, KeyTracker},
    onset::{Density, Onsets},
    tempo::{TempoEstimate, TempoTracker},
};

/// Seconds over which the bands' power is a mean.
const POWER_MEMORY: f32 = 60.0;

/// What is told of a song.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Music {
    /// Its key, `None` while it is not sure.
    pub key: Option<Key>,
    /// Its tempo, `None` while it is not sure.
    pub tempo: Option<TempoEstimate>,
    /// Onsets per second.
    pub density: f32,
    /// Pitch classes, adding up to 1; all 0 without pitch.
    pub chroma: [f32; PITCH_CLASSES],
    /// Probability of each set of seven notes by the tonic of its major key, `None` without pitch.
    pub scales: Option<[f32; PITCH_CLASSES]>,
    /// Mean power, `[band]`.
    pub power: [f32; BANDS],
}

/// Hears one song, window after window.
pub struct MusicListener {
    layout: StreamLayout,
    stft: Stft,
    spectra: [Vec<Complex32>; 2],
    bands: ErbBands,
    chroma: Chroma,
    song: SongBands,
    key: KeyTracker,
    onsets: Onsets,
    tempo: TempoTracker,
    density: Density,
    power: [f32; BANDS],
    frames: f32,
}

impl MusicListener {
    /// A listener that has heard nothing, for windows and hops of a layout.
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let spectrum = || vec![Default::default(); layout.bins()];
        Self {
            layout: *layout,
            stft: Stft::new(layout.window),
            spectra: [spectrum(), spectrum()],
            bands: ErbBands::new(layout),
            chroma: Chroma::new(layout),
            song: SongBands::SILENT,
            key: KeyTracker::new(layout.hop_seconds()),
            onsets: Onsets::default(),
            tempo: TempoTracker::new(layout.hop_seconds()),
            density: Density::new(layout.hop_seconds()),
            power: [0.0; BANDS],
            frames: 0.0,
        }
    }

    /// Hears a window of the layout's length, a hop after the one before; `right` is `None` in mono.
    pub fn hear(&mut self, left: &[f32], right: Option<&[f32]>) {
        self.stft.analyse(left, &mut self.spectra[0]);
        if let Some(right) = right {
            self.stft.analyse(right, &mut self.spectra[1]);
        }
        let pair = [&*self.spectra[0], &*self.spectra[usize::from(right.is_some())]];
        let scale = self.stft.power_scale();
        self.bands.hear(pair, scale, &mut self.song);
        self.key.hear(&self.chroma.hear(pair, scale));
        let rise = self.onsets.hear(&self.song.power, &[1.0; BANDS]);
        self.tempo.hear(rise.whole);
        self.density.hear(rise.heard);
        self.frames = (self.frames + 1.0).min(POWER_MEMORY / self.layout.hop_seconds());
        for (mean, power) in self.power.iter_mut().zip(self.song.power) {
            *mean += (power - *mean) / self.frames;
        }
    }

    /// What comes next does not follow on what came: beats and onsets are counted anew.
    pub fn cut(&mut self) {
        self.onsets = Onsets::default();
        self.tempo = TempoTracker::new(self.layout.hop_seconds());
        self.density = Density::new(self.layout.hop_seconds());
        self.chroma.reset();
    }

    /// What is known now.
    #[must_use]
    pub fn music(&self) -> Music {
        Music {
            key: self.key.estimate().map(|estimate| estimate.key),
            tempo: self.tempo.estimate(),
            density: self.density.rate(),
            chroma: self.key.chroma(),
            scales: self.key.scales(),
            power: self.power,
        }
    }
}
