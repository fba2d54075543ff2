"""Pictures of a comparison: error maps on one scale, and the contact sheet of originals beside reconstructions."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explorer.compare.columns import cell_words
from explorer.compare.kinds import kind_of
from explorer.compare.run import MediumComparison
from explorer.foundation.colormaps import colormap
from explorer.media.clips.video import webp_bytes
from explorer.media.pictures.image import png_bytes, to_pil
from explorer.media.quality.metrics import absolute_error_map, signed_error_map

THUMBNAIL_PX, WORST_PX = 320, 160  # longest sides in the sheet and the report
SCALE_SHARE = 0.995  # of the errors of all tokenizers lie within the scale; the rest is drawn at its ends
SCALE_LEAST = 0.02
GAP_PX, TEXT_PX, HEAD_PX = 8, 14, 40
PLAYED_S = 10.0  # of a sound or a clip in the report
ROWS_OF = {"audio": (0, 3), "series": (0, 3)}  # of the rest without error maps the first alone
ROWS = ("Reconstruction", "Signed error", "Absolute error", "Worst patch")


@dataclass(frozen=True)
class Strip:
    """The small pictures of one medium, (h, w, 3) uint8 each: the original, and for each tokenizer that worked four.

    size: in words. words: what stands below each reconstruction. scale: the error at the ends of both error maps.
    boxes: of the worst patch, (top, left, height, width) in pixels of the picture. rows: which of ROWS there are; of
    pictures and clips alone error maps. played: FLAC or animated WebP by tokenizer id, "" the original; played_s:
    seconds of them.
    """

    name: str
    size: str
    original: np.ndarray
    ids: tuple[str, ...]
    pictures: tuple[tuple[np.ndarray, ...], ...]  # as ROWS; the worst patch of the original stands left of the other
    words: tuple[str, ...]
    boxes: tuple[tuple[int, int, int, int], ...]
    scale: float
    rows: tuple[int, ...] = (0, 1, 2, 3)
    played: Mapping[str, bytes] = field(default_factory=dict)
    played_s: float = 0.0


def error_scale(compared: MediumComparison) -> float:
    """The error at the ends of the maps: one for all tokenizers of a medium, in whole hundredths."""
    drawn = compared.reconstructions.values() if kind_of(compared.medium.modality).maps else ()
    maps = [absolute_error_map(compared.picture, other) for other in drawn]
    top = float(np.quantile(np.concatenate([one.ravel() for one in maps]), SCALE_SHARE)) if maps else 0.0
    return max(SCALE_LEAST, np.ceil(top * 100) / 100)


def error_maps(
    compared: MediumComparison, tokenizer_id: str, scale: float, longest_px: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(signed, absolute), (h, w, 3) uint8: blue too dark, white right, orange too bright; dark none, yellow most.

    longest_px: shrink the errors to it, before they get colours. Each map has 256 colours at most.
    """
    other = compared.reconstructions[tokenizer_id]
    signed = signed_error_map(compared.picture, other) / (2 * scale) + 0.5
    absolute = absolute_error_map(compared.picture, other) / scale
    return _coloured("diverging", signed, longest_px), _coloured("viridis", absolute, longest_px)


def paletted_png(pixels: np.ndarray) -> bytes:
    """(H, W, 3) uint8 as PNG; with a palette, which takes less room, where it has 256 colours at most."""
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, where = np.unique(packed, return_inverse=True)
    if len(colours) > 256:
        return png_bytes(pixels)
    image = Image.fromarray(where.reshape(packed.shape).astype(np.uint8))
    image.putpalette(
        np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8).tobytes()
    )
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _coloured(name: str, values: np.ndarray, longest_px: int | None) -> np.ndarray:
    if longest_px is not None and max(values.shape) > longest_px:
        size = [max(1, round(side * longest_px / max(values.shape))) for side in values.shape[::-1]]
        values = np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BOX))
    return colormap(name, np.round(np.clip(values, 0, 1) * 255) / 255)


def strip(compared: MediumComparison, scale: float) -> Strip:
    """Make the small pictures of a medium."""
    pictures, words, boxes = [], [], []
    kind = kind_of(compared.medium.modality)
    rows = (0, 1, 2, 3) if kind.maps else ROWS_OF.get(kind.modality, (0,))
    none = np.zeros((1, 1, 3), np.uint8)
    for cell in compared.medium.cells:
        other = compared.reconstructions[cell.tokenizer_id]
        maps = (none, none) if not kind.maps else error_maps(compared, cell.tokenizer_id, scale, THUMBNAIL_PX)
        top, left, height, width = cell.worst.box
        crops = [whole[top : top + height, left : left + width] for whole in (compared.picture, other)]
        worst = np.concatenate([_shrunk(crop, WORST_PX, enlarge=True) for crop in crops], axis=1) if 3 in rows else none
        pictures.append((_shrunk(other, THUMBNAIL_PX), *maps, worst))
        words.append(cell_words(kind, cell, compared.medium))
        boxes.append(cell.worst.box)
    medium = compared.medium
    ids = tuple(cell.tokenizer_id for cell in medium.cells)
    original = _shrunk(compared.picture, THUMBNAIL_PX)
    files, seconds = played_files(compared)
    return Strip(
        medium.name, medium.words, original, ids, tuple(pictures), tuple(words), tuple(boxes), scale, rows, files,
        seconds,
    )  # fmt: skip


