"""How the codes of a tokenizer of the zoo came into use: the curve that its training wrote beside the weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.foundation.config import settings


@dataclass(frozen=True)
class UsageHistory:
    """Of one level at r kept steps of training. steps (r,) int64; usage (r,) float64, the share of the K codes that
    occurred among `tokens` (r,) int64 of held-out media."""

    steps: np.ndarray
    usage: np.ndarray
    tokens: np.ndarray


def usage_history(tokenizer_id: str, level: int = 0, checkpoints: Path | None = None) -> UsageHistory | None:
    """From curve.json in the checkpoint's folder; None if it has no such curve, or none of that level (from 0)."""
    file = (checkpoints or settings().checkpoints) / tokenizer_id / "curve.json"
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        found = [(int(row["step"]), float(row["usage"][level]), int(row["tokens"])) for row in rows]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not found:
        return None
    steps, usage, tokens = zip(*found, strict=True)
    return UsageHistory(np.array(steps, np.int64), np.array(usage, np.float64), np.array(tokens, np.int64))
