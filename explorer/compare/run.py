"""Run a set of media through several tokenizers, one medium at a time, so that memory does not grow with the set."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from explorer.compare.kinds import kind_of
from explorer.compare.media import CompareMedia
from explorer.compare.preparation import Figures, Judgement, Preparation, PreparedPicture, common_spec
from explorer.compare.preparation_clip import PreparedClip
from explorer.compare.preparation_rows import PreparedGraph, PreparedItems, PreparedSeries
from explorer.compare.preparation_sound import PreparedSound
from explorer.compare.reference import Reference, references
from explorer.compare.result import Cell, Comparison, MediumFigures, RatePoint
from explorer.compare.timing import timed_rounds
from explorer.foundation.config import FIGURE_SIDE_PX, Limits
from explorer.foundation.errors import ExplorerError, RecordError, SettingsError, plain_words
from explorer.foundation.words import count_of
from explorer.joints.naming import part_noun
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.fitting import Fitting
from explorer.media.medium import Medium as LoadedMedium
from explorer.media.pictures.image import Filter
from explorer.media.quality.fidelity import WORST_PATCH_PX
from explorer.media.quality.sound_delay import Delay

PREPARED = {
    "image": PreparedPicture,
    "audio": PreparedSound,
    "video": PreparedClip,
    "series": PreparedSeries,
    "vectors": PreparedItems,
    "graph": PreparedGraph,
}
SIZED = ("image", "video")  # whose sides have to suit all
LEVELS_ALL = 8
TOKENIZERS = (2, 8)  # fewer is no comparison, more cannot be told apart side by side
REPEATS_MOST = 20


@dataclass(frozen=True)
class Options:
    """repeats: rounds in which each tokenizer is timed on each medium, after a run that warms up; 0: no times.

    side_px: larger pictures and clips are scaled down to it; None: to FIGURE_SIDE_PX, at which cards and pages measure,
    but crops of hard content not at all. patch_px: side of the worst patch. codecs: references to encode,
    None: all of the kind. baseline: id of the tokenizer that the others are held against, "" for the first. crop_px,
    filter: as of `Fitting`.
    """

    repeats: int = 5
    side_px: int | None = None
    patch_px: int = WORST_PATCH_PX
    codecs: tuple[str, ...] | None = None
    baseline: str = ""
    crop_px: int | None = None
    filter: Filter = "lanczos"

    def __post_init__(self) -> None:
        if not 0 <= self.repeats <= REPEATS_MOST:
            raise SettingsError(f"timed rounds must be from 0 to {REPEATS_MOST}, not {self.repeats}")
        if self.side_px is not None and not 8 <= self.side_px <= Limits().image_side_px:
            raise SettingsError(
                f"the longest side must be from 8 to {Limits().image_side_px} pixels, not {self.side_px}"
            )

    def side_of(self, crop: bool) -> int:
        """The longest side of a medium."""
        return self.side_px or (Limits().image_side_px if crop else FIGURE_SIDE_PX)

    def fitting(self) -> Fitting:
        """How media are made to fit, hard content apart."""
        return Fitting(self.side_of(False), self.crop_px, self.filter)


@dataclass(frozen=True)
class Playback:
    """Sounds (S, C) or clips (F, H, W, 3) of one shape, by tokenizer id, "" the reference. rate: samples, or frames, a
    second."""

    media: Mapping[str, np.ndarray]
    rate: float


@dataclass(frozen=True)
class MediumComparison:
    """One medium with its pictures, all (H, W, 3) float32 in [0, 1]: of sounds spectrograms, of clips mosaics.

    reconstructions: tokenizer id -> picture. records: tokenizer id -> what it made. played: of sounds and clips.
    prepared, decoded: what it was made of, and what came out again, as the reference is.
    """

    medium: MediumFigures
    picture: np.ndarray
    reconstructions: Mapping[str, np.ndarray]
    records: Mapping[str, TokenRecord]
    played: Playback | None = None
    prepared: Preparation | None = None
    decoded: Mapping[str, np.ndarray] = field(default_factory=dict)


def check_tokenizers(specs: Sequence[TokenizerSpec]) -> None:
    """Raise SettingsError unless these can be compared: from 2 to 8, all different, all of one modality, with decoders
    where decodes are compared, and with a size that suits all."""
    ids = [spec.id for spec in specs]
    low, high = TOKENIZERS
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise SettingsError(f"Each tokenizer can be compared once; given twice: {', '.join(twice)}.")
    if not low <= len(ids) <= high:
        raise SettingsError(f"Compare from {low} to {high} tokenizers, not {len(ids)}.")
    kinds = {spec.modality for spec in specs}
    if len(kinds) > 1:
        listed = ", ".join(f"{spec.id}: {spec.modality}" for spec in specs)
        raise SettingsError(f"Media of different kinds cannot be compared with each other ({listed}).")
    decoded = kind_of(specs[0].modality).decoded
    blind = next((spec for spec in specs if not spec.decodes), None)
    if decoded and blind is not None:
        raise SettingsError(f"{blind.id} has no decoder, so there is nothing of it to compare.")
    if specs[0].modality in SIZED:
        common_spec(specs)


def check_baseline(baseline: str, ids: Sequence[str]) -> None:
    """Raise SettingsError unless the baseline is one of the tokenizers, or ""."""
    if baseline and baseline not in ids:
        raise SettingsError(f"The baseline {baseline} is none of the tokenizers compared: {', '.join(ids)}.")


def run_comparison(
    media: CompareMedia,
    tokenizers: Sequence[Tokenizer],
    options: Options | None = None,
    each: Callable[[int, MediumComparison], None] | None = None,
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
    for tokenizer in tokenizers:
        options.fitting().check(tokenizer.spec)
    check_baseline(options.baseline, [tokenizer.spec.id for tokenizer in tokenizers])
    done, skipped, start = [], [], time.perf_counter()
    for number, name in enumerate(media.names):
        if cancelled is not None and cancelled():
            break
        if progress is not None:
            progress(number, len(media), name)
        try:
            medium = media.read(number)
            chosen = replace(options, side_px=options.side_of(number in media.crops))
            compared = compare_medium(name, medium, tokenizers, chosen, cancelled, number)
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
        asdict(options)
        | {
            "codecs": _codecs(tokenizers[0].spec.modality, options),
            "side_px": None if options.crop_px else options.side_px or FIGURE_SIDE_PX,
        },
        options.baseline,
    )


def compare_medium(
    name: str,
    medium: LoadedMedium,
    tokenizers: Sequence[Tokenizer],
    options: Options,
    cancelled: Callable[[], bool] | None = None,
    number: int = 0,
) -> MediumComparison | None:
    """One medium through all tokenizers and codecs; None if cancelled in between.

    number: of the medium in its set, which says whose turn it is to be timed first. Pictures: all see the same pixels.
    Sounds and clips: see `prepared`. Raises MediaError or SettingsError if the medium cannot be made to fit.
    """
    specs = [tokenizer.spec for tokenizer in tokenizers]
    prepared = PREPARED[specs[0].modality](medium, specs, options.fitting())
    failures: list[tuple[str, str]] = []
    done: dict[str, tuple[TokenRecord, Judgement, Cell]] = {}
    for tokenizer in tokenizers:
        if cancelled is not None and cancelled():
            return None
        try:
            done[tokenizer.spec.id] = _cell(tokenizer, prepared, options)
        except Exception as error:
            failures.append((tokenizer.spec.id, plain_words(error)))
    ready = [(one, prepared.given(one.spec)) for one in tokenizers if one.spec.id in done]
    times = timed_rounds(ready, options.repeats, number, cancelled)
    if times is None:
        return None
    failures += [(key, one.failed) for key, one in times.items() if one.failed]
    done = {key: one for key, one in done.items() if not times[key].failed}
    cells = [replace(cell, times=times[key]) for key, (_, _, cell) in done.items()]
    height, width = prepared.picture.shape[:2]
    about = MediumFigures(
        name, height, width, prepared.notes, tuple(cells), (), (), dict(prepared.facts), prepared.extent,
        specs[0].modality,
    )  # fmt: skip
    found: list[tuple[Reference, np.ndarray]] = []
    for codec in _codecs(specs[0].modality, options) if cells else ():
        if cancelled is not None and cancelled():
            return None
        try:
            found += references(prepared, wanted_bits(about), [codec])
        except ExplorerError as error:
            failures.append((codec, str(error)))
    judgements = {key: judged for key, (_, judged, _) in done.items()}
    details = prepared.details(judgements, {cell.tokenizer_id: cell.fidelity for cell in cells}) if cells else ()
    about = replace(about, failures=tuple(failures), references=tuple(one for one, _ in found), details=details)
    decoded = {key: judged.decoded for key, judged in judgements.items()}
    pictures = {key: prepared.drawn(judged) for key, judged in judgements.items()}
    records = {key: record for key, (record, _, _) in done.items()}
    return MediumComparison(
        about, prepared.picture, pictures, records, playback_of(prepared, decoded), prepared, decoded
    )


def _codecs(modality: str, options: Options) -> tuple[str, ...]:
    """Those of the kind, of which the options leave out some."""
    every = kind_of(modality).codecs
    return tuple(every) if options.codecs is None else tuple(codec for codec in options.codecs if codec in every)


def wanted_bits(medium: MediumFigures) -> list[tuple[str, float]]:
    """(name, bits at log2(K)) of each tokenizer, and of each cumulative level of the residual ones, for this medium."""
    wanted = []
    for cell in medium.cells:
        share = medium.extent / (cell.extent or medium.extent)  # of what its tokens stand for
        named = [(level_name(cell.tokenizer_id, one.levels), one.bits_uniform) for one in cell.levels[:-1]]
        wanted += [(name, bits * share) for name, bits in [*named, (cell.tokenizer_id, cell.bits_uniform)]]
    return wanted


def level_name(tokenizer_id: str, levels: int) -> str:
    """What the first levels of a tokenizer are called."""
    return f"{tokenizer_id}, {count_of(levels, part_noun('sum'))}"


def _cell(tokenizer: Tokenizer, prepared: Preparation, options: Options) -> tuple[TokenRecord, Judgement, Cell]:
    """The record of the run that warms up, its decode as the reference is, and what was measured but for times."""
    spec, medium = tokenizer.spec, prepared.given(tokenizer.spec)
    record = tokenizer.tokenize(medium)
    if not np.isfinite(record.reconstruction).all():
        raise RecordError("It decoded this medium to values that are not numbers.")
    delay = prepared.delay(spec, record.reconstruction)
    judged = prepared.judged(spec, record.reconstruction, delay, record)
    fidelity = prepared.quality(judged)
    cell = Cell(
        spec.id,
        record.num_tokens,
        record.bits_uniform,
        record.bits_empirical,
        fidelity,
        prepared.worst(judged, options.patch_px),
        histograms=tuple(np.unique(level.indices, return_counts=True) for level in record.levels),
        extent=prepared.covered(spec),
        bits_merged=_merged(tokenizer, record),
    )
    return record, judged, replace(cell, levels=_levels(tokenizer, record, prepared, fidelity, delay))


def _merged(tokenizer: Tokenizer, record: TokenRecord) -> float | None:
    """Bits of the pieces that are sent, where indices are merged into some first."""
    pieces = tokenizer.pieces(record.levels[0]) if record.modality == "series" else None
    return None if pieces is None else len(pieces.ids) * math.log2(max(2, pieces.vocabulary))


def _levels(
    tokenizer: Tokenizer, record: TokenRecord, prepared: Preparation, whole: Figures, delay: Delay
) -> tuple[RatePoint, ...]:
    """Cumulative levels of a residual tokenizer, with the delay of them all; the last is the record itself."""
    if record.combination != "sum" or len(record.levels) < 2:
        return ()
    points, uniform, empirical = [], 0.0, 0.0
    measured = levels_measured(len(record.levels))
    for number, level in enumerate(record.levels, 1):
        uniform, empirical = uniform + level.bits_uniform, empirical + level.bits_empirical
        if number not in measured:
            continue
        fidelity = whole
        if number < len(record.levels):
            decoded, some = tokenizer.decode_levels(record, range(number)), record.of_levels(range(number))
            fidelity = prepared.quality(prepared.judged(tokenizer.spec, decoded, delay, some))
        points.append(RatePoint(number, uniform, empirical, fidelity))
    return tuple(points)


def levels_measured(levels: int) -> tuple[int, ...]:
    """After which levels a residual tokenizer is decoded: all of a few, of many those that double."""
    if levels <= LEVELS_ALL:
        return tuple(range(1, levels + 1))
    return (*(2**i for i in range((levels - 1).bit_length())), levels)


def playback_of(prepared: Preparation, judged: Mapping[str, np.ndarray]) -> Playback | None:
    """What can be heard, or seen moving; "" is the reference."""
    if isinstance(prepared, PreparedSound):
        return Playback({"": prepared.reference, **judged}, float(prepared.rate_hz))
    if isinstance(prepared, PreparedClip):
        return Playback({"": prepared.reference, **judged}, prepared.frames_per_second)
    return None
