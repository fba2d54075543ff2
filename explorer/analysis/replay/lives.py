"""The lives of codes over a recorded run: what each took, when it died, and what revived it.

Told from the frames that were kept, so a life that ended and began again between two of them is not seen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.joints.frame import DEAD, LIVE, Frame, FrameEvent, FrameLevel

NEVER = -1  # of a step: it did not happen
BY_ITSELF = "latents came back to it"


@dataclass(frozen=True)
class Death:
    """A death of a code. died: the step at which it was last chosen, NEVER for one that never was. seen: of the first
    kept frame that shows it dead. revived: of the first one after that shows it live again, NEVER if none does. by:
    what revived it, in words, "" if nothing did."""

    code: int
    died: int
    seen: int
    revived: int
    by: str


@dataclass(frozen=True)
class Lives:
    """The n codes of one level that were kept, of the `whole` there are.

    steps (f,): of the frames looked at. codes (n,): their numbers. tokens (n,) float64: that each took in all these
    steps, from its mean a step in each frame. first (n,) int64: the step of the first frame that shows it live, or
    NEVER. state (n,) uint8: in the last frame. deaths: by step.
    """

    level: int
    whole: int
    steps: np.ndarray
    codes: np.ndarray
    tokens: np.ndarray
    first: np.ndarray
    state: np.ndarray
    deaths: tuple[Death, ...]

    @property
    def never(self) -> int:
        """Codes that no frame shows live."""
        return int(np.count_nonzero(self.first == NEVER))

    @property
    def usage(self) -> np.ndarray:
        """(n,) the tokens of the codes, those of the busiest first."""
        return np.sort(self.tokens)[::-1]


def read_lives(frames: Iterable[Frame], events: Sequence[FrameEvent], level: int) -> Lives:
    """The lives of the codes of a level, from frames in order. Those of a codebook of another size are passed over: the
    size is that of the last frame. Raises ValueError without any frame."""
    steps, states, counts, silent, last = [], [], [], [], None
    for frame in frames:
        if level >= len(frame.levels):
            continue
        shown = frame.levels[level]
        if last is not None and not _same_codes(last, shown):  # made anew with another size
            steps, states, counts, silent = [], [], [], []
        last = shown
        steps.append(frame.step)
        states.append(shown.state)
        counts.append(shown.counts)
        silent.append(shown.silent)
    if last is None:
        raise ValueError("there is no frame of that level")
    at, state = np.array(steps, dtype=np.int64), np.stack(states)  # (f,), (f, K)
    since = np.diff(at, prepend=0)
    tokens = since.astype(np.float64) @ np.stack(counts).astype(np.float64)  # (K,)
    live = state == LIVE
    first = np.where(live.any(0), at[live.argmax(0)], NEVER)
    codes = np.arange(len(tokens)) if last.numbers is None else last.numbers
    deaths = _deaths(at, state, np.stack(silent), codes, _by_code(events, level))
    return Lives(level, last.whole or len(codes), at, codes, tokens, first, state[-1], deaths)


def _same_codes(one: FrameLevel, other: FrameLevel) -> bool:
    if one.numbers is None or other.numbers is None:
        return one.numbers is other.numbers and one.codebook_size == other.codebook_size
    return np.array_equal(one.numbers, other.numbers)


def _by_code(events: Sequence[FrameEvent], level: int) -> dict[int, list[FrameEvent]]:
    found: dict[int, list[FrameEvent]] = {}
    for event in events:
        if event.level == level:
            found.setdefault(event.code, []).append(event)
    return found


def _deaths(
    at: np.ndarray, state: np.ndarray, silent: np.ndarray, codes: np.ndarray, events: dict[int, list[FrameEvent]]
) -> tuple[Death, ...]:
    """at (f,), state and silent (f, n), codes (n,)."""
    dead = state == DEAD
    begins = dead & ~np.vstack([np.zeros_like(dead[:1]), dead[:-1]])
    deaths = []
    for i, row in zip(*np.nonzero(begins), strict=True):
        lives = np.flatnonzero(state[i:, row] == LIVE)
        back = int(at[i + lives[0]]) if len(lives) else NEVER
        last, code = int(at[i] - silent[i, row]), int(codes[row])
        by = "" if back == NEVER else _reviver(events.get(code, ()), int(at[i - 1]) if i else NEVER, back)
        deaths.append(Death(code, last if last > 0 else NEVER, int(at[i]), back, by))
    return tuple(deaths)


def _reviver(events: Sequence[FrameEvent], after: int, until: int) -> str:
    """What put a code on another place in the steps after `after`, up to `until`: the last event there."""
    last = next((event for event in reversed(events) if after < event.step <= until), None)
    return BY_ITSELF if last is None else f"reseeded at step {last.step:,} ({last.strategy.replace('_', ' ')})"


def lives_csv(lives: Lives) -> bytes:
    """One row a death, and one for each code that never died; UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["level", "code", "tokens", "first_seen_live", "last_chosen", "seen_dead", "seen_live_again", "by", "at_end"]
    )
    ends, by_code = ("live", "dead", "unseen"), {}  # type: tuple[str, ...], dict[int, list[Death]]
    for death in lives.deaths:
        by_code.setdefault(death.code, []).append(death)
    for row, code in enumerate(lives.codes.tolist()):
        head = [lives.level + 1, code, f"{lives.tokens[row]:.6g}", _step(lives.first[row])]
        end = ends[lives.state[row]]
        if code not in by_code:
            writer.writerow([*head, "", "", "", "", end])
        for one in by_code.get(code, ()):
            writer.writerow([*head, _step(one.died), _step(one.seen), _step(one.revived), one.by, end])
    return text.getvalue().encode("utf-8")


def _step(step: int) -> str:
    return "" if step == NEVER else str(int(step))
