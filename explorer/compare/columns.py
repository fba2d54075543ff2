"""The columns of a comparison's table: what each is, of which unit, and how it is had from a cell."""

from __future__ import annotations

from statistics import median

from explorer.compare.column import Column, Runs, quality_column
from explorer.compare.columns_rows import PER, QUALITY, SENT, VALUE_BITS
from explorer.compare.kinds import Kind
from explorer.compare.result import Cell, MediumFigures
from explorer.joints.measures.usage import ENTROPY_WORDS
from explorer.joints.naming import part_noun
from explorer.media.quality.metrics import PSNR_WORDS
from explorer.media.quality.sound_delay import BOUND_S


def _time(key: str, title: str, words: str, runs: Runs) -> Column:
    def middle(cell: Cell, medium: MediumFigures) -> float | None:
        return median(runs(cell)) if runs(cell) else None

    return Column(key, title, "ms", "low", 1, words, middle, "time", runs)


_BITS = (
    Column(
        "tokens",
        "Tokens",
        "",
        "low",
        0,
        "Indices to be sent: of all positions, levels and groups",
        lambda c, m: c.tokens,
    ),
    Column("bits", "Bits", "bits", "low", 0, "At log2(K) for each index", lambda c, m: c.bits_uniform),
)
_ROUNDS = "median (quartiles) of the timed runs, in rounds of all tokenizers"
_TIMES = (
    _time("encode_ms", "Encode", f"With quantizing; {_ROUNDS}", lambda c: c.times.encode_ms),
    _time("decode_ms", "Decode", _ROUNDS.capitalize(), lambda c: c.times.decode_ms),
)
LEVEL, GROUP = part_noun("sum"), part_noun("concatenate")
_FACTS = (
    Column("codebook_size", "Codes, K", "", None, 0, f"Codes of one {LEVEL} or {GROUP}, of the largest", group="fact"),
    Column(
        "num_quantizers", f"{LEVEL.capitalize()}s or {GROUP}s", "", None, 0,
        f"Indices of one position: {LEVEL}s of a sum, {GROUP}s of a concatenation", group="fact",
    ),
    Column("parameters", "Parameters", "", "low", 0, "Of encoder, quantizer and decoder", group="fact"),
    Column("licence", "Licence", "", None, 0, "Of the weights, as their card states it", group="fact"),
)  # fmt: skip
_SOUND = (
    quality_column(
        "si_sdr_db", "SI-SDR", "dB", "high", 2,
        "Le Roux et al. 2019, whatever the volume, of the decode moved back by its delay; a codec that makes the right "
        "noise with other phases is near 0",
        lambda c, m: c.fidelity.si_sdr_db,
    ),
    Column(
        "si_sdr_raw_db", "SI-SDR, raw", "dB", None, 2, "The same of the decode as it came, delay and all",
        lambda c, m: c.fidelity.raw_si_sdr_db, "quality",
    ),
    Column(
        "delay_ms", "Delay", "ms", None, 2,
        "By how much the decode comes late, below 0 early: as the codec declares it, else estimated over the whole "
        f"sound within {1000 * BOUND_S:g} ms either way; it is no loss",
        lambda c, m: c.fidelity.delay.ms, "quality",
    ),
    quality_column(
        "log_mel_db", "Log-mel distance", "dB", "low", 2,
        "Mean difference of two log-mel spectrograms: nearer to what is heard than SI-SDR",
        lambda c, m: c.fidelity.log_mel_db,
    ),
    quality_column(
        "snr_db", "SNR", "dB", "high", 2,
        "Energy of the sound over that of the error, of the decode moved back by its delay",
        lambda c, m: c.fidelity.snr_db,
    ),
)  # fmt: skip


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """All columns of a comparison of that kind, in their order: what is lost, the times, the bits, facts."""
    found = QUALITY.get(kind.modality) or (_SOUND if kind.modality == "audio" else _pictures(kind))
    times = _TIMES if kind.decoded else _TIMES[:1]
    return (*found, *times, *_BITS, *_rates(kind), *_FACTS)


def compared_columns(kind: Kind) -> tuple[Column, ...]:
    """Those whose differences say something: what is lost, and the times."""
    return tuple(column for column in columns_of(kind) if column.starred)


