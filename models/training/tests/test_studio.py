"""Studio's network decides newest frames as whole windows, learns, resumes exactly, and what it learned can be added again."""

import json
import tempfile
import tomllib
import unittest
import wave
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from songweave_training.loop import checkpoint
from songweave_training.studio import export, mixtures
from songweave_training.studio.data import Clips
from songweave_training.studio.losses import bands, decibels, share_of
from songweave_training.studio.net import BINS, FRAMES, LEVELS, StudioNet
from songweave_training.studio.trainer import StudioTrainer
from tests import CONFIGS
from tests.resuming import assert_same_when_resumed

CHANNELS = (2, 6, 6, 6, 6, 6)
CONVERTER = CONFIGS.parents[2] / "xtask/python/weight_file.py"


def converter() -> ModuleType:
    """What reads the file when the weights are fetched."""
    specification = spec_from_file_location("weight_file", CONVERTER)
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def write_weights(path: Path) -> None:
    """A small network of the same form."""
    draw, tensors = np.random.default_rng(1), {}

    def put(name: str, shape: tuple[int, ...]) -> None:
        tensors[f"{name}.weight"] = draw.normal(0.0, 0.2, shape)

    for level in range(LEVELS):
        put(f"down{level + 1}", (CHANNELS[level], 2 if level == 0 else CHANNELS[level - 1], 5, 5))
        below = LEVELS - 1 - level
        inputs = CHANNELS[below] * (1 if level == 0 else 2)
        put(f"up{level + 1}", (inputs, 1 if below == 0 else CHANNELS[below - 1], 5, 5))
    put("last", (2, 1, 4, 4))
    for name, value in list(tensors.items()):
        layer = name.removesuffix(".weight")
        outputs = value.shape[1] if layer.startswith("up") else value.shape[0]
        tensors[f"{layer}.bias"] = np.zeros(outputs)
        tensors |= {f"{layer}.scale": np.ones(outputs), f"{layer}.shift": np.full(outputs, 0.1)} if layer != "last" else {}
    save_file({name: value.astype(np.float16) for name, value in tensors.items()}, path)


