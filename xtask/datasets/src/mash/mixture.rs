//! Random mixtures: the parts of a plan at their levels, with random equalisers and places.

use songweave_dsp::stream::layout::{PARTS, Part};

use crate::mash::mixture_sampling::{Balance, Ensemble, MixturePlan, Pick};
use songweave_score::{notation::note::Note, random::Random};
use songweave_synth::song::Parts;
use songweave_synth::{
    effects::{
        dynamics::{Compressor, kick, peak, pump, saturate, silent_kick},
        equaliser::{Curve, band_limit},
        filter::decibels,
        mastering::master,
        room::Room,
        stereo::place,
    },
    song::{Stereo, active_level, silence},
};

/// Chance that a part gets a room, for parts of synthetic songs; voices have one already, and real stems are wet.
const ROOM: f32 = 0.3;
/// Chance that the other parts of a mixture pump with its drums.
const PUMPING: f32 = 0.15;
/// Level of a part before its random change, dBFS of active root mean square, `[part]`.
const LEVELS: [f32; PARTS] = [-20.0, -20.0, -21.0, -23.0];

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
pub fn mix(ensemble: &Ensemble, plan: &MixturePlan, samples: usize, random: &mut Random) -> Mixture {
    let rate = ensemble.songs()[plan.picks[0].song].rate;
    let whole = plan.balance == Balance::AsRecorded;
    let bandwidth = bandwidth(ensemble, plan);
    let cutoff = bandwidth.min(band_limit(random));
    let mut parts: Parts = std::array::from_fn(|_| silence(samples));
    for (part, out) in Part::ALL.into_iter().zip(&mut parts) {
        let Pick { song, at } = plan.picks[part as usize];
        if plan.missing[part as usize] || ensemble.level(song, part as usize) == 0.0 {
            continue;
        }
        let cut = |channel: &Vec<f32>| channel[at..at + samples].to_vec();
        *out = ensemble.songs()[song].parts[part as usize].each_ref().map(cut);
        if !whole {
            let gain = gain(ensemble, plan.balance, song, part, random);
            out.iter_mut().flatten().for_each(|sample| *sample *= gain);
            dress(out, part, rate, ensemble.is_real(song), random);
            *out = place(&Curve::of_part(part, random).limited(cutoff).apply(out, rate), part, rate, random);
        }
    }
    if !whole && random.chance(PUMPING) {
        pump_all(&mut parts, rate, random);
    }
    let notes = std::array::from_fn(|part| notes(ensemble, plan.picks[part], part, &parts[part]));
    let limited = !whole || cutoff == bandwidth;
    // A song as it is mostly stays as it is.
    let often = if whole { 0.5 } else { 1.0 };
    master(&mut parts, rate, cutoff, limited, often, random);
    Mixture { parts, notes }
}

/// Where the narrowest of the recordings that are heard ends, in Hz. Nothing of the others may be above it: bandwidth must
/// not tell the parts apart.
fn bandwidth(ensemble: &Ensemble, plan: &MixturePlan) -> f32 {
    let heard = plan.picks.iter().zip(plan.missing).filter(|(_, missing)| !missing);
    heard.map(|(pick, _)| ensemble.songs()[pick.song].bandwidth).fold(f32::INFINITY, f32::min)
}

fn gain(ensemble: &Ensemble, balance: Balance, song: usize, part: Part, random: &mut Random) -> f32 {
    let change = match (balance, part) {
        (Balance::AsRecorded, _) => return 1.0,
        (Balance::Near, _) => {
            return decibels(random.between(-3.0, 3.0) + LEVELS[1]) / ensemble.loudest(song);
        }
        (Balance::Free, Part::Vocals) => random.between(-3.0, 7.0),
        (Balance::Free, _) => (4.0 * random.normal()).clamp(-8.0, 8.0),
    };
    decibels(LEVELS[part as usize] + change) / ensemble.level(song, part as usize)
}

/// What a part goes through before the equaliser: drive, compressor, room.
fn dress(sound: &mut Stereo, part: Part, rate: u32, real: bool, random: &mut Random) {
    if random.chance(0.1) {
        saturate(sound, decibels(random.between(0.0, 14.0)) / peak(sound).max(1e-6));
    }
    if random.chance(0.25) {
        Compressor::random(peak(sound).max(1e-6), random).apply(sound, rate);
    }
    let wet = real || part == Part::Vocals;
    if random.chance(if wet { 0.25 * ROOM } else { ROOM }) {
        *sound = Room::random(random).apply(sound, rate, random);
    }
}