def cell_words(kind: Kind, cell: Cell, medium: MediumFigures) -> str:
    """The main figures of a cell in one line: "PSNR 24.11 dB, 0.156 bits/pixel"."""
    rate = f"{cell.rate(cell.bits_uniform, medium):.3f} {kind.rate_unit}"
    if kind.modality in QUALITY:
        shown = [column for column in QUALITY[kind.modality] if column.starred][:2]
        values = [(column, column.value(cell, medium)) for column in shown]
        told = [f"{one.title} {value:.{one.digits}f} {one.unit}" for one, value in values if value is not None]
        return ", ".join([*told, rate])
    found = cell.fidelity
    if kind.modality != "audio":
        return f"PSNR {decibels(found.psnr_db)}, {rate}"
    words = f"SI-SDR {decibels(found.si_sdr_db)}, log-mel {found.log_mel_db:.2f} dB, {rate}"
    if not found.delay.samples:
        return words
    return f"{words}, moved back: {found.delay.text}; raw SI-SDR {decibels(found.raw_si_sdr_db)}"


def decibels(value: float | None) -> str:
    """ "24.11 dB", "identical", "nothing in common", or "not defined" (of silence)."""
    if value is None:
        return "not defined"
    if value in (float("inf"), -float("inf")):
        return "identical" if value > 0 else "nothing in common"
    return f"{value:.2f} dB"


def _pictures(kind: Kind) -> tuple[Column, ...]:
    each = "frames" if kind.modality == "video" else "channels"
    whole = f"{PSNR_WORDS.removesuffix('.')}. Here of a whole {kind.noun} as it was compared"
    return (
        quality_column(
            "psnr_db", "PSNR", "dB", "high", 2, f"{whole}; of several the mean of their decibels",
            lambda c, m: c.fidelity.psnr_db,
        ),
        quality_column(
            "ssim", "SSIM", "", "high", 3, f"Wang et al. 2004, Gaussian window of 11 pixels; mean over the {each}",
            lambda c, m: c.fidelity.ssim,
        ),
        quality_column(
            "ms_ssim", "MS-SSIM", "", "high", 3, "Wang et al. 2003; from 161 pixels a side",
            lambda c, m: c.fidelity.ms_ssim,
        ),
        quality_column(
            "gradient_error", "Gradient RMSE", "1/pixel", "low", 4,
            "Root mean square error of the slopes between neighbours", lambda c, m: c.fidelity.gradient_error,
        ),
    )  # fmt: skip


def _rates(kind: Kind) -> tuple[Column, ...]:
    per, raw = PER.get(kind.modality, "the pixels"), kind.raw_bits
    plain = "PCM of 16 bits" if kind.modality == "audio" else f"{VALUE_BITS} bits a number"
    described = f"{raw:g} bits a pixel over those at log2(K)" if raw else f"{plain} over those at log2(K)"
    rates = (
        Column(
            f"{kind.rate_key}_uniform", f"{kind.rate_name}, log2(K)", kind.rate_unit, "low", 3,
            f"At log2(K) for each index, over {per}", lambda c, m: c.rate(c.bits_uniform, m),
        ),
        Column(
            f"{kind.rate_key}_empirical", f"{kind.rate_name}, entropy", kind.rate_unit, None, 3,
            f"At the entropy of the {kind.noun}'s own code histogram, without the cost of sending it. Entropy: "
            f"{ENTROPY_WORDS} It is low of a collapsed codebook, too, so neither end is the better one",
            lambda c, m: c.rate(c.bits_empirical, m),
        ),
    )  # fmt: skip
    ratio = Column("ratio", "Compression", "to 1", "high", 1, described, lambda c, m: _ratio(kind, c, m))
    sent = (SENT,) if kind.modality == "series" else ()
    return (*rates, *sent, *(() if kind.modality == "graph" else (ratio,)))  # a file of edges has no size of its own


def _ratio(kind: Kind, cell: Cell, medium: MediumFigures) -> float | None:
    """Of an uncompressed medium's bits to those at log2(K)."""
    raw = kind.raw_bits or _raw_bits(medium)
    rate = cell.rate(cell.bits_uniform, medium)
    return raw / rate if rate else None


def _raw_bits(medium: MediumFigures) -> float:
    """Of an uncompressed medium, for each unit of its extent."""
    facts = medium.facts
    if "seconds" in facts:
        return 16 * facts["sample_rate_hz"] * facts["channels"] / 1000
    return VALUE_BITS * facts.get("columns", facts.get("numbers", 0))