def write_set(folder: Path) -> None:
    """Voices in the upper half of the spectrum, music in the lower."""
    folder.mkdir()
    write_weights(folder / "weights.safetensors")
    (folder / "set.json").write_text("{}")
    for number, name in enumerate(["train-00000", "train-00001", "validation-00000"]):
        draw = np.random.default_rng(number)
        share = np.zeros((2, mixtures.FRAMES, BINS), np.uint8)
        share[:, :, BINS // 4 :] = 255
        magnitudes = draw.random((2, mixtures.FRAMES, BINS)).astype(np.float16)
        np.savez(folder / f"{name}.npz", magnitudes=magnitudes, taught=share, known=share)


class Studio(unittest.TestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.directory / "set"
        write_set(self.data)

    def trainer(self, out: str, steps: int) -> StudioTrainer:
        config = tomllib.loads((CONFIGS / "studio.toml").read_text())
        config["training"] |= {"clips": 1, "windows": 1, "learning_rate": 1e-2, "warm_up_steps": 2, "average": 0.5}
        config["log"] |= {"validate_every": 5, "validation_apart": 250}
        return StudioTrainer(config, self.data, self.directory / out, steps)

    def test_the_newest_frames_are_those_of_the_whole_window(self):
        net = StudioNet(self.data / "weights.safetensors")
        window = torch.rand(1, 2, FRAMES, BINS) * 3.0
        with torch.no_grad():
            whole = net(window, FRAMES)
            for newest in (1, 4, 12, 37):
                self.assertLess(float((net(window, newest) - whole[:, :, -newest:]).abs().max()), 1e-6)

    def test_it_learns_what_is_regular(self):
        trainer = self.trainer("run", 60)
        before = trainer._figures(trainer.net)["sdr"]
        trainer.run()
        self.assertGreater(trainer.best["figures"]["sdr"], before + 1.5)

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        assert_same_when_resumed(self, lambda out: self.trainer(out, 8), at=3)

    def test_half_of_what_was_learned_is_written_as_small_differences(self):
        self.trainer("run", 10).run()
        state = checkpoint.load(self.directory / "run")
        export.export(state, self.directory)
        path = self.directory / "studio.tuned.safetensors"
        with safe_open(path, "np") as file:
            self.assertEqual(json.loads(file.metadata()["songweave"])["steps"], state["best"]["step"])
        net = StudioNet(self.data / "weights.safetensors")
        net.load_state_dict(state["best"]["weights"])
        tuned, _ = converter().with_learned(load_file(self.data / "weights.safetensors"), path)
        learned, left = 0.0, 0.0
        for name, first in state["first"].items():
            kept = export.KEPT * (net.take(name).detach() - first)
            learned += float(kept.square().sum())
            left += float((first + kept - torch.from_numpy(tuned[name])).square().sum())
        self.assertLess(left, 0.02 * learned)
        self.assertGreater(learned, 0.0)
        worth = export.worth(net, Clips(self.data, "validation"))
        self.assertTrue(np.isfinite(worth).all(), worth)
        with self.assertRaisesRegex(ValueError, "is no tensor of this network"):
            converter().with_learned({"other": np.zeros(3)}, path)

    def test_before_a_clip_there_is_silence(self):
        batch = Clips(self.data, "train").windows(0, np.array([9, 300]), (12, 4))
        self.assertEqual(list(batch.known.shape), [2, 2, 8, BINS])
        self.assertTrue((batch.magnitudes[0, :, : FRAMES - 10] == 0).all() and (batch.magnitudes[1] > 0).float().mean() > 0.9)

    def test_bands_are_means_and_a_right_answer_is_worth_most(self):
        weights = bands()
        sums = weights.sum(0)
        self.assertTrue((((sums - 1.0).abs() < 1e-4) | (sums == 0.0)).all() and (sums > 0).sum() > 75)
        magnitudes, known = torch.rand(1, 2, 3, BINS), torch.rand(1, 2, 3, BINS)
        self.assertGreater(decibels(magnitudes, known, known, weights), decibels(magnitudes, 1 - known, known, weights) + 10)
        self.assertAlmostEqual(float(share_of(torch.tensor(0.0))), 0.5)


class Mixtures(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        time = np.arange(2 * mixtures.SAMPLES) / mixtures.RATE
        for number, name in enumerate(["voice.yuki", "voice.one", "back.some_piece", "loop.some_loop", "mix.whole"]):
            tone = 8000 * np.sin(2 * np.pi * 220 * (number + 1) * time)
            np.save(self.folder / f"{name}.npy", np.stack([tone, tone]).astype(np.int16))
        split = {"voice": ["yuki", "one"], "back": ["some_*"], "loop": ["*"]}
        self.sources = mixtures.Sources(self.folder, split)

    def test_the_same_key_gives_the_same_mixture_and_parts_are_in_it(self):
        for key in range(3):
            once, again = (mixtures.clip(self.sources, np.random.default_rng(key)) for _ in range(2))
            self.assertTrue(np.array_equal(once[0], again[0]))
            mixture, vocals = once
            self.assertEqual(mixture.shape, (2, mixtures.SAMPLES))
            self.assertTrue(np.isfinite(mixture).all() and np.abs(mixture).max() < 1.0)
            heard = mixtures.spectra(mixture)
            self.assertEqual(heard.shape, (2, mixtures.FRAMES, BINS))
            share = mixtures.true_share(mixtures.spectra(vocals), heard)
            self.assertTrue((share >= 0).all() and (share <= 1).all())

    def test_a_piece_of_stems_holds_two_mixtures_in_sixteen_bits(self):
        draw = np.random.default_rng(4)
        mixture, sung = mixtures.clip(self.sources, np.random.default_rng(4))
        vocals, rest = mixtures.stems(self.sources, draw)
        self.assertEqual(vocals.shape, (2, 2 * mixtures.SAMPLES))
        np.testing.assert_allclose(vocals[:, : mixtures.SAMPLES], sung)
        np.testing.assert_allclose((vocals + rest)[:, : mixtures.SAMPLES], mixture, atol=1e-6)
        mixtures.write_stems(self.folder / "piece", vocals, rest)
        with wave.open(str(self.folder / "piece" / "vocals.wav")) as file:
            self.assertEqual(file.getparams()[:4], (2, 2, mixtures.RATE, 2 * mixtures.SAMPLES))
            written = np.frombuffer(file.readframes(1 << 30), "<i2").reshape(-1, 2).T / 32767
        np.testing.assert_allclose(written, vocals, atol=2e-5)
        self.assertTrue((self.folder / "piece" / "instrumental.wav").is_file())

    def test_what_is_not_of_the_split_is_not_heard(self):
        self.assertEqual(self.sources.kinds["mix"], [])
        alone = mixtures.Sources(self.folder, {"voice": ["one"]})
        self.assertEqual([path.name for path in alone.kinds["voice"]], ["voice.one.npy"])