def played_files(compared: MediumComparison) -> tuple[dict[str, bytes], float]:
    """The sounds as FLAC, or the clips as animated WebP, of the first PLAYED_S; and how many seconds these are."""
    played = compared.played
    if played is None:
        return {}, 0.0
    count = max(1, round(PLAYED_S * played.rate))
    some = {key: one[:count] for key, one in played.media.items()}
    make = flac_bytes if compared.medium.modality == "audio" else webp_bytes
    return {key: make(one, played.rate) for key, one in some.items()}, len(some[""]) / played.rate


def flac_bytes(samples: np.ndarray, sample_rate_hz: float) -> bytes:
    """(S, C) floats in [-1, 1] (clipped, rounded to 16 bits) as the bytes of a FLAC file."""
    import soundfile  # lazy: loads libsndfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), int(sample_rate_hz), format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def contact_sheet(strips: Sequence[Strip]) -> np.ndarray:
    """All media below each other, the original left, one column a tokenizer: (h, w, 3) uint8.

    Of up to four media all ROWS are drawn, of more the reconstructions and the absolute errors.
    """
    ids = list(dict.fromkeys(one for strip in strips for one in strip.ids))
    every = strips[0].rows if strips else ()
    kinds = every if len(strips) <= 4 or 2 not in every else (0, 2)
    column = THUMBNAIL_PX + GAP_PX
    blocks = [_block(one, ids, kinds, column) for one in strips]
    width = GAP_PX + column * (1 + len(ids))
    sheet = Image.new("RGB", (width, HEAD_PX + sum(block.height for block in blocks)), (255, 255, 255))
    pen, font = ImageDraw.Draw(sheet), _font()
    for number, name in enumerate(["original", *ids]):
        pen.text((GAP_PX + number * column, 14), name, fill=(0, 0, 0), font=font)
    top = HEAD_PX
    for block in blocks:
        sheet.paste(block, (0, top))
        top += block.height
    return np.asarray(sheet)


def _block(one: Strip, ids: Sequence[str], kinds: Sequence[int], column: int) -> Image.Image:
    """The rows of one medium."""
    heights = [
        max(one.original.shape[0] if kind == 0 else 0, *(p[kind].shape[0] for p in one.pictures), 1) for kind in kinds
    ]
    line = TEXT_PX + GAP_PX
    block = Image.new(
        "RGB", (GAP_PX + column * (1 + len(ids)), sum(heights) + len(heights) * line + GAP_PX), (255, 255, 255)
    )
    pen, font = ImageDraw.Draw(block), _font()
    top = 0
    for kind, height in zip(kinds, heights, strict=True):
        if kind == 0:
            block.paste(Image.fromarray(one.original), (GAP_PX, top))
            said = f"{one.name[:48]}, {one.size}"
        else:
            end = {1: f"-{one.scale:.2f} to {one.scale:.2f}", 2: f"0 to {one.scale:.2f}", 3: "original, decoded"}[kind]
            said = f"{ROWS[kind]}: {end}"
        pen.text((GAP_PX, top + (height if kind == 0 else 0) + 3), said, fill=(0, 0, 0), font=font)
        for tokenizer_id, pictures, words in zip(one.ids, one.pictures, one.words, strict=True):
            left = GAP_PX + column * (1 + ids.index(tokenizer_id))
            block.paste(Image.fromarray(pictures[kind]), (left, top))
            if kind == 0:
                pen.text((left, top + height + 3), words, fill=(0, 0, 0), font=font)
        top += height + line
    return block


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(TEXT_PX)


def _shrunk(pixels: np.ndarray, longest_px: int, enlarge: bool = False) -> np.ndarray:
    """As 8 bits, the longer side at most `longest_px`; enlarge: whole times larger where there is room."""
    image = to_pil(pixels)
    side = max(image.size)
    if enlarge and side * 2 <= longest_px:
        times = longest_px // side
        return np.asarray(image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST))
    if side > longest_px:
        image = image.resize([max(1, round(s * longest_px / side)) for s in image.size], Image.Resampling.LANCZOS)
    return np.asarray(image)