/// Bass and accompaniment, now and then the voice, give way to the kick, or to one that is not heard.
fn pump_all(parts: &mut Parts, rate: u32, random: &mut Random) {
    let drums = &parts[Part::Drums as usize];
    let silent = peak(drums) < 1e-3 || random.chance(0.2);
    let key = if silent { silent_kick(drums[0].len(), rate, random) } else { kick(drums, rate) };
    let (depth, release) = (decibels(-random.between(3.0, 18.0)), random.between(0.08, 0.35));
    for (part, chance) in [(Part::Vocals, 0.25), (Part::Bass, 0.8), (Part::Other, 0.9)] {
        if random.chance(chance) {
            pump(&mut parts[part as usize], &key, depth, release, rate);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mash::groups::Group;
    use songweave_synth::{
        demo_songs::{song_a, song_b},
        effects::{dynamics::peak_of_all, filter::shape},
        song::Song,
    };

    const SAMPLES: usize = 20_000;

    fn ensemble(bandwidth: f32) -> Ensemble {
        let mut songs = vec![song_a(), song_b()];
        songs[1].bandwidth = bandwidth;
        songs[0].notes[2] = Some(vec![Note { start: 1.2, length: 0.5, key: 40.0, velocity: 1.0 }]);
        Ensemble::of(Group::Synthetic, songs, 0)
    }

    fn plan(songs: [usize; PARTS], balance: Balance) -> MixturePlan {
        MixturePlan { picks: songs.map(|song| Pick { song, at: 44_100 }), missing: [false; PARTS], balance }
    }

    #[test]
    fn the_seed_decides_the_mixture_and_its_peak_is_in_range() {
        let ensemble = ensemble(22_050.0);
        let mixture = |seed| mix(&ensemble, &plan([0; PARTS], Balance::Free), SAMPLES, &mut Random::new(seed));
        assert_eq!(mixture(1), mixture(1));
        assert_ne!(mixture(1), mixture(2));
        for seed in 0..12 {
            let peak = peak_of_all(&mixture(seed).parts);
            assert!(peak > decibels(-30.1) && peak < decibels(-0.9), "seed {seed}: peak {peak}");
        }
    }

    #[test]
    fn all_parts_end_at_the_narrowest_bandwidth() {
        let ensemble = ensemble(2_000.0);
        let above = |part: &Stereo| shape(&part[0], 44_100, |hz| if hz > 2_200.0 { 1.0 } else { 0.0 });
        let energy = |samples: &[f32]| samples[2_000..18_000].iter().map(|sample| sample * sample).sum::<f32>();
        // Drums, which have most above, are of the wide song; one part of the narrow one is enough.
        for (songs, seed) in [([0, 0, 1, 0], 3), ([0, 0, 0, 1], 4), ([0, 0, 1, 1], 5), ([1, 0, 1, 1], 6)] {
            let mixture = mix(&ensemble, &plan(songs, Balance::Free), SAMPLES, &mut Random::new(seed));
            for part in mixture.parts.iter().filter(|part| energy(&part[0]) > 0.0) {
                assert!(energy(&above(part)) < 1e-4 * energy(&part[0]), "seed {seed}");
            }
        }
    }

    #[test]
    fn recordings_of_both_kinds_end_together_in_every_group_that_mixes_them() {
        let wide = |name: &str| Song { name: name.into(), ..song_a() };
        let narrow = |name: &str| Song { name: name.into(), bandwidth: 3_000.0, ..song_a() };
        for group in [Group::Blend("2.Lithium"), Group::RealAll] {
            let ensemble = Ensemble::of(group, vec![narrow("a"), narrow("b"), wide("c"), wide("d")], 2);
            let mut random = Random::new(11);
            for clip in 0..12 {
                let plan = ensemble.plan(clip % 4, 44_100, SAMPLES, &mut random);
                let heard = |part: usize| !plan.missing[part] && plan.picks[part].song < 2;
                let parts = mix(&ensemble, &plan, SAMPLES, &mut random).parts;
                if !(0..PARTS).any(heard) {
                    continue;
                }
                let sum: Vec<f32> = (0..SAMPLES).map(|n| parts.iter().map(|part| part[0][n]).sum()).collect();
                let energy = |samples: &[f32]| samples[2_000..18_000].iter().map(|s| s * s).sum::<f32>();
                let above = shape(&sum, 44_100, |hz| f32::from(u8::from(hz > 3_300.0)));
                assert!(energy(&above) <= 1e-3 * energy(&sum), "clip {clip}");
            }
        }
    }

    #[test]
    fn a_song_as_it_is_keeps_the_levels_of_its_parts() {
        let ensemble = ensemble(22_050.0);
        let level = |parts: &Parts, part: usize| active_level(&parts[part], 44_100);
        let song = &ensemble.songs()[0].parts;
        let own: Parts =
            song.each_ref().map(|part| part.each_ref().map(|channel| channel[44_100..][..SAMPLES].to_vec()));
        let kept = |balance| {
            let keeps = |&seed: &u64| {
                let parts = mix(&ensemble, &plan([0; PARTS], balance), SAMPLES, &mut Random::new(seed)).parts;
                let ratio = |part| level(&parts, part) / level(&own, part);
                (ratio(1) / ratio(2) - 1.0).abs() < 0.05 && (ratio(1) / ratio(3) - 1.0).abs() < 0.05
            };
            (0..40).filter(keeps).count()
        };
        // The others were equalised or compressed as a whole.
        let (whole, free) = (kept(Balance::AsRecorded), kept(Balance::Free));
        assert!(whole >= 12 && free <= 6, "{whole} {free}");
    }

    #[test]
    fn notes_come_along_and_are_known_where_nothing_plays() {
        let ensemble = ensemble(22_050.0);
        let mut plan = plan([0; PARTS], Balance::Free);
        plan.missing[1] = true;
        let notes = mix(&ensemble, &plan, SAMPLES, &mut Random::new(1)).notes;
        assert_eq!((notes[1].as_deref(), &notes[3]), (Some(&[][..]), &None));
        let bass = notes[2].as_deref().unwrap_or_default();
        assert!(bass.len() == 1 && (bass[0].start - 0.2).abs() < 1e-9, "{bass:?}");
    }
}
