//! Random mixtures: the parts of a casting at their levels, with random equalisers and places.

use songweave_dsp::layout::{PARTS, Part};

use crate::{
    casting::{Balance, Casting, Ensemble, Pick},
    filter::{bell, decibels, low_pass, shape, tilt},
    midi::Note,
    random::Random,
    song::{Song, Stereo, active_level, silence},
};

/// Level of a part before its random change, dBFS of active root mean square, `[part]`.
const LEVELS: [f32; PARTS] = [-20.0, -20.0, -21.0, -23.0];

/// The parts of a mixture, `[part][channel][sample]`; the mixture is their sum.
pub type Parts = [Stereo; PARTS];

/// A mixture whose parts are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    /// What is heard.
    pub parts: Parts,
    /// What each part plays, in seconds from the first sample, `[part]`: nothing if the part is silent, `None` if it is not
    /// known.
    pub notes: [Option<Vec<Note>>; PARTS],
}

/// One random mixture of `samples` samples as it is cast.
#[must_use]
pub fn mix(ensemble: &Ensemble, casting: &Casting, samples: usize, random: &mut Random) -> Mixture {
    let cutoff = cutoff(ensemble.songs(), &casting.picks, random);
    let mut parts: Parts = std::array::from_fn(|_| silence(samples));
    for (part, out) in parts.iter_mut().enumerate() {
        let Pick { song, at } = casting.picks[part];
        let level = ensemble.level(song, part);
        if casting.missing[part] || level == 0.0 {
            continue;
        }
        let gain = match casting.balance {
            Balance::AsRecorded => 1.0,
            Balance::Near => decibels(random.between(-3.0, 3.0) + LEVELS[1]) / ensemble.loudest(song),
            Balance::Free => decibels(LEVELS[part] + change(part, random)) / level,
        };
        let Song { parts, rate, .. } = &ensemble.songs()[song];
        let cut = parts[part].each_ref().map(|channel| &channel[at..at + samples]);
        *out = if casting.balance == Balance::AsRecorded {
            cut.map(|channel| shape(channel, *rate, |hz| low_pass(hz, cutoff)))
        } else {
            place(cut, *rate, gain, cutoff, part == Part::Vocals as usize, random)
        };
    }
    let notes = std::array::from_fn(|part| notes(ensemble, casting.picks[part], part, &parts[part]));
    set_level(&mut parts, random);
    Mixture { parts, notes }
}

/// The notes of a part from its place on; a silent part plays nothing.
fn notes(ensemble: &Ensemble, Pick { song, at }: Pick, part: usize, heard: &Stereo) -> Option<Vec<Note>> {
    let song = &ensemble.songs()[song];
    if active_level(heard, song.rate) == 0.0 {
        return Some(Vec::new());
    }
    let start = at as f64 / f64::from(song.rate);
    let end = start + heard[0].len() as f64 / f64::from(song.rate);
    let inside = |note: &&Note| note.start < end && note.start + note.length > start;
    let moved = |note: &Note| Note { start: note.start - start, ..*note };
    song.notes[part].as_ref().map(|notes| notes.iter().filter(inside).map(moved).collect())
}

/// Nothing above the narrowest of the recordings; now and then much narrower still.
fn cutoff(songs: &[Song], picks: &[Pick; PARTS], random: &mut Random) -> f32 {
    let widest = picks.iter().map(|pick| songs[pick.song].bandwidth).fold(f32::INFINITY, f32::min);
    if random.chance(0.2) { widest.min(2f32.powf(random.between(11.5, 14.0))) } else { widest }
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
    use crate::{
        demo_songs::{song_a, song_b},
        groups::Group,
    };

    const SAMPLES: usize = 20_000;

    fn ensemble(bandwidth: f32) -> Ensemble {
        let mut songs = vec![song_a(), song_b()];
        songs[1].bandwidth = bandwidth;
        songs[0].notes[2] = Some(vec![Note { start: 1.2, length: 0.5, key: 40.0, velocity: 1.0 }]);
        Ensemble::of(Group::Synthetic, songs, 0)
    }

    fn casting(songs: [usize; PARTS], balance: Balance) -> Casting {
        Casting { picks: songs.map(|song| Pick { song, at: 44_100 }), missing: [false; PARTS], balance }
    }

    #[test]
    fn the_seed_decides_the_mixture_and_its_peak_is_in_range() {
        let ensemble = ensemble(22_050.0);
        let mixture = |seed| mix(&ensemble, &casting([0; PARTS], Balance::Free), SAMPLES, &mut Random::new(seed));
        assert_eq!(mixture(1), mixture(1));
        assert_ne!(mixture(1), mixture(2));
        for seed in 0..12 {
            let parts = mixture(seed).parts;
            let sum = |n: usize| parts.iter().map(|part| part[0][n]).sum::<f32>().abs();
            let peak = (0..SAMPLES).map(sum).fold(0.0, f32::max);
            assert!(peak < decibels(-1.0) * 1.001, "seed {seed}: peak {peak}");
        }
    }

    #[test]
    fn all_parts_end_at_the_narrowest_bandwidth() {
        let ensemble = ensemble(2_000.0);
        let above = |part: &Stereo| shape(&part[0], 44_100, |hz| if hz > 2_200.0 { 1.0 } else { 0.0 });
        let energy = |samples: &[f32]| samples[2_000..18_000].iter().map(|sample| sample * sample).sum::<f32>();
        // Drums, which have most above, are of the wide song; one part of the narrow one is enough.
        for songs in [[0, 0, 1, 0], [0, 0, 0, 1]] {
            let mixture = mix(&ensemble, &casting(songs, Balance::Free), SAMPLES, &mut Random::new(3));
            for part in mixture.parts.iter().filter(|part| energy(&part[0]) > 0.0) {
                assert!(energy(&above(part)) < 1e-4 * energy(&part[0]));
            }
        }
    }

    #[test]
    fn a_song_as_it_is_keeps_the_levels_of_its_parts() {
        let ensemble = ensemble(22_050.0);
        let mixture = mix(&ensemble, &casting([0; PARTS], Balance::AsRecorded), SAMPLES, &mut Random::new(1));
        let ratio = |part: usize| {
            let cut =
                ensemble.songs()[0].parts[part].each_ref().map(|channel| channel[44_100..44_100 + SAMPLES].to_vec());
            active_level(&mixture.parts[part], 44_100) / active_level(&cut, 44_100)
        };
        assert!((ratio(1) / ratio(2) - 1.0).abs() < 0.05 && (ratio(1) / ratio(3) - 1.0).abs() < 0.05);
    }

    #[test]
    fn notes_come_along_and_are_known_where_nothing_plays() {
        let ensemble = ensemble(22_050.0);
        let mut casting = casting([0; PARTS], Balance::Free);
        casting.missing[1] = true;
        let notes = mix(&ensemble, &casting, SAMPLES, &mut Random::new(1)).notes;
        assert_eq!((notes[1].as_deref(), &notes[3]), (Some(&[][..]), &None));
        let bass = notes[2].as_deref().unwrap_or_default();
        assert!(bass.len() == 1 && (bass[0].start - 0.2).abs() < 1e-9, "{bass:?}");
    }
}
