//! Material that is none of the usual, through the plugin's path: what must not blow up, and what degrades.

use serde::Serialize;
use songweave_dsp::stream::{
    framer::repaired,
    layout::{PARTS, Part, SONGS, StreamLayout},
};
use songweave_engine::mash::studio::Decider;
use songweave_models::mash::MashNetwork;

use crate::mash::{
    evaluation::{EvaluationSong, RECIPES, Systems, measure_pair},
    masker::Masker,
    metrics::{Nearness, ratio},
    replay::Replay,
    robustness_cases::{Case, Kind, Sound},
};
use crate::statistics::mean;
use songweave_synth::song::{Song, Stereo};

/// dB by which an output may peak above both inputs added up: masks that change ring a little.
const HEADROOM: f64 = 6.0;
/// A voice's share of a song in dB above which a voice is heard; only said of songs without one.
const FALSE_VOICE: f64 = -10.0;

/// A's voice alone, SDR in dB, mean over the variants.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VoiceFigures {
    /// As the plugin's shares take it from A.
    pub plugin_sdr: f64,
    /// Song A as it is.
    pub unprocessed_sdr: f64,
    /// As the true shares take it.
    pub oracle_sdr: f64,
}

/// Figures of a case.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Name of the case.
    pub case: String,
    /// In words.
    pub about: String,
    /// Finite and bounded.
    pub held: bool,
    /// Whether every sample is a finite number.
    pub finite: bool,
    /// Peak of the output against the sum of both inputs' peaks in dB, the worst variant.
    pub peak: f64,
    /// The same in Studio quality, where that was measured.
    pub studio_peak: Option<f64>,
    /// Energy that the network takes for voice against that of the whole song in dB, `[song]`; none of a silent song.
    pub heard_as_voice: [Option<f64>; SONGS],
    /// A's voice alone, where it is known.
    pub voice: Option<VoiceFigures>,
    /// SI-SDR in dB of "vocals of A over the rest of B", where the truth is known.
    pub mix: Option<Systems<f64>>,
    /// `holds`, `degrades: …` or `fails: …`.
    pub verdict: String,
}

/// Plays a case, in Studio quality as well where its network is given. `reference` is what it is compared with.
///
/// # Errors
/// The network fails, with its reason.
pub fn measure(
    case: &Case,
    reference: Option<&Figures>,
    network: &MashNetwork,
    studio: Option<&Decider>,
) -> Result<Figures, String> {
    let (mut health, mut in_studio) = (Vec::new(), Vec::new());
    let (mut voices, mut mixes) = (Vec::new(), Vec::new());
    for sound in &case.sounds {
        health.push(play(&mixtures(sound), case.rate, network, None)?);
        if let Some(studio) = studio {
            in_studio.push(play(&mixtures(sound), case.rate, network, Some(studio))?);
        }
        if let Sound::Known(songs) = sound {
            let [a, b] = songs.each_ref().map(|song| EvaluationSong::new(song, None));
            let figures = measure_pair(&a, &b, network, None)?;
            voices.extend(
                figures
                    .parts
                    .iter()
                    .filter(|part| part.part == Part::Vocals.name())
                    .map(|part| [part.plugin, part.unprocessed, part.oracle].map(|near| near.sdr)),
            );
            let vocals = figures.recipes.iter().find(|recipe| recipe.recipe == RECIPES[0].name);
            mixes.extend(vocals.and_then(|recipe| recipe.nearness.map(|near: &Nearness| Some(near.si_sdr))));
        }
    }
    let mut figures = Figures {
        case: case.name.clone(),
        about: case.about.clone(),
        held: health.iter().chain(&in_studio).all(Health::held),
        finite: health.iter().chain(&in_studio).all(|health| health.finite),
        peak: health.iter().map(|health| health.peak).fold(f64::NEG_INFINITY, f64::max),
        studio_peak: in_studio.iter().map(|health| health.peak).reduce(f64::max),
        heard_as_voice: [0, 1].map(|song| mean(health.iter().filter_map(|health| health.voice[song]))),
        voice: mean_voice(&voices),
        mix: mean_mix(&mixes),
        verdict: String::new(),
    };
    figures.verdict = verdict(case.kind, &figures, reference);
    Ok(figures)
}

fn mean_voice(voices: &[[f64; 3]]) -> Option<VoiceFigures> {
    let of = |index: usize| mean(voices.iter().map(|voice| voice[index]));
    Some(VoiceFigures { plugin_sdr: of(0)?, unprocessed_sdr: of(1)?, oracle_sdr: of(2)? })
}

fn mean_mix(mixes: &[Systems<f64>]) -> Option<Systems<f64>> {
    let of = |system: fn(&Systems<f64>) -> f64| mean(mixes.iter().map(system));
    Some(Systems {
        plugin: of(|mix| mix.plugin)?,
        plain_sum: of(|mix| mix.plain_sum)?,
        crossfade: of(|mix| mix.crossfade)?,
        ducker: of(|mix| mix.ducker)?,
        oracle: of(|mix| mix.oracle)?,
    })
}

fn mixtures(sound: &Sound) -> [Stereo; SONGS] {
    let sum = |song: &Song| -> Stereo {
        std::array::from_fn(|channel| {
            (0..song.samples()).map(|n| (0..PARTS).map(|part| song.parts[part][channel][n]).sum()).collect()
        })
    };
    match sound {
        Sound::Known(songs) => songs.each_ref().map(sum),
        Sound::Mixtures(songs) => songs.clone(),
    }
}

