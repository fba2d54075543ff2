"""Payloads of the compare page, in plain values: the pictures of one medium, and what can be chosen.

The figures are those of compare.json, as `explorer.compare.writing` writes them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from explorer.compare.run import Compared
from explorer.compare.sheet import error_scale
from explorer.media.image import LoadedImage, fit
from explorer.tokenizers.base import TokenizerSpec
from explorer.views.encoding import image_bytes, png_data_url

THUMBNAIL_PX = 144


def pictures_payload(compared: Compared, number: int) -> dict[str, Any]:
    """{"number", "name", "width", "height", "notes", "scale", "original", "panes", "failures"}.

    scale: the error at the ends of all error maps. original and image of a pane: lossless, as data URLs. A pane:
    {"tokenizer", "image", "psnr_db" (None: identical), "bpp" at log2(K), "worst": (top, left, height, width)}.
    """
    medium = compared.medium
    panes = [
        {
            "tokenizer": cell.tokenizer_id,
            "image": png_data_url(compared.reconstructions[cell.tokenizer_id]),
            "psnr_db": cell.fidelity.psnr_db if np.isfinite(cell.fidelity.psnr_db) else None,
            "bpp": cell.bits_uniform / medium.pixels,
            "worst": list(cell.worst.box),
        }
        for cell in medium.cells
    ]
    return {
        "number": number,
        "name": medium.name,
        "width": medium.width,
        "height": medium.height,
        "notes": list(medium.notes),
        "scale": float(error_scale(compared)),
        "original": png_data_url(compared.picture),
        "panes": panes,
        "failures": [{"name": name, "why": why} for name, why in medium.failures],
    }


def tokenizers_payload(specs: Iterable[TokenizerSpec]) -> list[dict[str, Any]]:
    """{"id", "title", "summary", "modality", "vocabulary"} of each."""
    names = ("id", "title", "summary", "modality", "vocabulary")
    return [{name: getattr(spec, name) for name in names} for spec in specs]


def thumbnail(image: LoadedImage) -> str:
    """The middle square of a picture, small, as a data URL."""
    side = min(image.pixels.shape[:2])
    top, left = (image.height - side) // 2, (image.width - side) // 2
    square = LoadedImage(np.ascontiguousarray(image.pixels[top : top + side, left : left + side]))
    data = image_bytes(fit(square, 1, THUMBNAIL_PX).pixels, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def best_of_each_kind(specs: Sequence[TokenizerSpec], most: int) -> list[str]:
    """Ids of tokenizers of pictures, one a quantizer, by falling PSNR of their cards: what a first visit compares."""
    ranked = sorted((s for s in specs if s.modality == "image"), key=lambda s: -s.measured.get("psnr_db", 0.0))
    first = {spec.quantizer: spec.id for spec in reversed(ranked)}
    return [spec.id for spec in ranked if first[spec.quantizer] == spec.id][:most]
