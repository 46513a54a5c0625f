//! By how much song B is transposed so that both songs are in one key.

use songweave_dsp::exchange::frame::Transport;

use super::key::{Key, KeyEstimate};

/// Seconds for which both keys have to ask for another transposition before it is taken.
const CHANGE_AFTER: f32 = 3.0;

/// Semitones from -5 to 6 by which a song in key `b` has to be transposed so that it has the notes of key `a`: the same
/// tonic for the same mode, the relative one for the other. The smallest of the two directions, up for a tritone.
#[must_use]
pub const fn transposition(a: Key, b: Key) -> i8 {
    let up = (12 + a.major_tonic() as i8 - b.major_tonic() as i8) % 12;
    if up > 6 { up - 12 } else { up }
}

/// The automatic transposition of song B: changes rarely, and at the beginning of a bar where the host has bars.
#[derive(Debug, Clone, Default)]
pub struct Transposer {
    present: i8,
    wanted: i8,
    waited: f32,
    bar: Option<i64>,
}

impl Transposer {
    /// Hears the keys of A and B and the transport of the next hop, `hop_seconds` long; returns the transposition in
    /// semitones. While a key is not sure everything stays as it is.
    pub fn step(&mut self, keys: [Option<KeyEstimate>; 2], transport: &Transport, hop_seconds: f32) -> i8 {
        let begins = self.bar_begins(transport);
        if let [Some(a), Some(b)] = keys {
            let wanted = transposition(a.key, b.key);
            self.waited = if wanted == self.wanted { self.waited + hop_seconds } else { 0.0 };
            self.wanted = wanted;
            if self.waited >= CHANGE_AFTER && begins {
                self.present = wanted;
            }
        }
        self.present
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
    use super::*;

    const HOP: f32 = 0.0107;

    const fn key(tonic: u8, minor: bool) -> Key {
        Key { tonic, minor }
    }

    fn sure(tonic: u8) -> Option<KeyEstimate> {
        Some(KeyEstimate { key: key(tonic, false), confidence: 0.9 })
    }

    #[test]
    fn the_smallest_way_to_the_same_notes_is_taken() {
        for (a, b, wanted) in [
            (key(0, false), key(0, false), 0),
            (key(0, false), key(9, true), 0),
            (key(9, true), key(0, false), 0),
            (key(0, false), key(2, false), -2),
            (key(0, false), key(7, false), 5),
            (key(0, false), key(5, false), -5),
            (key(0, false), key(6, false), 6),
            (key(6, false), key(0, false), 6),
            (key(4, true), key(2, false), 5),
            (key(11, true), key(10, true), 1),
        ] {
            assert_eq!(transposition(a, b), wanted, "{} under {}", b.name(), a.name());
        }
        for a in 0..24 {
            for b in 0..24 {
                let [a, b] = [a, b].map(|index| key(index % 12, index >= 12));
                assert_eq!(b.transposed(transposition(a, b)).fifths_from(a), 0);
            }
        }
    }

    #[test]
    fn it_changes_only_when_both_keys_are_sure_for_a_while() {
        let mut transposer = Transposer::default();
        let mut step = |keys, seconds: f32| {
            (0..(seconds / HOP) as usize).map(|_| transposer.step(keys, &Transport::default(), HOP)).last()
        };
        assert_eq!(step([sure(0), None], 10.0), Some(0));
        assert_eq!(step([sure(0), sure(2)], 2.9), Some(0));
        assert_eq!(step([sure(0), sure(2)], 0.3), Some(-2));
        assert_eq!(step([sure(0), sure(5)], 2.0), Some(-2), "too short");
        assert_eq!(step([sure(0), sure(2)], 5.0), Some(-2));
        assert_eq!(step([None, sure(5)], 60.0), Some(-2), "held");
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
