"""A clip on the Inspect page: its figures over time, and the film to take away."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np

from explorer.foundation.errors import FieldError, RecordError
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer
from explorer.media.writing import medium_bytes, said_of
from explorer.pages.inspect.payloads import decoded_of
from explorer.pages.inspect.requests import ClipFigure, Film
from explorer.pages.shared.fields import at_field
from explorer.pages.shared.figures import draw_figure
from explorer.pages.shared.session import Visit

GAP_PX = 4  # white, between original and reconstruction


def clip_figure(record: TokenRecord, tokenizer: Tokenizer, visit: Visit, request: ClipFigure) -> str:
    """The figure of the record that is shown, of what its chosen levels decode to."""
    with at_field("level", (RecordError,)):
        if record.modality == "video" and request.figure == "frame_quality":
            decoded = decoded_of(record, tokenizer, replace(visit, level=request.level, mode=request.mode))
            if decoded is None:
                raise RecordError("This tokenizer has no decoder: no frame is near to its original or far from it.")
            record = replace(record, reconstruction=decoded)
        return draw_figure(request.figure, record, request.level, theme=request.theme)


def film(record: TokenRecord, tokenizer: Tokenizer, stem: str, request: Film) -> dict[str, Any]:
    """{"file": {"name", "data" (base64)}, "words"}: the reconstruction as a film, alone or beside its original.

    Raises FieldError for what is no clip, and where there is no decoder; MediaError where nothing here writes such a
    file.
    """
    if record.modality != "video":
        raise FieldError("kind", "Only a clip is saved as a film.")
    if not tokenizer.spec.decodes:
        raise FieldError("kind", "This tokenizer has no decoder, so there is no reconstruction to save.")
    what, suffix = request.kind.split("_")
    frames = record.reconstruction if what == "decoded" else beside(record.media, record.reconstruction)
    data = medium_bytes(frames, f".{suffix}", record.frames_per_second)
    name = f"{stem}_{'reconstruction' if what == 'decoded' else 'side_by_side'}.{suffix}"
    words = f"Saved {name}, {len(data) / 1024:,.0f} KiB. {said_of(f'.{suffix}', record.frames_per_second)}".strip()
    return {"file": {"name": name, "data": base64.b64encode(data).decode("ascii")}, "words": words}


def beside(frames: np.ndarray, decoded: np.ndarray) -> np.ndarray:
    """(F, H, W, 3) twice -> (F, H, 2 W + GAP_PX, 3): the original on the left."""
    gap = np.ones((*frames.shape[:2], GAP_PX, 3), frames.dtype)
    return np.concatenate([frames, gap, decoded.astype(frames.dtype)], axis=2)
