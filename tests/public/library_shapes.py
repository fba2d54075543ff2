"""Names and shapes of small models of packages, so that their files can be written where the packages are not.

`python tests/public/library_shapes.py` writes goldens/library_shapes.npz: VQModel of diffusers, as `DIFFUSERS` of
test_convvq_libraries.py has it; Janus' and Chameleon's tokenizers of transformers, as made there; SNAC of the package
snac, as sound_files.py has it. test_library_shapes.py holds them to what the packages have now.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from torch import nn

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sound_files
import test_convvq_libraries as libraries
from ruled_weights import Shapes, save_golden

SNAC = {"snac_24": sound_files.SNAC_24, "snac_44": sound_files.SNAC_44}


def _diffusers(name: str) -> nn.Module:
    from diffusers import VQModel

    return VQModel(**libraries.DIFFUSERS[name][0])


def _snac(name: str) -> nn.Module:
    from snac import SNAC as Original

    return Original(**SNAC[name])


MODELS: dict[str, Callable[[], nn.Module]] = {
    **{name: lambda name=name: _diffusers(name) for name in libraries.DIFFUSERS},
    **{name: lambda name=name: _snac(name) for name in SNAC},
    "janus": libraries.janus,
    "chameleon": libraries.chameleon,
}


def shapes_in(name: str) -> Shapes:
    """Of the state dict that the package's own model saves."""
    return {key: tuple(tensor.shape) for key, tensor in MODELS[name]().state_dict().items()}


if __name__ == "__main__":
    save_golden("library_shapes", **{f"{name}_shapes": shapes_in(name) for name in MODELS})
