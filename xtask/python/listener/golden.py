"""What the original networks answer to two pictures, for the tests of the listener's layers.

usage: golden.py OUT.safetensors"""

import json
import struct
import sys
from pathlib import Path

import numpy as np

from convert import TAGGERS
from musicnn_net import RATE, Musicnn, weights


def pictures(network: Musicnn) -> np.ndarray:
    """`[picture][frame][band]`: chords with a beat, and noise that comes and goes."""
    time = np.arange(3.1 * RATE) / RATE
    beat = np.exp(-6.0 * (time * 2.5 % 1.0))
    chords = sum(np.sin(2.0 * np.pi * hz * time) for hz in (110.0, 220.0, 277.2, 329.6, 1318.5)) * beat * 0.1
    noise = np.random.default_rng(1).standard_normal(len(time)) * 0.15 * np.sin(np.pi * time) ** 2
    return np.stack([network.log_mel(sound.astype(np.float32))[:187] for sound in (chords, noise)])


def main() -> None:
    networks = [Musicnn(weights(network)) for network in TAGGERS.values()]
    heard = pictures(networks[0])
    hidden = np.stack([np.concatenate([network.layers(picture)[0] for network in networks]) for picture in heard])
    header, content = {}, b""
    for name, numbers in {"hidden": hidden, "log_mel": heard}.items():
        data = numbers.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(numbers.shape), "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(sys.argv[1]).write_bytes(struct.pack("<Q", len(text)) + text + content)


if __name__ == "__main__":
    main()
