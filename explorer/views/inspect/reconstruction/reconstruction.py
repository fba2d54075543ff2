"""The reconstruction beside its original: what was kept, what was lost, and where the quantizer was unsure.

`payload` turns plain values and arrays into the one JSON string that reconstruction.js reads. Letters of the shapes:
H and W pixels; rows and columns of the token grid.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer.analysis.codes.definitions import DEFINITIONS
from explorer.foundation.errors import RecordError
from explorer.foundation.words import count_of, plural
from explorer.views.kit.wire.encoding import lossless_data_url, pack, pack_indices

BITS_PER_RGB_PIXEL = 24
LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)  # Rec. 709 weights of R, G, B
EIGHT_BIT = 255.0  # errors are shown in steps of an 8-bit picture

# Units of one.
ONE = {"edges": "edge", "indices": "index", "items": "item", "nodes": "node", "tokens": "token", "words": "word"}


@dataclass(frozen=True)
class ReconstructionData:
    """A reconstruction and what is known of it; what is None or empty is left out of the view.

    original, reconstruction: (H, W, 3) float [0, 1]; a sound's are its spectrograms. No reconstruction: no decoder.
    indices, quantization_error, margin: one array (rows, columns) per level; |z_e - z_q|^2 and the distance to the
    second-nearest code less that to the nearest. Empty tuples where tokens have no place in the picture.
    num_tokens, bits_*: of the levels that the reconstruction was decoded from. seconds: wall time of "encode",
    "quantize", "decode", of all levels.
    mode, level, levels_shown: "all", "solo", "mute" or "cumulative", about which level, and the levels the
    reconstruction was decoded from (None: all of them). noun: the word for a level on screen ("level", "group"). given:
    of each level, what its quantizer was given ("latent", "residual").
    notes: what was done to the picture on its way in.
    rows: the figures, where they are not those of a picture. place: see `places`.
    """

    original: np.ndarray
    reconstruction: np.ndarray | None
    num_tokens: int
    bits_uniform: float
    bits_empirical: float
    psnr_db: float | None = None
    ssim: float | None = None
    indices: Sequence[np.ndarray] = ()
    quantization_error: Sequence[np.ndarray] = ()
    margin: Sequence[np.ndarray] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    device: str = "cpu"
    num_levels: int = 1
    noun: str = "level"
    given: Sequence[str] = ("latent",)
    mode: str = "all"
    level: int = 0
    levels_shown: Sequence[int] | None = None
    notes: Sequence[str] = ()
    rows: Sequence[Mapping[str, object]] | None = None
    place: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        shape = self.original.shape if self.reconstruction is None else self.reconstruction.shape
        if self.original.shape != shape or self.original.shape[2:] != (3,):
            raise RecordError(f"original {self.original.shape} and reconstruction {shape} must both be (H, W, 3)")
        for name in ("indices", "quantization_error", "margin"):
            levels = getattr(self, name)
            if len(levels) not in (0, self.num_levels):
                raise RecordError(f"{name} has {count_of(len(levels), 'level')}, expected {self.num_levels}")
            for level, array in enumerate(levels):
                if array.ndim != 2 or (self.indices and array.shape != self.indices[level].shape):
                    raise RecordError(f"{name} of level {level} has shape {array.shape}, expected (rows, columns)")

    @property
    def partial(self) -> bool:
        """Whether levels were left out of the reconstruction."""
        return self.levels_shown is not None and len(set(self.levels_shown)) < self.num_levels


def payload(data: ReconstructionData) -> str:
    """The value of the view, without the maps of each pixel: they weigh more than all the rest, and are asked for when
    one of them is opened (`difference_maps`)."""
    height, width = data.original.shape[:2]
    decoded = data.reconstruction
    value = {
        "width": width,
        "height": height,
        "original": lossless_data_url(data.original),
        "reconstruction": None if decoded is None else lossless_data_url(decoded),
        "indices": [pack_indices(level, int(level.max()) + 1) for level in data.indices],
        "quantization_error": [pack(level.astype(np.float32)) for level in data.quantization_error],
        "margin": [pack(level.astype(np.float32)) for level in data.margin],
        "num_levels": data.num_levels,
        "decoded": {"mode": data.mode, "level": data.level},
        "noun": data.noun,
        "given": list(data.given),
        "caption": _caption(data),
        "notes": [str(note) for note in data.notes],
        "figures": figures(data) if data.rows is None else list(data.rows),
        "place": data.place,
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def difference_maps(
    original: np.ndarray, reconstruction: np.ndarray, difference: np.ndarray | None = None
) -> dict[str, dict]:
    """{"error", "signed"}: the absolute and the signed map of two pictures (H, W, 3), in 8-bit steps.

    difference: (H, W) to show instead, of what is no picture: dB of a sound, the level of the reconstruction less that
    of the original in each band; percent of a series.
    """
    if difference is None:
        error, signed = absolute_error(original, reconstruction), signed_luminance(original, reconstruction)
    else:
        error, signed = np.abs(difference), difference
    return {"error": _packed_map(error), "signed": _packed_map(signed, signed=True)}


def absolute_error(original: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Mean over R, G, B of |reconstruction - original|, in 8-bit steps: (H, W) float32 in [0, 255]."""
    difference = np.abs(reconstruction.astype(np.float32) - original.astype(np.float32))
    return difference.mean(axis=2, dtype=np.float32) * np.float32(EIGHT_BIT)


