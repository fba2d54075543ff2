"""Payloads of the compare page, in plain values: one medium to be looked at and heard, and what can be chosen.

The figures are those of compare.json, as `explorer.compare.writing` writes them.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from explorer.compare.columns import cell_words
from explorer.compare.details import detail_json
from explorer.compare.kinds import kind_of
from explorer.compare.run import MediumComparison
from explorer.compare.sheet import error_scale
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.medium import Medium
from explorer.media.pictures.image import LoadedImage, fit
from explorer.media.sounds.audio import wav_bytes
from explorer.media.thumbnail import thumbnail_pixels
from explorer.views.compare.drawing import drawn_payload
from explorer.views.kit.wire.encoding import image_bytes, lossless_data_url, wav_data_url

METHOD = 2  # of WebP: a comparison sends a picture a tokenizer, is made once, and measures for seconds anyway
PLAYED_BYTES = 24 * 2**20  # of all sounds of one medium together, as WAV
FRAME_PX = 320  # longest side of a frame that is played


def pictures_payload(compared: MediumComparison, number: int) -> dict[str, Any]:
    """{"number", "name", "width", "height", "size", "notes", "scale", "original", "panes", "failures", "played",
    "drawn", "details", "says"}.

    width, height: of the pictures; size: of the medium, in words. scale: the error at the ends of all error maps.
    original and image of a pane: lossless, as data URLs. A pane: {"tokenizer", "image", "words": its main figures,
    "worst": (top, left, height, width)}. played: "audio", "video" or None, for `played_payload`. drawn: what the page
    draws itself in the place of pictures, which are "" then; None elsewhere. details: as `detail_json`.
    """
    medium = compared.medium
    kind, drawn = kind_of(medium.modality), drawn_payload(compared)
    ids = tuple(cell.tokenizer_id for cell in medium.cells)
    panes = [
        {
            "tokenizer": cell.tokenizer_id,
            "image": "" if drawn else lossless_data_url(compared.reconstructions[cell.tokenizer_id], METHOD),
            "words": cell_words(kind, cell, medium),
            "worst": list(cell.worst.box),
        }
        for cell in medium.cells
    ]
    return {
        "number": number,
        "name": medium.name,
        "width": medium.width,
        "height": medium.height,
        "size": medium.words,
        "notes": list(medium.notes),
        "scale": float(error_scale(compared)),
        "original": "" if drawn else lossless_data_url(compared.picture, METHOD),
        "panes": panes,
        "failures": [{"name": name, "why": why} for name, why in medium.failures],
        "played": None if compared.played is None else kind.modality,
        "drawn": drawn,
        "details": [detail_json(one, ids) for one in medium.details],
        "says": kind.says,
    }


def played_payload(compared: MediumComparison) -> dict[str, Any]:
    """What is heard, or seen moving, by tokenizer id ("" is the original); {} for pictures.

    Sounds: {"kind": "audio", "seconds", "total", "whole": whether these are all, "sounds": WAV data URLs, one length}.
    Clips: {"kind": "video", "fps", "count", "columns", "size": [height, width] of a frame, "sheets": JPEG data URLs of
    all frames in reading order}.
    """
    played = compared.played
    if played is None:
        return {}
    if compared.medium.modality == "audio":
        samples, channels = played.media[""].shape
        most = PLAYED_BYTES // (2 * channels * len(played.media))
        sounds = {key: wav_data_url(wav_bytes(one[:most], int(played.rate))) for key, one in played.media.items()}
        seconds = min(most, samples) / played.rate
        about = {"seconds": seconds, "total": samples / played.rate, "whole": samples <= most}
        return {"kind": "audio", **about, "sounds": sounds}
    frames = played.media[""]
    columns = math.ceil(math.sqrt(len(frames)))
    sheets = {key: _frames_sheet(one, columns) for key, one in played.media.items()}
    size = list(_frame(frames[0]).shape[:2])
    about = {"fps": played.rate, "count": len(frames), "columns": columns, "size": size}
    return {"kind": "video", **about, "sheets": sheets}


def _frames_sheet(frames: np.ndarray, columns: int) -> str:
    """All frames side by side as one JPEG data URL."""
    small = np.stack([_frame(frame) for frame in frames])
    missing = -len(small) % columns
    filled = np.concatenate([small, np.zeros((missing, *small.shape[1:]), np.float32)])
    height, width = small.shape[1:3]
    rows = filled.reshape(-1, columns, height, width, 3).swapaxes(1, 2).reshape(-1, columns * width, 3)
    data = image_bytes(rows, "JPEG", quality=88, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def _frame(frame: np.ndarray) -> np.ndarray:
    return fit(LoadedImage(np.ascontiguousarray(frame, np.float32)), 1, FRAME_PX).pixels


def tokenizers_payload(specs: Iterable[TokenizerSpec]) -> list[dict[str, Any]]:
    """{"id", "title", "summary", "modality", "vocabulary", "decodes": whether it can be compared} of each."""
    names = ("id", "title", "summary", "modality", "vocabulary")
    return [{name: getattr(spec, name) for name in names} | {"decodes": is_comparable(spec)} for spec in specs]


def is_comparable(spec: TokenizerSpec) -> bool:
    """Whether there is anything of it to compare: a decode, or tokens where these are compared."""
    return spec.decodes or not kind_of(spec.modality).decoded


def thumbnail_url(medium: Medium) -> str:
    """A medium of the visitor's own, small, as a data URL."""
    data = image_bytes(thumbnail_pixels(medium), "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def best_of_each_kind(specs: Sequence[TokenizerSpec], most: int, modality: str = "image") -> list[str]:
    """Ids of tokenizers of one modality, one a quantizer and then others, by falling PSNR of their cards: what a first
    visit compares.
    """
    fit_for = [s for s in specs if s.modality == modality and is_comparable(s)]
    ranked = sorted(fit_for, key=lambda s: -s.measured.get("psnr_db", 0.0))
    first = {spec.quantizer: spec.id for spec in reversed(ranked)}
    leading = [spec.id for spec in ranked if first[spec.quantizer] == spec.id]
    return (leading if len(leading) > 1 else [spec.id for spec in ranked])[:most]
