"""How long tokenizers take, fairly: in rounds, each of which goes through all of them, so that whatever slows the
machine down for a while falls on all alike. Each round begins one tokenizer further on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer.foundation.errors import plain_words
from explorer.joints.tokenizer import Tokenizer

TIMED_S = 8.0  # of one tokenizer on one medium; a slow one is left out of further rounds then


@dataclass(frozen=True)
class Timing:
    """One tokenizer on one medium: milliseconds of each round that it was in. encode_ms is with quantizing.

    rounds: the numbers of these rounds, so that two tokenizers can be held against each other within a round. failed:
    why it ended, "" if it did not.
    """

    encode_ms: tuple[float, ...] = ()
    decode_ms: tuple[float, ...] = ()
    rounds: tuple[int, ...] = ()
    failed: str = ""


@dataclass
class _Runs:
    tokenizer: Tokenizer
    medium: np.ndarray
    seconds: list[Mapping[str, float]] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    spent_s: float = 0.0
    failed: str = ""


def timed_rounds(
    tokenizers: Sequence[tuple[Tokenizer, np.ndarray]],
    rounds: int,
    first: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Timing] | None:
    """Id -> times; None if cancelled in between. Each tokenizer has run on its medium before: nothing is cold.

    tokenizers: each with what it is given. first: which of them begins the first round.
    """
    runs = [_Runs(tokenizer, medium) for tokenizer, medium in tokenizers]
    for number in range(rounds):
        for place in range(len(runs)):
            one = runs[(first + number + place) % len(runs)]
            if one.failed or one.spent_s > TIMED_S:
                continue
            if cancelled is not None and cancelled():
                return None
            _run(one, number)
    return {one.tokenizer.spec.id: _timed(one) for one in runs}


def _run(one: _Runs, number: int) -> None:
    try:
        seconds = one.tokenizer.tokenize(one.medium).seconds
    except Exception as error:  # of one tokenizer: the others go on
        one.failed = plain_words(error)
        return
    one.seconds.append(seconds)
    one.rounds.append(number)
    one.spent_s += sum(seconds.values())


def _timed(one: _Runs) -> Timing:
    known = [number for number, run in zip(one.rounds, one.seconds, strict=True) if {"encode", "decode"} <= set(run)]
    runs = [run for run in one.seconds if {"encode", "decode"} <= set(run)]
    return Timing(
        tuple(1e3 * (run["encode"] + run.get("quantize", 0)) for run in runs),
        tuple(1e3 * run["decode"] for run in runs),
        tuple(known),
        one.failed,
    )
