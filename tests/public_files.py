"""Small public tokenizers in the files in which they are published: one of each kind that the pages must show.

Weights are made by rule or at random; what they compute is held to the originals in tests/tokenizers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent / "public"))


def taming(folder: Path) -> Path:
    """A convolutional VQ: taming VQGAN in a Lightning checkpoint."""
    import convvq_originals

    path = folder / "vqgan.ckpt"
    torch.save({"state_dict": dict(convvq_originals.state("taming")), "epoch": 3}, path)
    return path


def open_magvit2(folder: Path) -> Path:
    """A lookup-free one: Open-MAGVIT2, 18 bits a token."""
    import convvq_originals

    path = folder / "magvit2.ckpt"
    torch.save({"state_dict": dict(convvq_originals.state("open_magvit2"))}, path)
    return path


def titok(folder: Path) -> Path:
    """One whose tokens have no places: TiTok in a folder of the Hub."""
    from ruled_weights import golden, ruled_state
    from safetensors.torch import save_file

    place = folder / "titok"
    place.mkdir()
    save_file(ruled_state(golden("titok")["two_stage_shapes"]), place / "model.safetensors")
    settings = {"use_l2_norm": True, "finetune_decoder": True}
    (place / "config.json").write_text(json.dumps({"model": {"vq_model": settings}}), encoding="utf-8")
    return place


def encodec(folder: Path) -> Path:
    """An audio codec: EnCodec 24 kHz in a folder of the Hub."""
    from tests.public.transformers.hub_models import encodec as random_encodec

    place = folder / "encodec_24khz"
    random_encodec("24 kHz").save_pretrained(place)
    return place


def mimi(folder: Path) -> Path:
    """A second audio codec, to compare the first with."""
    from tests.public.transformers.hub_models import MODELS

    place = folder / "mimi"
    MODELS["mimi"]().save_pretrained(place)
    return place


PUBLIC: dict[str, Callable[[Path], Path]] = {
    "taming-vqgan": taming,
    "open-magvit2": open_magvit2,
    "titok": titok,
    "encodec": encodec,
}
