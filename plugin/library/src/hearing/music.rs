//! Key, tempo, density and register of excerpts, by the very code that follows what the plugin hears.

use songweave_audio::decode::Audio;
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
use songweave_engine::follow::{
    key::{Key, KeyTracker},
    onset::{Density, Onsets},
    tempo::{TempoEstimate, TempoTracker},
};

/// Tempi nearer to each other than this ratio are one.
const SAME_TEMPO: f32 = 1.04;

/// What is told of excerpts, as in [`crate::track::Sound`].
pub(super) struct Music {
    pub(super) key: Option<Key>,
    pub(super) tempo: Option<TempoEstimate>,
    pub(super) density: f32,
    pub(super) chroma: [f32; PITCH_CLASSES],
    pub(super) scales: Option<[f32; PITCH_CLASSES]>,
    pub(super) power: [f32; BANDS],
}

/// Hears excerpts of one recording.
pub(super) fn of(excerpts: &[Audio]) -> Music {
    let layout = StreamLayout::for_sample_rate(excerpts.first().map_or(48_000.0, |audio| audio.rate as f32));
    let mut listener = Listener::new(&layout);
    let tempi: Vec<TempoEstimate> = excerpts.iter().filter_map(|audio| listener.hear(audio, &layout)).collect();
    let (frames, excerpts) = (listener.frames.max(1) as f32, excerpts.len().max(1) as f32);
    Music {
        key: listener.key.estimate().map(|estimate| estimate.key),
        tempo: agreed(&tempi),
        density: listener.density / excerpts,
        chroma: listener.key.chroma(),
        scales: listener.key.scales(),
        power: listener.power.map(|sum| sum / frames),
    }
}

/// The tempo that most speaks for: confidences of excerpts that have it add up.
fn agreed(tempi: &[TempoEstimate]) -> Option<TempoEstimate> {
    let same = |one: f32, other: f32| one / other < SAME_TEMPO && other / one < SAME_TEMPO;
    let weight = |tempo: &TempoEstimate| -> f32 {
        tempi.iter().filter(|other| same(tempo.bpm, other.bpm)).map(|other| other.confidence).sum()
    };
    tempi.iter().copied().reduce(|best, next| if weight(&next) > weight(&best) { next } else { best })
}

struct Listener {
    stft: Stft,
    bands: ErbBands,
    chroma: Chroma,
    key: KeyTracker,
    density: f32,
    power: [f32; BANDS],
    frames: usize,
}

impl Listener {
    fn new(layout: &StreamLayout) -> Self {
        Self {
            stft: Stft::new(layout.window),
            bands: ErbBands::new(layout),
            chroma: Chroma::new(layout),
            key: KeyTracker::new(layout.hop_seconds()),
            density: 0.0,
            power: [0.0; BANDS],
            frames: 0,
        }
    }

    /// Hears an excerpt; returns its tempo. Excerpts do not follow on each other, so beats are counted anew in each.
    fn hear(&mut self, audio: &Audio, layout: &StreamLayout) -> Option<TempoEstimate> {
        let (mut onsets, mut tempo) = (Onsets::default(), TempoTracker::new(layout.hop_seconds()));
        let mut density = Density::new(layout.hop_seconds());
        let mut song = SongBands::SILENT;
        let (left, right) = (audio.channels.first()?, audio.channels.last()?);
        let stereo = audio.channels.len() > 1;
        let mut spectra = [vec![Default::default(); layout.bins()], vec![Default::default(); layout.bins()]];
        for (left, right) in left.windows(layout.window).zip(right.windows(layout.window)).step_by(layout.hop) {
            self.stft.analyse(left, &mut spectra[0]);
            if stereo {
                self.stft.analyse(right, &mut spectra[1]);
            }
            let pair = [&*spectra[0], &*spectra[usize::from(stereo)]];
            let scale = self.stft.power_scale();
            self.bands.hear(pair, scale, &mut song);
            self.key.hear(&self.chroma.hear(pair, scale));
            let rise = onsets.hear(&song.power, &[1.0; BANDS]);
            tempo.hear(rise.whole);
            density.hear(rise.heard);
            self.power.iter_mut().zip(song.power).for_each(|(sum, power)| *sum += power);
            self.frames += 1;
        }
        self.chroma.reset();
        self.density += density.rate();
        tempo.estimate()
    }
}
