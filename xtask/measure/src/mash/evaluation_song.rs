//! Songs under test and what is asked for of two of them.

use songweave_dsp::{
    exchange::controls::Controls,
    mash::mask::crossfade,
    stream::layout::{BANDS, PARTS, Part},
};

use crate::mash::masker::Masker;
use songweave_datasets::mash::targets::Analyser;
use songweave_synth::song::{Parts, Song, Stereo, silence};

/// Energy above which a part counts as heard.
const HEARD: f64 = 1e-6;

/// Who is heard of each part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// Short name.
    pub name: &'static str,
    /// In words.
    pub description: &'static str,
    /// A…B fader of each part, `[part]`.
    pub faders: [f32; PARTS],
    /// The part that is taken from A alone; none where every part is of both songs.
    pub featured: Option<Part>,
}

/// What is measured. The last one needs no separation: it shows that nothing is lost on the way.
pub const RECIPES: [Recipe; 3] = [
    Recipe {
        name: "vocals",
        description: "vocals of A over the rest of B",
        faders: [0.0, 1.0, 1.0, 1.0],
        featured: Some(Part::Vocals),
    },
    Recipe {
        name: "drums",
        description: "drums of A under the rest of B",
        faders: [1.0, 0.0, 1.0, 1.0],
        featured: Some(Part::Drums),
    },
    Recipe { name: "half", description: "everything half A, half B", faders: [0.5; PARTS], featured: None },
];

impl Recipe {
    /// The parameters that ask for it.
    #[must_use]
    pub fn controls(&self) -> Controls {
        Controls { faders: self.faders, ..Controls::default() }
    }

    /// Why it cannot be measured on two songs, in words; `None` when it can.
    #[must_use]
    pub fn obstacle(&self, a: &EvaluationSong, b: &EvaluationSong) -> Option<String> {
        let part = self.featured?;
        let index = part as usize;
        if let Some(song) = [a, b].into_iter().find(|song| !song.known[index]) {
            return Some(format!("the {} of {} are not known apart", part.name(), song.name));
        }
        if !a.sounds(part) {
            return Some(format!("{} has no {}", a.name, part.name()));
        }
        let rest = Part::ALL.iter().any(|&other| other != part && b.sounds(other));
        (!rest).then(|| format!("{} has nothing but {}", b.name, part.name()))
    }

    /// The mix of both songs' parts `[part][channel][sample]` as the faders ask for it, `samples` long.
    #[must_use]
    pub fn mix(&self, a: &Parts, b: &Parts, samples: usize) -> Stereo {
        let mut mix = silence(samples);
        for part in 0..PARTS {
            let gains = crossfade(self.faders[part]);
            for (parts, gain) in [(a, gains[0]), (b, gains[1])] {
                if gain == 0.0 {
                    continue;
                }
                for (mix, channel) in mix.iter_mut().zip(&parts[part]) {
                    mix.iter_mut().zip(channel).for_each(|(mix, sample)| *mix += gain * sample);
                }
            }
        }
        mix
    }
}

/// A song under test: its parts, their sum and the oracle's answer.
pub struct EvaluationSong {
    /// Name of the song.
    pub name: String,
    /// Samples per second.
    pub rate: u32,
    /// Whether the part is known apart from the others, `[part]`; an instrumental stem leaves drums, bass and other in one.
    pub known: [bool; PARTS],
    /// `[part][channel][sample]`
    pub parts: Parts,
    /// Sum of the parts.
    pub mixture: Stereo,
    /// True shares, `[frame][part][band]`; frame `n` begins at sample `n * hop`.
    pub shares: Vec<[[f32; BANDS]; PARTS]>,
    /// Power of the mixture, `[frame][band]`.
    pub powers: Vec<[f32; BANDS]>,
    /// The mixture taken apart by the true shares: what these bands allow at best.
    pub oracle: Parts,
    heard: [bool; PARTS],
}

impl EvaluationSong {
    /// Prepares a song whose parts are all known apart; of `seconds` seconds from its middle when it is longer.
    #[must_use]
    pub fn new(song: &Song, seconds: Option<f64>) -> Self {
        Self::with_known(song, seconds, [true; PARTS])
    }

