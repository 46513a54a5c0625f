//! By how much song B is transposed so that both songs are in one key.
//!
//! A key is often hard to tell from the one a fifth away, and two answers that are each a little more likely than another
//! need not fit each other. So the transposition is chosen by all 24 keys of both songs at once.

use songweave_dsp::{analysis::chroma::PITCH_CLASSES, exchange::frame::Transport, stream::layout::SONGS};

/// Seconds for which the keys have to ask for another transposition before it is taken.
const CHANGE_AFTER: f32 = 3.0;
/// A transposition less probable than this is "not sure".
const SURE: f32 = 0.4;
/// One that was sure stays so down to this probability.
const STAYS_SURE: f32 = 0.25;

/// Semitones from -5 to 6 by which song B has to be transposed so that it most probably has the notes of A, and how probable that is,
/// from the probabilities of each song's sets of notes (see [`super::key::KeyTracker::scales`]). Down for less than a tritone where
/// that is nearer.
#[must_use]
pub fn likeliest([a, b]: [&[f32; PITCH_CLASSES]; SONGS]) -> (i8, f32) {
    let probability = |up: usize| -> f32 { (0..PITCH_CLASSES).map(|key| b[key] * a[(key + up) % PITCH_CLASSES]).sum() };
    let (up, best) = (0..PITCH_CLASSES)
        .map(|up| (up as i8, probability(up)))
        .fold((0, -1.0), |best, next| if next.1 > best.1 { next } else { best });
    (nearest(up), best)
}

/// The same pitch classes by the smallest way, -5…6 semitones.
#[must_use]
pub const fn nearest(semitones: i8) -> i8 {
    let up = semitones.rem_euclid(PITCH_CLASSES as i8);
    if up > 6 { up - 12 } else { up }
}

/// The automatic transposition of song B: changes rarely, and at the beginning of a bar where the host has bars.
#[derive(Debug, Clone, Default)]
pub struct Transposer {
    present: i8,
    wanted: i8,
    sure: bool,
    waited: f32,
    bar: Option<i64>,
}

impl Transposer {
    /// Hears the probabilities of A's and B's sets of notes and the transport of the next hop, `hop_seconds` long; returns the
    /// transposition in semitones. While it is not sure everything stays as it is.
    pub fn step(
        &mut self,
        scales: [Option<[f32; PITCH_CLASSES]>; SONGS],
        transport: &Transport,
        hop_seconds: f32,
    ) -> i8 {
        let begins = self.bar_begins(transport);
        let [Some(a), Some(b)] = scales else {
            self.sure = false;
            return self.present;
        };
        let (wanted, probability) = likeliest([&a, &b]);
        let same = wanted == self.wanted;
        self.sure = probability >= if self.sure && same { STAYS_SURE } else { SURE };
        if self.sure {
            self.waited = if same { self.waited + hop_seconds } else { 0.0 };
            self.wanted = wanted;
            if self.waited >= CHANGE_AFTER && begins {
                self.present = wanted;
            }
        }
        self.present
    }

    /// The transposition that the keys ask for, `None` while it is not sure.
    #[must_use]
    pub fn wanted(&self) -> Option<i8> {
        self.sure.then_some(self.wanted)
    }

    /// Whether a bar has begun since the last hop; always without a running transport.
    fn bar_begins(&mut self, transport: &Transport) -> bool {
        let bar = transport.beat().map(|beat| beat.bar);
        let before = std::mem::replace(&mut self.bar, bar);
        bar.is_none() || bar != before
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HOP: f32 = 0.0107;

    /// A song that is surely on the notes of a major key.
    fn sure(tonic: usize) -> Option<[f32; PITCH_CLASSES]> {
        Some(std::array::from_fn(|key| if key == tonic { 1.0 } else { 0.0 }))
    }

    #[test]
    fn the_smallest_way_to_the_same_notes_is_taken() {
        for (a, b, wanted) in [(0, 0, 0), (0, 2, -2), (0, 7, 5), (0, 5, -5), (0, 6, 6), (6, 0, 6), (11, 1, -2)] {
            let [a, b] = [a, b].map(|tonic| sure(tonic).unwrap());
            assert_eq!(likeliest([&a, &b]), (wanted, 1.0));
        }
    }

    #[test]
    fn a_song_whose_key_is_doubtful_is_brought_back_to_itself() {
        // C or G, hardly F; moved by each interval and heard a little otherwise, so that the likeliest key is another one.
        let a: [f32; PITCH_CLASSES] =
            std::array::from_fn(|key| [0.45, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.44, 0.0, 0.0, 0.01, 0.0][key]);
        let other: [f32; PITCH_CLASSES] =
            std::array::from_fn(|key| [0.44, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.45, 0.0, 0.0, 0.01, 0.0][key]);
        for up in 0..12 {
            let b = std::array::from_fn(|key| other[(12 + key - up) % 12]);
            assert_eq!(likeliest([&a, &b]).0, nearest(-(up as i8)), "{up} semitones up");
        }
    }

    #[test]
    fn it_changes_only_when_it_is_sure_for_a_while() {
        let mut transposer = Transposer::default();
        let mut step = |scales, seconds: f32| {
            (0..(seconds / HOP) as usize).map(|_| transposer.step(scales, &Transport::default(), HOP)).last()
        };
        let nothing = Some([1.0 / 12.0; PITCH_CLASSES]);
        assert_eq!(step([sure(0), None], 10.0), Some(0));
        assert_eq!(step([sure(0), sure(2)], 2.9), Some(0));
        assert_eq!(step([sure(0), sure(2)], 0.3), Some(-2));
        assert_eq!(step([sure(0), sure(5)], 2.0), Some(-2), "too short");
        assert_eq!(step([sure(0), sure(2)], 5.0), Some(-2));
        assert_eq!(step([None, sure(5)], 60.0), Some(-2), "held");
        assert_eq!(step([nothing, sure(5)], 60.0), Some(-2), "held");
    }

    #[test]
    fn it_changes_where_a_bar_begins() {
        let mut transposer = Transposer::default();
        let changed = (0..2_000).map(|hop| f64::from(hop) * 0.02).find(|beats| {
            let transport = Transport {
                playing: true,
                tempo: Some(112.0),
                beats: Some(*beats),
                time_signature: Some((6, 8)),
                ..Transport::default()
            };
            transposer.step([sure(0), sure(1)], &transport, HOP) == -1
        });
        // Three seconds are 5.6 quarters at this tempo; bars of 6/8 have three.
        assert!(changed.is_some_and(|beats| (beats - 6.0).abs() < 0.021), "{changed:?}");
    }
}
