"""Who leads, on cases that a musician can check by hand."""

import unittest

import torch
from torch import Tensor

from songweave_training.mash.clash import lead_target

HOPS = 384
HOP_SECONDS = 512 / 44_100
BEAT_HOPS = 48
VOCALS, DRUMS, BASS, OTHER = range(4)
C_MAJOR = ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7))


def song(key: int = 0, shift_hops: int = 0, level: float = -30.0) -> dict[str, Tensor]:
    """A four-part song in major: voice and bass on chord tones, chords, drums on the beat. Without the pair axis."""
    chroma, onset, register = torch.zeros(HOPS, 4, 12), torch.zeros(HOPS, 4), torch.zeros(HOPS, 4)
    beats = range(shift_hops, HOPS, BEAT_HOPS)
    for number, hop in enumerate(beats):
        chord = [(tone + key) % 12 for tone in C_MAJOR[number % 4]]
        until = hop + BEAT_HOPS
        chroma[hop:until, VOCALS, chord[number % 3]] = 0.8
        chroma[hop:until, BASS, chord[0]] = 0.8
        chroma[hop:until, OTHER, chord] = 0.6
        onset[hop] = torch.tensor([0.8, 0.9, 0.8, 1.8])
    for part, height in ((VOCALS, 67), (BASS, 40), (OTHER, 55)):
        register[:, part] = (height + key % 12) / 128
    return {"chroma": chroma, "onset": onset, "register": register, "part_level": torch.full((HOPS, 4), level)}


def rest(of: dict[str, Tensor], *parts: int) -> dict[str, Tensor]:
    """A song in which some parts rest."""
    of = {name: tensor.clone() for name, tensor in of.items()}
    for part in parts:
        for name in ("chroma", "onset", "register"):
            of[name][:, part] = 0.0
        of["part_level"][:, part] = -90.0
    return of


def lead(a: dict[str, Tensor], b: dict[str, Tensor], known: float = 1.0) -> tuple[Tensor, Tensor]:
    """Target at the end of the clip and its weight, [part]."""
    both = {name: torch.stack([a[name], b[name]])[None] for name in a}
    target, weight = lead_target(**both, known=torch.full((1, 2, 4), known), hop_seconds=HOP_SECONDS)
    assert target.shape == weight.shape == (1, HOPS, 4)
    return target[0, -1], weight[0, -1]


class Lead(unittest.TestCase):
    def test_a_song_with_itself_is_undecided(self):
        torch.testing.assert_close(lead(song(), song())[0], torch.full((4,), 0.5))

    def test_swapping_the_songs_swaps_the_target(self):
        a, b = song(0), rest(song(6, 20, -36.0), DRUMS)
        torch.testing.assert_close(lead(a, b)[0], 1.0 - lead(b, a)[0])

    def test_fitting_songs_become_a_mashup_with_the_louder_voice(self):
        a = song()
        a["part_level"][:, VOCALS] += 6.0
        target, _ = lead(a, song())
        self.assertLess(target[VOCALS], 0.25)
        self.assertTrue((target[[DRUMS, BASS, OTHER]] > 0.7).all(), target)

    def test_a_voice_stays_with_its_own_harmony_over_songs_a_tritone_apart(self):
        a = song()
        a["part_level"][:, VOCALS] += 6.0
        target, _ = lead(a, song(6))
        self.assertTrue((target[[VOCALS, BASS, OTHER]] < 0.35).all(), target)
        self.assertGreater(target[DRUMS], 0.7, "drums have no key")

    def test_a_semitone_clashes_and_a_fifth_fits(self):
        a = song()
        a["part_level"][:, VOCALS] += 6.0
        others = [float(lead(a, song(key))[0][OTHER]) for key in (0, 7, 1)]
        self.assertGreater(others[0], 0.7, others)
        self.assertGreater(others[1], 0.5, others)
        self.assertLess(others[2], 0.3, others)

    def test_drums_between_the_beats_stay_with_their_song(self):
        a = song()
        a["part_level"][:, VOCALS] += 6.0
        on, off = (lead(a, rest(song(6, shift), VOCALS))[0][DRUMS] for shift in (0, BEAT_HOPS // 2))
        self.assertGreater(on, 0.7)
        self.assertLess(off, 0.3)

    def test_who_sings_leads_the_voice_and_a_silent_song_leads_nothing(self):
        target, _ = lead(song(), rest(song(6), VOCALS))
        self.assertLess(target[VOCALS], 0.05)
        target, _ = lead(song(), rest(song(), VOCALS, DRUMS, BASS, OTHER))
        self.assertTrue((target < 0.05).all(), target)

    def test_parts_that_rest_in_both_are_undecided(self):
        target, _ = lead(rest(song(), BASS), rest(song(3, 0, -20.0), BASS))
        self.assertAlmostEqual(float(target[BASS]), 0.5, delta=1e-3)

    def test_without_scores_levels_decide_with_little_weight(self):
        target, weight = lead(song(), song(6, 20, -42.0), known=0.0)
        torch.testing.assert_close(lead(song(), song(0, 0, -42.0), known=0.0)[0], target)
        self.assertLess(target[VOCALS], 0.2)
        self.assertLess(float(weight.max()), 0.3)
        self.assertEqual(float(lead(song(), song())[1].min()), 1.0)

    def test_the_target_holds_for_a_phrase_and_looks_at_the_past_only(self):
        a, b = song(), song(0, 0, -36.0)
        gap = {name: tensor.clone() for name, tensor in a.items()}
        gap["part_level"][200:218, VOCALS] = -90.0
        later = {name: tensor.clone() for name, tensor in a.items()}
        later["part_level"][200:] = -90.0
        pairs = {name: torch.stack([torch.stack([x[name], b[name]]) for x in (a, gap, later)]) for name in a}
        target, _ = lead_target(**pairs, known=torch.ones(3, 2, 4), hop_seconds=HOP_SECONDS)
        self.assertLess(float(target[1, :, VOCALS].max()), 0.5, "a breath changes nothing")
        torch.testing.assert_close(target[0, :200], target[2, :200])
        self.assertGreater(float(target[2, -1, VOCALS]), 0.9)

    def test_silence_of_any_length_is_undecided(self):
        for hops in (1, 13, 128):
            zero = torch.zeros(2, 2, hops, 4)
            chroma = zero[..., None].expand(-1, -1, -1, -1, 12)
            target, weight = lead_target(chroma, zero, zero, zero - 90.0, zero[:, :, 0], 0.01)
            self.assertEqual(target.shape, (2, hops, 4))
            torch.testing.assert_close(target, torch.full_like(target, 0.5))
            self.assertTrue(bool(((weight > 0) & (weight <= 1)).all()))


if __name__ == "__main__":
    unittest.main()