def signed_luminance(original: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Luminance of the reconstruction less that of the original, in 8-bit steps: (H, W) float32, + is brighter."""
    return ((reconstruction.astype(np.float32) - original.astype(np.float32)) @ LUMA) * np.float32(EIGHT_BIT)


def _packed_map(values: np.ndarray, signed: bool = False) -> dict:
    """A map in one byte a pixel: value = (byte - offset) * scale. `limit` is the largest magnitude in the map."""
    limit = float(np.abs(values).max())
    offset, steps = (128, 127) if signed else (0, 255)
    scale = limit / steps if limit > 0 else 1.0
    packed = np.rint(values / scale + offset).astype(np.uint8)
    return {
        "data": pack(packed),
        "scale": scale,
        "offset": offset,
        "limit": limit,
        "mean": float(np.abs(values).mean()),
    }


def level_caption(mode: str, levels_shown: Sequence[int] | None, num_levels: int, noun: str = "level") -> str:
    """In words, which levels the reconstruction was decoded from; "" for a single level. Counted from 1."""
    if num_levels == 1:
        return ""
    every = set(range(num_levels))
    shown = every if levels_shown is None else every & {int(level) for level in levels_shown}
    if shown == every:
        return f"Decoded from all {num_levels} {noun}s."
    if not shown:
        return f"Decoded with all {num_levels} {noun}s muted."
    if mode == "mute":
        return f"Decoded without {_named(every - shown, noun)} of {num_levels}."
    if mode == "cumulative" and len(shown) > 1:
        return f"Decoded from {noun}s 1 to {max(shown) + 1} of {num_levels}."
    return f"Decoded from {_named(shown, noun)} of {num_levels}{' only' if len(shown) == 1 else ''}."


def counted_words(data: ReconstructionData) -> str:
    """What the tokens are counted over, such as "positions times the 2 of 4 levels that are kept"."""
    if data.num_levels == 1:
        return "one a position"
    times = "of" if len({level.shape for level in data.indices}) > 1 else "times"
    if not data.partial:
        return f"positions {times} {data.num_levels} {data.noun}s"
    return f"positions {times} the {len(data.levels_shown)} of {data.num_levels} {data.noun}s that are kept"


def _caption(data: ReconstructionData) -> str:
    words = level_caption(data.mode, data.levels_shown, data.num_levels, data.noun)
    if data.reconstruction is None:
        return ""
    return f"{words} Tokens, bits and rates are of what is kept." if data.partial else words


def _named(levels: set[int], noun: str) -> str:
    """{0, 2} -> "levels 1, 3"."""
    return f"{plural(len(levels), noun)} {', '.join(str(level + 1) for level in sorted(levels))}"


def figures(data: ReconstructionData) -> list[dict]:
    """The row of figures: id, label, value (None where undefined), unit, decimals, and one sentence about it."""
    pixels = data.original.shape[0] * data.original.shape[1]
    raw_bits = BITS_PER_RGB_PIXEL * pixels
    identical = data.psnr_db is not None and math.isinf(data.psnr_db)
    size = f"this picture, {data.original.shape[1]:,} x {data.original.shape[0]:,} px"
    rows = [
        figure("psnr_db", "PSNR", None if identical else data.psnr_db, "dB", 2,
                f"{DEFINITIONS['psnr'].words} Higher is closer, and about 1 dB is visible.",
                text="identical" if identical else None, of=size),
        figure("ssim", "SSIM", data.ssim, "of 1", 3,
                "Structural similarity of the reconstruction to the original; 1 means identical.", of=size),
        figure("tokens", "Tokens", data.num_tokens, "indices", 0,
                f"Indices that stand for this picture: {counted_words(data)}."),
        figure("bits_uniform", "Bits, uniform", data.bits_uniform, "bit", 0,
                "Size of the tokens at log2(K) bits for each index, with no entropy coding."),
        figure("bits_empirical", "Bits, empirical", data.bits_empirical, "bit", 0,
                "Size of the tokens at the entropy of this picture's own code counts, without the cost of "
                "sending those counts."),
        figure("bpp_uniform", "Rate, uniform", data.bits_uniform / pixels, "bit/pixel", 3,
                "Uniform bits divided by the number of pixels."),
        figure("bpp_empirical", "Rate, empirical", data.bits_empirical / pixels, "bit/pixel", 3,
                "Empirical bits divided by the number of pixels."),
        figure("compression", "Compression", raw_bits / data.bits_uniform if data.bits_uniform > 0 else None, ": 1", 1,
                "Bits of the 24 bit RGB picture divided by the uniform bits of its tokens."),
    ]  # fmt: skip
    for step, doing in (("encode", "the encoder"), ("quantize", "the quantizer"), ("decode", "the decoder")):
        if step in data.seconds:
            rows.append(figure(f"{step}_ms", step.capitalize(), data.seconds[step] * 1000, "ms", 1,
                                f"Wall time of {doing} for this picture on {data.device}."))  # fmt: skip
    if data.partial:
        rows = [
            row | {"explains": f"{row['explains']} Of all {data.num_levels} {data.noun}s."}
            if row["id"].endswith("_ms")
            else row
            for row in rows
        ]
    rows.append(figure("device", "Device", None, "", 0, "Where the tokenizer ran.", text=data.device))
    return rows


def figure(
    id: str,
    label: str,
    value: float | None,
    unit: str,
    decimals: int,
    explains: str,
    text: str | None = None,
    of: str = "",
) -> dict:
    """One figure of the row; `text` instead of a value where there is no number to show; `of`: over what, where the
    same figure of something else is another one."""
    number = None if value is None or not math.isfinite(value) else float(value)
    return {
        "id": id, "label": label, "value": number, "unit": ONE.get(unit, unit) if number == 1 else unit,
        "decimals": decimals, "explains": explains, "text": text, "of": of,
    }  # fmt: skip
