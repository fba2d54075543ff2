"""Run a set of media through several tokenizers, one medium at a time, so that memory does not grow with the set."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from explorer.analysis.fidelity import WORST_PATCH_PX, Original, worst_patch
from explorer.compare.media import CompareMedia
from explorer.compare.reference import CODECS, Reference, references
from explorer.compare.result import Cell, Comparison, Medium, RatePoint
from explorer.config import Limits
from explorer.errors import ExplorerError, RecordError, SettingsError, plain_words
from explorer.media.image import LoadedImage, fit
from explorer.record import TokenRecord
from explorer.tokenizers.base import Tokenizer, TokenizerSpec

TOKENIZERS = (2, 8)  # fewer is no comparison, more cannot be told apart side by side
REPEATS_MOST = 20


@dataclass(frozen=True)
class Options:
    """repeats: timed runs of each tokenizer on each medium, after one that warms up; 0: no times.

    side_px: larger pictures are scaled down to it. patch_px: side of the worst patch. codecs: references to encode.
    """

    repeats: int = 3
    side_px: int = Limits().image_side_px
    patch_px: int = WORST_PATCH_PX
    codecs: tuple[str, ...] = tuple(CODECS)

    def __post_init__(self) -> None:
        if not 0 <= self.repeats <= REPEATS_MOST:
            raise SettingsError(f"timed runs must be from 0 to {REPEATS_MOST}, not {self.repeats}")
        if not 8 <= self.side_px <= Limits().image_side_px:
            raise SettingsError(
                f"the longest side must be from 8 to {Limits().image_side_px} pixels, not {self.side_px}"
            )


@dataclass(frozen=True)
class Compared:
    """One medium with its pictures, all (H, W, 3) float32 in [0, 1].

    reconstructions: tokenizer id -> picture. references: as `medium.references`, one picture each. records: tokenizer
    id -> what it made.
    """

    medium: Medium
    picture: np.ndarray
    reconstructions: Mapping[str, np.ndarray]
    references: tuple[np.ndarray, ...]
    records: Mapping[str, TokenRecord]


def check_tokenizers(specs: Sequence[TokenizerSpec]) -> None:
    """Raise SettingsError unless these can be compared: from 2 to 8, all different, all of pictures."""
    ids = [spec.id for spec in specs]
    low, high = TOKENIZERS
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise SettingsError(f"Each tokenizer can be compared once; given twice: {', '.join(twice)}.")
    if not low <= len(ids) <= high:
        raise SettingsError(f"Compare from {low} to {high} tokenizers, not {len(ids)}.")
    kinds = {spec.modality for spec in specs}
    if kinds != {"image"}:
        listed = ", ".join(f"{spec.id}: {spec.modality}" for spec in specs)
        raise SettingsError(f"Only tokenizers of pictures can be compared on pictures ({listed}).")


def run_comparison(
    media: CompareMedia,
    tokenizers: Sequence[Tokenizer],
    options: Options | None = None,
    each: Callable[[int, Compared], None] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Comparison:
    """All media through all tokenizers. A medium that cannot be read is skipped, a tokenizer that fails is listed.

    each(number, compared): called with the pictures of each medium, in order, before the next is read.
    progress(done, planned, name): before each medium. cancelled: asked before each tokenizer; what is done by then is
    returned. Raises SettingsError as `check_tokenizers`.
    """
    options = options or Options()
    check_tokenizers([tokenizer.spec for tokenizer in tokenizers])
    done, skipped, start = [], [], time.perf_counter()
    for number, name in enumerate(media.names):
        if cancelled is not None and cancelled():
            break
        if progress is not None:
            progress(number, len(media), name)
        try:
            image = media.read(number)
            compared = compare_medium(name, image, tokenizers, options, cancelled)
        except Exception as error:  # one damaged file, or a bug that it brings out, ends nothing but itself
            skipped.append((name, plain_words(error)))
            continue
        if compared is None:
            break
        done.append(compared.medium)
        if each is not None:
            each(number, compared)
    return Comparison(
        media.title,
        tuple(tokenizer.spec for tokenizer in tokenizers),
        tuple(done),
        tuple(skipped),
        len(media),
        ", ".join(dict.fromkeys(tokenizer.device for tokenizer in tokenizers)),
        time.perf_counter() - start,
        asdict(options),
    )


def compare_medium(
    name: str,
    image: LoadedImage,
    tokenizers: Sequence[Tokenizer],
    options: Options,
    cancelled: Callable[[], bool] | None = None,
) -> Compared | None:
    """One medium through all tokenizers and codecs; None if cancelled in between.

    All see the same pixels: sides are made multiples of every tokenizer's downsampling. Raises MediaError or
    SettingsError if the medium cannot be made to fit.
    """
    fitted = fit(image, math.lcm(*(tokenizer.spec.downsampling for tokenizer in tokenizers)), options.side_px)
    original = Original(fitted.pixels)
    cells: list[Cell] = []
    failures: list[tuple[str, str]] = []
    records: dict[str, TokenRecord] = {}
    for tokenizer in tokenizers:
        if cancelled is not None and cancelled():
            return None
        try:
            record, cell = _cell(tokenizer, original, options)
        except Exception as error:
            failures.append((tokenizer.spec.id, plain_words(error)))
            continue
        records[tokenizer.spec.id] = record
        cells.append(cell)
    found: list[tuple[Reference, np.ndarray]] = []
    for codec in options.codecs if cells else ():
        if cancelled is not None and cancelled():
            return None
        try:
            found += references(original, wanted_bits(cells), [codec])
        except ExplorerError as error:
            failures.append((codec, str(error)))
    height, width = fitted.pixels.shape[:2]
    made = tuple(one for one, _ in found)
    medium = Medium(name, height, width, fitted.notes, tuple(cells), tuple(failures), made)
    pictures = {key: record.reconstruction for key, record in records.items()}
    return Compared(medium, fitted.pixels, pictures, tuple(pixels for _, pixels in found), records)


def wanted_bits(cells: Sequence[Cell]) -> list[tuple[str, float]]:
    """(name, bits at log2(K)) of each tokenizer, and of each cumulative level of the residual ones."""
    wanted = []
    for cell in cells:
        wanted += [(level_name(cell.tokenizer_id, one.levels), one.bits_uniform) for one in cell.levels[:-1]]
        wanted.append((cell.tokenizer_id, cell.bits_uniform))
    return wanted


def level_name(tokenizer_id: str, levels: int) -> str:
    """What the first levels of a tokenizer are called."""
    return f"{tokenizer_id}, {levels} level{'s' * (levels != 1)}"


def _cell(tokenizer: Tokenizer, original: Original, options: Options) -> tuple[TokenRecord, Cell]:
    """The record of the warm-up run, and what was measured."""
    record = tokenizer.tokenize(original.picture)
    if not np.isfinite(record.reconstruction).all():
        raise RecordError("It decoded this picture to values that are not numbers.")
    runs = [tokenizer.tokenize(original.picture).seconds for _ in range(options.repeats)]
    fidelity = original.fidelity(record.reconstruction)
    cell = Cell(
        tokenizer.spec.id,
        record.num_tokens,
        record.bits_uniform,
        record.bits_empirical,
        fidelity,
        worst_patch(original.picture, record.reconstruction, options.patch_px),
        tuple(1e3 * (run["encode"] + run.get("quantize", 0)) for run in runs if "encode" in run),
        tuple(1e3 * run["decode"] for run in runs if "decode" in run),
        histograms=tuple(np.unique(level.indices, return_counts=True) for level in record.levels),
    )
    return record, replace(cell, levels=_levels(tokenizer, record, original, fidelity))


def _levels(tokenizer: Tokenizer, record: TokenRecord, original: Original, whole) -> tuple[RatePoint, ...]:
    """Cumulative levels of a residual tokenizer; the last is the record itself."""
    if record.combination != "sum" or len(record.levels) < 2:
        return ()
    points, uniform, empirical = [], 0.0, 0.0
    for count, level in enumerate(record.levels, 1):
        uniform, empirical = uniform + level.bits_uniform, empirical + level.bits_empirical
        last = count == len(record.levels)
        fidelity = whole if last else original.fidelity(tokenizer.decode_levels(record, range(count)))
        points.append(RatePoint(count, uniform, empirical, fidelity))
    return tuple(points)
