"""Writes the character maps of SentencePiece that tests need, as `Precompiled` reads them."""

from __future__ import annotations

import struct
from collections.abc import Mapping


def build_charsmap(rules: Mapping[str, str]) -> bytes:
    """The blob of SentencePiece: size, double array, texts. Each node's children fill a block of 256 units."""
    blocks = [[0] * 256]
    nodes = {b"": (0, 0)}
    children: dict[bytes, tuple[int, int]] = {}  # block, and the low byte of the base
    texts = b"".join(text.encode() + b"\0" for text in rules.values())

    def open_block(node: bytes) -> tuple[int, int]:
        if node not in children:
            block, unit = nodes[node]
            children[node] = (len(blocks), unit)
            blocks[block][unit] |= (block ^ len(blocks)) << 10 | 1 << 9
            blocks.append([0] * 256)
        return children[node]

    place = 0
    for key, text in rules.items():
        spelled = key.encode()
        for size in range(1, len(spelled) + 1):
            block, low = open_block(spelled[: size - 1])
            nodes[spelled[:size]] = (block, low ^ spelled[size - 1])
            blocks[block][low ^ spelled[size - 1]] |= spelled[size - 1]
        block, low = open_block(spelled)
        blocks[block][low] = 1 << 31 | place
        blocks[nodes[spelled][0]][nodes[spelled][1]] |= 1 << 8
        place += len(text.encode()) + 1
    units = [unit for block in blocks for unit in block]
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + texts
