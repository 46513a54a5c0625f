"""Loads the VST3 into pedalboard: parameters, state, latency compensation, finite audio.

    python pedalboard_host.py Songweave.vst3
"""

import sys

import numpy as np
import pedalboard

RATE = 48_000
IMPULSE = 10_000


def load(path: str) -> pedalboard.VST3Plugin:
    return pedalboard.load_plugin(path, plugin_name="Songweave")


def check_parameters(plugin: pedalboard.VST3Plugin) -> None:
    names = set(plugin.parameters)
    wanted = {"balance", "vocals", "drums", "bass", "other", "auto", "depth", "mix", "output", "bypass"}
    assert wanted <= {name.split("_")[0] for name in names}, f"parameters are missing: {sorted(names)}"


def check_state(path: str, plugin: pedalboard.VST3Plugin) -> None:
    drums = plugin.parameters["drums"]
    drums.raw_value = 0.25
    # While audio runs, a parameter moves with the next block.
    plugin(np.zeros((2, RATE // 10), np.float32), RATE)
    other = load(path)
    assert other.parameters["drums"].raw_value != 0.25
    other.raw_state = plugin.raw_state
    assert abs(other.parameters["drums"].raw_value - 0.25) < 1e-6, other.parameters["drums"].raw_value


def check_latency(path: str) -> None:
    plugin = load(path)
    plugin.parameters["bypass"].raw_value = 1.0
    song = np.zeros((2, RATE), np.float32)
    song[:, IMPULSE] = 1.0
    heard = plugin(song, RATE)
    assert heard.shape == song.shape, heard.shape
    assert np.argmax(np.abs(heard[0])) == IMPULSE, f"the impulse came out at {np.argmax(np.abs(heard[0]))}"


def check_audio(plugin: pedalboard.VST3Plugin) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 2 * RATE)).astype(np.float32)
    heard = plugin(noise, RATE)
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() > 0.01, "nothing is heard"


def main() -> None:
    path = sys.argv[1]
    plugin = load(path)
    check_parameters(plugin)
    check_state(path, plugin)
    check_latency(path)
    check_audio(load(path))
    print("pedalboard: parameters, state, latency and audio hold")


if __name__ == "__main__":
    main()