/// How the plugin's path fared with two songs.
struct Health {
    finite: bool,
    peak: f64,
    voice: [Option<f64>; SONGS],
}

impl Health {
    fn held(&self) -> bool {
        self.finite && self.peak <= HEADROOM
    }
}

fn play(songs: &[Stereo; SONGS], rate: u32, network: &MashNetwork, studio: Option<&Decider>) -> Result<Health, String> {
    let layout = StreamLayout::for_sample_rate(rate as f32);
    let samples = songs[0][0].len().min(songs[1][0].len());
    let cut = songs.each_ref().map(|song| song.each_ref().map(|channel| &channel[..samples]));
    let replay = match studio {
        Some(studio) => Replay::record_studio(layout, network.clone(), studio.clone(), cut)?,
        None => Replay::record(layout, network.clone(), cut)?,
    };
    let out = replay.render(cut, &RECIPES[0].controls());
    // What the plugin takes for damage is silence to it.
    let heard = songs.each_ref().map(|song| {
        song.each_ref().map(|channel| channel.iter().map(|&sample| repaired(sample).0).collect::<Vec<f32>>())
    });
    let peak = |sound: &Stereo| f64::from(sound.iter().flatten().fold(0.0f32, |peak, sample| peak.max(sample.abs())));
    let voice = [0, 1].map(|song: usize| {
        let clean = &heard[song];
        let parts = Masker::new(rate).separate(clean, |frame| &replay.decision(frame).shares[song]);
        let energy = |sound: &Stereo| sound.iter().flatten().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
        let whole = energy(clean);
        (whole > 1e-9).then(|| ratio(energy(&parts[Part::Vocals as usize]), whole))
    });
    let peaks = 20.0 * (peak(&out).max(1e-9) / (peak(&heard[0]) + peak(&heard[1])).max(1e-9)).log10();
    Ok(Health { finite: out.iter().flatten().all(|sample| sample.is_finite()), peak: peaks, voice })
}

/// What a person should know.
fn verdict(kind: Kind, figures: &Figures, reference: Option<&Figures>) -> String {
    if !figures.finite {
        return "fails: the output holds values that are no numbers".to_owned();
    }
    if !figures.held {
        let peak = figures.studio_peak.map_or(figures.peak, |studio| studio.max(figures.peak));
        return format!("fails: peaks {peak:.1} dB above both inputs");
    }
    let mut faults = Vec::new();
    if let (Kind::Voice, Some(voice)) = (kind, figures.voice) {
        let gain = voice.plugin_sdr - voice.unprocessed_sdr;
        let usual =
            reference.and_then(|reference| reference.voice).map(|usual| usual.plugin_sdr - usual.unprocessed_sdr);
        if let Some(usual) = usual.filter(|usual| gain < 0.5 * usual) {
            faults.push(format!("the voice gains {gain:.1} dB, {usual:.1} dB in the first case"));
        }
    }
    if let (Kind::Voice, Some(mix)) = (kind, figures.mix)
        && mix.plugin < mix.crossfade
    {
        faults.push(format!("{:.1} dB below a crossfade without a network", mix.crossfade - mix.plugin));
    }
    if let (Kind::NoVoice, Some(share)) = (kind, figures.heard_as_voice[0])
        && share > FALSE_VOICE
    {
        faults.push(format!("hears a voice at {share:.1} dB where none is"));
    }
    if faults.is_empty() { "holds".to_owned() } else { format!("degrades: {}", faults.join("; ")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::mash::robustness_cases::damaged;

    fn figures() -> Figures {
        Figures {
            case: String::new(),
            about: String::new(),
            held: true,
            finite: true,
            peak: 0.0,
            studio_peak: None,
            heard_as_voice: [Some(-3.0), None],
            voice: Some(VoiceFigures { plugin_sdr: 8.0, unprocessed_sdr: -2.0, oracle_sdr: 15.0 }),
            mix: None,
            verdict: String::new(),
        }
    }

    #[test]
    fn verdicts_name_what_is_wrong() {
        let usual = figures();
        assert_eq!(verdict(Kind::Voice, &usual, Some(&usual)), "holds");
        assert_eq!(verdict(Kind::NoVoice, &usual, None), "degrades: hears a voice at -3.0 dB where none is");
        let worse = Figures { voice: Some(VoiceFigures { plugin_sdr: 1.0, ..usual.voice.unwrap() }), ..figures() };
        assert!(verdict(Kind::Voice, &worse, Some(&usual)).starts_with("degrades: the voice gains 3.0 dB, 10.0 dB"));
        let mix = Systems { plugin: 3.0, plain_sum: 0.0, crossfade: 4.0, ducker: 1.0, oracle: 9.0 };
        let below = verdict(Kind::Voice, &Figures { mix: Some(mix), ..figures() }, None);
        assert_eq!(below, "degrades: 1.0 dB below a crossfade without a network");
        assert!(verdict(Kind::Any, &Figures { finite: false, ..figures() }, None).starts_with("fails"));
        for (peak, studio_peak) in [(9.0, None), (1.0, Some(9.0)), (9.0, Some(1.0))] {
            let loud = Figures { held: false, peak, studio_peak, ..figures() };
            assert_eq!(verdict(Kind::Any, &loud, None), "fails: peaks 9.0 dB above both inputs");
        }
    }

    #[test]
    fn what_is_damaged_or_silent_stays_finite_and_bounded() {
        let network = MashNetwork::embedded().unwrap();
        for case in damaged() {
            let figures = measure(&case, None, &network, None).unwrap();
            assert!(figures.held, "{}: {}", case.name, figures.verdict);
        }
    }
}
