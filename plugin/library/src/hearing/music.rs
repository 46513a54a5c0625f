//! Key, tempo, density and register of excerpts, by the very code that follows what the plugin hears.

use songweave_audio::decode::Audio;
use songweave_dsp::stream::layout::StreamLayout;
use songweave_engine::{
    follow::tempo::TempoEstimate,
    listener::music::{Music, MusicListener},
};

/// Tempi nearer to each other than this ratio are one.
const SAME_TEMPO: f32 = 1.04;

/// Hears excerpts of one recording.
pub(super) fn of(excerpts: &[Audio]) -> Music {
    let layout = StreamLayout::for_sample_rate(excerpts.first().map_or(48_000.0, |audio| audio.rate as f32));
    let mut listener = MusicListener::new(&layout);
    // Excerpts do not follow on each other, so beats are counted anew in each.
    let each: Vec<Music> = excerpts.iter().map(|audio| hear(&mut listener, audio, &layout)).collect();
    let tempi: Vec<TempoEstimate> = each.iter().filter_map(|music| music.tempo).collect();
    let density = each.iter().map(|music| music.density).sum::<f32>() / each.len().max(1) as f32;
    Music { tempo: agreed(&tempi), density, ..listener.music() }
}

/// The tempo that most speaks for: confidences of excerpts that have it add up.
fn agreed(tempi: &[TempoEstimate]) -> Option<TempoEstimate> {
    let same = |one: f32, other: f32| one / other < SAME_TEMPO && other / one < SAME_TEMPO;
    let weight = |tempo: &TempoEstimate| -> f32 {
        tempi.iter().filter(|other| same(tempo.bpm, other.bpm)).map(|other| other.confidence).sum()
    };
    tempi.iter().copied().reduce(|best, next| if weight(&next) > weight(&best) { next } else { best })
}

/// Hears an excerpt to its end; what is told then.
fn hear(listener: &mut MusicListener, audio: &Audio, layout: &StreamLayout) -> Music {
    listener.cut();
    if let (Some(left), Some(right)) = (audio.channels.first(), audio.channels.last()) {
        let stereo = audio.channels.len() > 1;
        for (left, right) in left.windows(layout.window).zip(right.windows(layout.window)).step_by(layout.hop) {
            listener.hear(left, stereo.then_some(right));
        }
    }
    listener.music()
}
