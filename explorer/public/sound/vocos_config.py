"""The sizes of WavTokenizer's decoder. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VocosConfig:
    """hop: samples a token. window: samples of one Fourier transform. conditions: rows of its adaptive norms, or 0."""

    inputs: int
    width: int
    inner_width: int
    blocks: int
    conditions: int
    window: int
    hop: int
