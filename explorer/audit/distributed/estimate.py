"""What an audit of a large set takes on 1, 8 or 64 GPUs: bytes, hours, cost, and what it waits for, from rates.

`python -m explorer.audit.distributed.estimate` prints the table of `PLAN.md`, which says where the rates are from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

HOUR = 3600.0
GPUS = (1, 8, 64)


@dataclass(frozen=True)
class Rates:
    """Of one machine or process, a second. storage_bytes: of the store that all share. decode: units a core. cores: for
    each GPU. flops: that a GPU does of this work. count_tokens: a process. merge_s: for each shard, in one process.
    gpu_dollars: an hour of a GPU with its cores."""

    storage_bytes: float
    decode: float
    cores: int
    flops: float
    count_tokens: float
    merge_s: float
    gpu_dollars: float


@dataclass(frozen=True)
class Corpus:
    """units: pictures, or seconds of sound. tokens, flops: of one unit; tokens of all levels."""

    name: str
    files: int
    bytes: float
    units: float
    tokens: float
    flops: float


@dataclass(frozen=True)
class Estimate:
    """hours: wall time. dollars: of all GPUs for it. waits_for: the slowest stage. shares: hours of each stage."""

    gpus: int
    hours: float
    dollars: float
    waits_for: str
    shares: dict[str, float]


def estimate(corpus: Corpus, rates: Rates, gpus: int) -> Estimate:
    """Reading and decoding go on beside the encoding; encoding and counting take turns in a process, one a GPU."""
    shares = {
        "storage": corpus.bytes / rates.storage_bytes / HOUR,
        "decoding": corpus.units / (rates.decode * rates.cores * gpus) / HOUR,
        "encoding and counting": (
            corpus.units * corpus.flops / rates.flops + corpus.units * corpus.tokens / rates.count_tokens
        ) / gpus / HOUR,
    }  # fmt: skip
    hours = max(shares.values()) + gpus * rates.merge_s / HOUR
    return Estimate(gpus, hours, hours * gpus * rates.gpu_dollars, max(shares, key=shares.__getitem__), shares)


def saturation(corpus: Corpus, rates: Rates) -> int:
    """From how many GPUs on more of them do not make it faster: the store is the bound, or merging takes longer."""
    gpus = 1
    while gpus < 2**20 and estimate(corpus, rates, 2 * gpus).hours < 0.75 * estimate(corpus, rates, gpus).hours:
        gpus *= 2
    return gpus


def bound(corpus: Corpus, rates: Rates) -> str:
    """What holds up the largest number of GPUs that is of use: a stage that all share, or the merge."""
    gpus = 2 * saturation(corpus, rates)
    one = estimate(corpus, rates, gpus)
    return "the store" if one.shares["storage"] > gpus * rates.merge_s / HOUR else "the merge"


# Measured by one thread of a shared two-core server processor; see PLAN.md.
PICTURES = Rates(2e9, decode=53, cores=16, flops=6e12, count_tokens=0.17e6, merge_s=0.12, gpu_dollars=3.0)
SOUNDS = Rates(2e9, decode=2_156, cores=16, flops=6e12, count_tokens=0.33e6, merge_s=0.12, gpu_dollars=3.0)
IN_HALF = replace(PICTURES, flops=30e12)  # encoders of others, which mostly run in float16; those of the zoo do not
IMAGENET = Corpus("ImageNet train, 256 px, 1,024 tokens a picture", 1_281_167, 147.9e9, 1_281_167, 1_024, 3.0e9)
HEAVY = Corpus("the same through an encoder of 100 GFLOP, 256 tokens", 1_281_167, 147.9e9, 1_281_167, 256, 100e9)
LIBRISPEECH = Corpus("LibriSpeech train, 960 h, 8 levels of 50 a second", 281_241, 60e9, 960 * HOUR, 400, 0.344e9)
PLANNED = ((IMAGENET, PICTURES), (HEAVY, IN_HALF), (LIBRISPEECH, SOUNDS))
TOKENS, TOKEN_BYTES, INDEX_RATE = 15.4e9, 2, 15.2e6  # of plain indices as int16, counted by one process on a CPU


def table(planned: Sequence[tuple[Corpus, Rates]] = PLANNED) -> str:
    """The table of PLAN.md."""
    lines = ["| set | bytes | GPUs | hours | cost | waits for |", "| --- | --- | --- | --- | --- | --- |"]
    for corpus, rates in planned:
        for gpus in GPUS:
            one = estimate(corpus, rates, gpus)
            cells = (
                corpus.name,
                f"{corpus.bytes / 1e9:,.0f} GB",
                str(gpus),
                f"{one.hours:,.2f}",
                f"${one.dollars:,.0f}",
            )
            lines.append(f"| {' | '.join((*cells, one.waits_for))} |")
        lines.append(f"| | | {saturation(corpus, rates):,} | | | from here on {bound(corpus, rates)} |")
    hours = TOKENS / INDEX_RATE / HOUR
    size = f"{TOKENS * TOKEN_BYTES / 1e9:,.0f} GB"
    lines.append(
        f"| {TOKENS / 1e9:,.1f} G plain tokens | {size} | 0: one core | {hours:,.2f} | of one core | counting |"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
