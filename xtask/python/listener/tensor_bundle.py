"""Reads the variables of a TensorFlow checkpoint (format V2) without TensorFlow.

The index is a table in LevelDB's format, uncompressed: blocks of keys that share their beginnings with the key before.
The values of the index are protocol buffers, of which only data type, shape, offset and size are looked at.
"""

import struct
from pathlib import Path

import numpy as np

MAGIC = 0xDB4775248B80FB57
FLOAT = 1


def read(index: Path, data: Path) -> dict[str, np.ndarray]:
    """All variables of 32-bit floats by name."""
    table, values = index.read_bytes(), data.read_bytes()
    if struct.unpack("<Q", table[-8:])[0] != MAGIC:
        raise SystemExit(f"{index}: no TensorFlow checkpoint")
    footer = table[-48:]
    _, at = _handle(footer, 0)
    (offset, size), _ = _handle(footer, at)
    found = {}
    for _, pointer in _entries(table[offset : offset + size]):
        (start, length), _ = _handle(pointer, 0)
        if table[start + length] != 0:
            raise SystemExit(f"{index}: compressed, which is not read")
        for name, entry in _entries(table[start : start + length]):
            # The entry without a name is about the checkpoint itself.
            tensor = _tensor(entry, values) if name else None
            if tensor is not None:
                found[name.decode()] = tensor
    return found


def _tensor(entry: bytes, values: bytes) -> np.ndarray | None:
    facts = _message(entry)
    if facts.get(1, [0])[0] != FLOAT:
        return None
    shape = [_message(size).get(1, [0])[0] for size in _message(facts.get(2, [b""])[0]).get(2, [])]
    offset, size = facts.get(4, [0])[0], facts.get(5, [0])[0]
    return np.frombuffer(values[offset : offset + size], "<f4").reshape(shape)


def _entries(block: bytes) -> list[tuple[bytes, bytes]]:
    """Keys and values of a block; its restart points are not needed."""
    (restarts,) = struct.unpack("<I", block[-4:])
    at, end, key, found = 0, len(block) - 4 - 4 * restarts, b"", []
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        found.append((key, block[at + own : at + own + length]))
        at += own + length
    return found


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number, shift = 0, 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _message(data: bytes) -> dict[int, list]:
    """Fields of a protocol buffer by number: whole numbers and bytes."""
    fields, at = {}, 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 2:
            length, at = _varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            width = 4 if kind == 5 else 8
            value, at = data[at : at + width], at + width
        fields.setdefault(tag >> 3, []).append(value)
    return fields
