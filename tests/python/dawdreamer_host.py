"""Loads the VST3 into DawDreamer: song B at the side-chain, a fader that is automated.

    python dawdreamer_host.py Songweave.vst3
"""

import sys

import dawdreamer
import numpy as np

RATE = 44_100
SECONDS = 4
# DawDreamer does not compensate latency; this is more than the plugin's.
LATENCY = 4096


def tone(hertz: float) -> np.ndarray:
    time = np.arange(RATE * SECONDS) / RATE
    return np.tile(0.2 * np.sin(2 * np.pi * hertz * time), (2, 1)).astype(np.float32)


def level(sound: np.ndarray, hertz: float) -> float:
    """Amplitude of a tone in a mono sound."""
    time = np.arange(sound.size) / RATE
    return 2 * abs(np.mean(sound * np.exp(-2j * np.pi * hertz * time)))


def index_of(plugin: dawdreamer.PluginProcessor, name: str) -> int:
    for parameter in plugin.get_parameters_description():
        if parameter["name"] == name:
            return parameter["index"]
    raise AssertionError(f"no parameter {name}")


def render(path: str, faders: np.ndarray) -> np.ndarray:
    """Both tones through the plugin, all faders along the curve `faders` (0 = A … 1 = B), a value per sample."""
    engine = dawdreamer.RenderEngine(RATE, 512)
    plugin = engine.make_plugin_processor("plugin", path)
    for name in ["Vocals", "Drums", "Bass", "Other"]:
        plugin.set_automation(index_of(plugin, name), faders.astype(np.float32))
    songs = [engine.make_playback_processor("a", tone(440)), engine.make_playback_processor("b", tone(3000))]
    engine.load_graph([(songs[0], []), (songs[1], []), (plugin, ["a", "b"])])
    engine.render(SECONDS)
    return engine.get_audio()


def main() -> None:
    samples = RATE * SECONDS
    curve = np.where(np.arange(samples) < samples // 2, 0.0, 1.0)
    heard = render(sys.argv[1], curve)
    assert np.isfinite(heard).all()
    half = samples // 2
    first, second = heard[0, LATENCY : half - RATE // 4], heard[0, half + RATE // 2 :]
    a, b = level(first, 440), level(first, 3000)
    assert a > 0.15 and b < 0.02, f"faders at A: A {a:.3f}, B {b:.3f}"
    a, b = level(second, 440), level(second, 3000)
    assert b > 0.15 and a < 0.02, f"faders at B: A {a:.3f}, B {b:.3f}"
    print("dawdreamer: side-chain and automation hold")


if __name__ == "__main__":
    main()
