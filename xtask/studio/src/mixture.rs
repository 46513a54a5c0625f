//! Random mixtures: parts of one song or of several, at random levels, with random equalisers and places.

use songweave_dsp::layout::{PARTS, Part};

use crate::{
    filter::{bell, decibels, low_pass, shape, tilt},
    random::Random,
    song::{Song, Stereo, active_level, silence},
};

/// Chance that a part is missing, `[part]`.
const MISSING: [f32; PARTS] = [0.12, 0.1, 0.1, 0.1];
/// Level of a part before its random change, dBFS of active root mean square, `[part]`.
const LEVELS: [f32; PARTS] = [-20.0, -20.0, -21.0, -23.0];

/// Active levels of all parts of some songs, `[song][part]`, linear.
#[must_use]
pub fn levels(songs: &[Song]) -> Vec<[f32; PARTS]> {
    songs.iter().map(|song| std::array::from_fn(|part| active_level(&song.parts[part], song.rate))).collect()
}

/// A mixture as its parts, `[part][channel][sample]`; the mixture is their sum.
pub type Parts = [Stereo; PARTS];

/// One random mixture of `samples` samples. In 7 of 10 all parts are of song `index` from sample `at` on, otherwise parts
/// are of any song at any place. `levels` as from [`levels`].
#[must_use]
pub fn mix(
    songs: &[Song],
    levels: &[[f32; PARTS]],
    index: usize,
    at: usize,
    samples: usize,
    random: &mut Random,
) -> Parts {
    let together = random.chance(0.7);
    let natural = random.chance(0.4);
    let mut chosen = [(index, at); PARTS];
    if !together {
        for place in &mut chosen {
            let song = random.index(songs.len());
            *place = (song, random.index(songs[song].samples().saturating_sub(samples)));
        }
    }
    let rate = songs[index].rate;
    let cutoff = cutoff(songs, &chosen, random);
    let missing = missing(random);
    let mut parts: Parts = std::array::from_fn(|_| silence(samples));
    for (part, out) in parts.iter_mut().enumerate() {
        let (song, from) = chosen[part];
        let level = levels[song][part];
        if missing[part] || level == 0.0 {
            continue;
        }
        let gain = if together && natural {
            let loudest = levels[song].iter().copied().fold(0.0, f32::max);
            decibels(random.between(-3.0, 3.0) + LEVELS[1]) / loudest
        } else {
            decibels(LEVELS[part] + change(part, random)) / level
        };
        let cut = songs[song].parts[part].each_ref().map(|channel| &channel[from..from + samples]);
        *out = place(cut, rate, gain, cutoff, part == Part::Vocals as usize, random);
    }
    set_level(&mut parts, random);
    parts
}

/// Nothing above the narrowest of the recordings; now and then much narrower still.
fn cutoff(songs: &[Song], chosen: &[(usize, usize); PARTS], random: &mut Random) -> f32 {
    let widest = chosen.iter().map(|&(song, _)| songs[song].bandwidth).fold(f32::INFINITY, f32::min);
    if random.chance(0.2) { widest.min(2f32.powf(random.between(11.5, 14.0))) } else { widest }
}

fn missing(random: &mut Random) -> [bool; PARTS] {
    if random.chance(0.04) {
        return [false, true, true, true];
    }
    let missing = MISSING.map(|chance| random.chance(chance));
    if missing == [true; PARTS] { [false; PARTS] } else { missing }
}

fn change(part: usize, random: &mut Random) -> f32 {
    if part == Part::Vocals as usize { random.between(-3.0, 7.0) } else { (4.0 * random.normal()).clamp(-8.0, 8.0) }
}

/// A part with its level, equaliser, width and place.
fn place(cut: [&[f32]; 2], rate: u32, gain: f32, cutoff: f32, voice: bool, random: &mut Random) -> Stereo {
    let slope = 1.0 * random.normal();
    let (centre, boost) =
        (2f32.powf(random.between(6.5, 13.0)), if random.chance(0.4) { 5.0 * random.normal() } else { 0.0 });
    let width = if voice { random.between(0.3, 1.1) } else { random.between(0.0, 1.4) };
    let pan = if voice { 0.06 } else { 0.15 } * random.normal();
    let angle = (pan.clamp(-0.9, 0.9) + 1.0) * std::f32::consts::FRAC_PI_4;
    let sides = [angle.cos(), angle.sin()].map(|side| side * std::f32::consts::SQRT_2 * gain);
    let equaliser = |hz: f32| tilt(hz, slope) * bell(hz, centre, 1.0, boost) * low_pass(hz, cutoff);
    let middle_and_side = |sign: f32| -> Vec<f32> {
        cut[0].iter().zip(cut[1]).map(|(l, r)| 0.5 * (l + r) + sign * width * 0.5 * (l - r)).collect()
    };
    [shape(&middle_and_side(1.0), rate, equaliser), shape(&middle_and_side(-1.0), rate, equaliser)]
        .into_iter()
        .zip(sides)
        .map(|(channel, side)| channel.into_iter().map(|sample| sample * side).collect())
        .collect::<Vec<Vec<f32>>>()
        .try_into()
        .unwrap_or_else(|_| silence(cut[0].len()))
}

/// Brings the mixture's peak to a random level, -30 to -1 dBFS, loud ones more often.
fn set_level(parts: &mut Parts, random: &mut Random) {
    let level = random.between(-30.0, -1.0).max(random.between(-30.0, -1.0));
    let mut peak = 0.0f32;
    for channel in 0..2 {
        for n in 0..parts[0][channel].len() {
            peak = peak.max(parts.iter().map(|part| part[channel][n]).sum::<f32>().abs());
        }
    }
    if peak > 1e-6 {
        let gain = decibels(level) / peak;
        parts.iter_mut().flatten().flatten().for_each(|sample| *sample *= gain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo_songs::{song_a, song_b};

    fn mixture(seed: u64, songs: &[Song], levels: &[[f32; PARTS]]) -> Parts {
        mix(songs, levels, 0, 50_000, 20_000, &mut Random::new(seed))
    }

    #[test]
    fn the_seed_decides_the_mixture_and_its_peak_is_in_range() {
        let songs = [song_a(), song_b()];
        let levels = levels(&songs);
        assert_eq!(levels[1][Part::Vocals as usize], 0.0);
        assert_eq!(mixture(1, &songs, &levels), mixture(1, &songs, &levels));
        assert_ne!(mixture(1, &songs, &levels), mixture(2, &songs, &levels));
        for seed in 0..12 {
            let parts = mixture(seed, &songs, &levels);
            let sum = |n: usize| parts.iter().map(|part| part[0][n]).sum::<f32>().abs();
            let peak = (0..20_000).map(sum).fold(0.0, f32::max);
            assert!(peak < decibels(-1.0) * 1.001, "seed {seed}: peak {peak}");
        }
    }

    #[test]
    fn all_parts_end_at_the_narrowest_bandwidth() {
        let mut songs = [song_a(), song_b()];
        for song in &mut songs {
            song.bandwidth = 2_000.0;
        }
        let levels = levels(&songs);
        let parts = mixture(3, &songs, &levels);
        let above = |part: &Stereo| shape(&part[0], 44_100, |hz| if hz > 2_200.0 { 1.0 } else { 0.0 });
        let energy = |samples: &[f32]| samples[2_000..18_000].iter().map(|sample| sample * sample).sum::<f32>();
        for part in parts.iter().filter(|part| energy(&part[0]) > 0.0) {
            assert!(energy(&above(part)) < 1e-4 * energy(&part[0]));
        }
    }
}