    /// As [`Self::new`], for a song of whose parts only some are known apart.
    #[must_use]
    pub fn with_known(song: &Song, seconds: Option<f64>, known: [bool; PARTS]) -> Self {
        let mut analyser = Analyser::new(song.rate);
        let layout = *analyser.layout();
        let parts = excerpt(song, seconds, layout.window);
        let mut mixture = silence(parts[0][0].len());
        for part in &parts {
            for (sum, channel) in mixture.iter_mut().zip(part) {
                sum.iter_mut().zip(channel).for_each(|(sum, sample)| *sum += sample);
            }
        }
        let mut masker = Masker::new(song.rate);
        let frames = masker.frames(mixture[0].len());
        let (mut shares, mut powers) = (Vec::with_capacity(frames), Vec::with_capacity(frames));
        for frame in 0..frames {
            let heard = analyser.frame(&parts, frame * layout.hop);
            shares.push(heard.shares);
            powers.push(heard.bands.power);
        }
        let oracle = masker.separate(&mixture, |frame| &shares[frame]);
        let energy = |part: &Stereo| part.iter().flatten().map(|&sample| f64::from(sample).powi(2)).sum::<f64>();
        let heard = parts.each_ref().map(|part| energy(part) > HEARD);
        Self { name: song.name.clone(), rate: song.rate, known, parts, mixture, shares, powers, oracle, heard }
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.mixture[0].len() as f64 / f64::from(self.rate)
    }

    /// Whether the part is heard at all.
    #[must_use]
    pub const fn sounds(&self, part: Part) -> bool {
        self.heard[part as usize]
    }

    /// Bytes that the song takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let stereo = 2 * size_of::<f32>() * self.mixture[0].len();
        (2 * PARTS + 1) * stereo + self.shares.len() * (PARTS + 1) * BANDS * size_of::<f32>()
    }

    /// The first `samples` samples of the mixture, `[channel][sample]`.
    #[must_use]
    pub fn shortened(&self, samples: usize) -> [&[f32]; 2] {
        self.mixture.each_ref().map(|channel| &channel[..samples.min(channel.len())])
    }
}

/// The middle of a song with a window of silence on both sides: every sample of it lies in whole frames.
fn excerpt(song: &Song, seconds: Option<f64>, window: usize) -> Parts {
    let whole = song.samples();
    let length = seconds.map_or(whole, |seconds| ((seconds * f64::from(song.rate)) as usize).min(whole));
    let from = (whole - length) / 2;
    let cut = |channel: &Vec<f32>| {
        let mut padded = vec![0.0; length + 2 * window];
        padded[window..window + length].copy_from_slice(&channel[from..from + length]);
        padded
    };
    song.parts.each_ref().map(|part| part.each_ref().map(cut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_synth::demo_songs::{song_a, song_b};

    #[test]
    fn recipes_say_what_they_lack() {
        let (a, b) = (EvaluationSong::new(&song_a(), Some(2.0)), EvaluationSong::new(&song_b(), Some(2.0)));
        let [vocals, drums, half] = RECIPES;
        assert_eq!(vocals.obstacle(&a, &b), None);
        assert_eq!(vocals.obstacle(&b, &a), Some("song_b has no vocals".to_owned()));
        let undivided = EvaluationSong::with_known(&song_a(), Some(2.0), [true, false, false, false]);
        assert_eq!(drums.obstacle(&b, &undivided), Some("the drums of song_a are not known apart".to_owned()));
        assert_eq!(half.obstacle(&b, &undivided), None);
        let mut alone = song_a();
        alone.parts[1..].iter_mut().flatten().for_each(|channel| channel.fill(0.0));
        let alone = EvaluationSong::new(&alone, Some(2.0));
        assert_eq!(vocals.obstacle(&a, &alone), Some("song_a has nothing but vocals".to_owned()));
    }

    #[test]
    fn the_oracles_parts_add_up_to_the_song() {
        let a = EvaluationSong::new(&song_a(), Some(1.0));
        let whole = RECIPES[2].mix(&a.oracle, &a.oracle, a.mixture[0].len());
        let gain = std::f32::consts::SQRT_2;
        let error = (2_048..46_000).map(|n| (whole[0][n] - gain * a.mixture[0][n]).abs()).fold(0.0, f32::max);
        assert!(error < 1e-4, "{error}");
        assert!((a.seconds() - 1.0).abs() < 0.2 && a.bytes() > 9 * 8 * 44_100);
    }
}
