"""The columns of a comparison's table: what each is, of which unit, and how it is had from a cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from explorer.compare.kinds import Kind
from explorer.compare.result import Cell, Medium

Value = Callable[[Cell, Medium], "float | None"]


@dataclass(frozen=True)
class Column:
    """unit: "" for plain numbers. better: which end is the best, None where neither is. digits: shown after the point.

    value: of one cell; None for a column that is a fact of the tokenizer. words: what it is, in one line.
    """

    key: str
    title: str
    unit: str
    better: Literal["low", "high"] | None
    digits: int
    words: str
    value: Value | None = None


_BITS = (
    Column("tokens", "Tokens", "", "low", 0, "Indices to be sent: positions times levels", lambda c, m: c.tokens),
    Column("vocabulary", "Vocabulary", "", None, 0, "Codes of one position"),
    Column("bits", "Bits", "bits", "low", 0, "At log2(K) for each index", lambda c, m: c.bits_uniform),
)
_PICTURE = (
    Column("psnr_db", "PSNR", "dB", "high", 2, "Over all pixels and channels, peak 1", lambda c, m: c.fidelity.psnr_db),
    Column(
        "ssim", "SSIM", "", "high", 3, "Wang et al. 2004, Gaussian window of 11 pixels", lambda c, m: c.fidelity.ssim
    ),
    Column(
        "ms_ssim", "MS-SSIM", "", "high", 3, "Wang et al. 2003; from 161 pixels a side", lambda c, m: c.fidelity.ms_ssim
    ),
    Column(
        "gradient_error",
        "Gradient RMSE",
        "1/pixel",
        "low",
        4,
        "Root mean square error of the slopes between neighbours",
        lambda c, m: c.fidelity.gradient_error,
    ),
)
_SOUND = (
    Column(
        "si_sdr_db",
        "SI-SDR",
        "dB",
        "high",
        2,
        "Le Roux et al. 2019, whatever the volume; a codec that makes the right noise with other phases is near 0",
        lambda c, m: c.fidelity.si_sdr_db,
    ),
    Column(
        "log_mel_db",
        "Log-mel distance",
        "dB",
        "low",
        2,
        "Mean difference of two log-mel spectrograms: nearer to what is heard than SI-SDR",
        lambda c, m: c.fidelity.log_mel_db,
    ),
    Column(
        "snr_db", "SNR", "dB", "high", 2, "Energy of the sound over that of the error", lambda c, m: c.fidelity.snr_db
    ),
)
_COST = (
    Column(
        "encode_ms",
        "Encode",
        "ms",
        "low",
        1,
        "With quantizing; median of the timed runs",
        lambda c, m: median(c.encode_ms) if c.encode_ms else None,
    ),
    Column(
        "decode_ms",
        "Decode",
        "ms",
        "low",
        1,
        "Median of the timed runs",
        lambda c, m: median(c.decode_ms) if c.decode_ms else None,
    ),
    Column("parameters", "Parameters", "", "low", 0, "Of encoder, quantizer and decoder"),
    Column("licence", "Licence", "", None, 0, "Of the weights, as their card states it"),
)


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """All columns of a comparison of that kind, in their order."""
    return (*_BITS, *_rates(kind), *(_SOUND if kind.modality == "audio" else _PICTURE), *_COST)


def cell_words(kind: Kind, cell: Cell, medium: Medium) -> str:
    """The main figures of a cell in one line: "24.11 dB, 0.156 bits/pixel"."""
    rate = f"{cell.rate(cell.bits_uniform, medium):.3f} {kind.rate_unit}"
    if kind.modality != "audio":
        return f"{decibels(cell.fidelity.psnr_db)}, {rate}"
    return f"SI-SDR {decibels(cell.fidelity.si_sdr_db)}, log-mel {cell.fidelity.log_mel_db:.2f} dB, {rate}"


def decibels(value: float | None) -> str:
    """ "24.11 dB", "identical", or "not defined" (of silence)."""
    if value is None:
        return "not defined"
    return "identical" if value == float("inf") else f"{value:.2f} dB"


def _rates(kind: Kind) -> tuple[Column, ...]:
    per = {"audio": "the seconds"}.get(kind.modality, "the pixels")
    raw = kind.raw_bits
    described = f"{raw:g} bits a pixel over those at log2(K)" if raw else "PCM of 16 bits over those at log2(K)"
    return (
        Column(
            f"{kind.rate_key}_uniform",
            f"{kind.rate_name}, log2(K)",
            kind.rate_unit,
            "low",
            3,
            f"At log2(K) for each index, over {per}",
            lambda c, m: c.rate(c.bits_uniform, m),
        ),
        Column(
            f"{kind.rate_key}_empirical",
            f"{kind.rate_name}, entropy",
            kind.rate_unit,
            "low",
            3,
            f"At the entropy of the {kind.noun}'s own code histogram, without the cost of sending it",
            lambda c, m: c.rate(c.bits_empirical, m),
        ),
        Column("ratio", "Compression", "to 1", "high", 1, described, lambda c, m: _ratio(kind, c, m)),
    )


def _ratio(kind: Kind, cell: Cell, medium: Medium) -> float | None:
    """Of an uncompressed medium's bits to those at log2(K)."""
    raw = kind.raw_bits or 16 * medium.facts["sample_rate_hz"] * medium.facts["channels"] / 1000
    rate = cell.rate(cell.bits_uniform, medium)
    return raw / rate if rate else None
