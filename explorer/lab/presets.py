"""Presets of the lab: runs that break on purpose, each for a reason that people have met, and one change that mends.

`tests/lab/test_presets.py` runs each and asserts that it breaks, pauses itself where that is plain, and that mending
mends; with --run-slow over three seeds and 10,000 steps. No torch, no gradio.
"""

from __future__ import annotations

from collections.abc import Mapping

from explorer.foundation.errors import UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.lab.preset import Preset
from explorer.lab.presets_codebook import CODEBOOK_PRESETS
from explorer.lab.presets_training import TRAINING_PRESETS

PRESETS: Mapping[str, Preset] = {one.id: one for one in (*CODEBOOK_PRESETS, *TRAINING_PRESETS)}


def preset(id: str) -> Preset:
    """The preset of that id. Raises UnknownIdError with the valid ones."""
    if id not in PRESETS:
        raise UnknownIdError(unknown_id_message("preset", id, list(PRESETS)))
    return PRESETS[id]
