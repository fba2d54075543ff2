"""How often "certain" is wrong when codes are called dead: made codebooks of known truth, and real ones.

`python -m tests.analysis.codes.calibration OUT [--real FILE.npz ...] [--made 600]` prints the table and writes
OUT/calibration.png. A real file holds `codes` (levels, tokens) and `lens` (media,): all tokens of a large data set,
in which codes that never occur are taken for dead; media are drawn from it at random.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.joints.audit_parts import STRETCHES, LevelAudit
from explorer.joints.measures.unused import unused_codes

MEDIA = (3, 5, 10, 15, 20, 30, 50, 100, 200, 300, 1000)
FAMILIES = ("uniform", "zipf", "lognormal", "dirichlet", "kinds", "levels")
MOST = 40_000  # tokens of one draw
DEAD = (0.0, 0.0, 0.0, 0.05, 0.3, 0.7)
WIDE_DEAD = (0.0, 0.0, 0.0, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9)
MOST_WIDE, SLOW = 200_000, 2_000_000  # tokens of one wide draw; media times codes of families that draw each medium


@dataclass(frozen=True)
class Row:
    """One codebook over so many media: truly dead codes, what is said, and how sure."""

    family: str
    size: int
    media: int
    dead: int
    said: int | None
    sure: str | None
    by_shape: bool = False  # by the limit of `unused_limit.py`, where the margin leaves nothing to say

    @property
    def wrong(self) -> bool:
        return self.said is not None and self.said > self.dead


@dataclass(frozen=True)
class Sum:
    """Of some rows: how many there are, how many say something for certain, and how many of those are wrong."""

    codebooks: int
    certain: int
    wrong_certain: int
    likely: int
    wrong_likely: int


def level_of_tokens(codes: np.ndarray, size: int) -> LevelAudit:
    """A level of codes (media, tokens), with what an audit keeps of media."""
    media = len(codes)
    keys = np.unique(np.repeat(np.arange(media) * size, codes.shape[1]) + codes.reshape(-1))
    stretches = [np.bincount(part.reshape(-1), minlength=size) for part in np.array_split(codes, min(STRETCHES, media))]
    counts, occurs = np.sum(stretches, axis=0), np.bincount(keys % size, minlength=size)
    return _level(counts, occurs, media, np.array(stretches))


def _level(counts: np.ndarray, occurs: np.ndarray, media: int, stretches: np.ndarray | None = None) -> LevelAudit:
    halves = np.stack([counts - counts // 2, counts // 2])
    growth = np.array([[counts.sum(), np.count_nonzero(counts)]])
    kept = {"media": media, "occurs": occurs, "stretches": stretches}
    return LevelAudit("", len(counts), counts, halves, growth, np.ones((media, 3)), **kept)


def drawn(seed: int) -> Row:
    """A made codebook; family, size, media, tokens and dead codes follow from the seed."""
    random = np.random.default_rng(seed)
    family, size = FAMILIES[seed % len(FAMILIES)], int(2 ** random.integers(5, 12))
    media, tokens = int(np.exp(random.uniform(np.log(3), np.log(1000)))), int(2 ** random.integers(4, 11))
    media = max(3, min(media, MOST // tokens))
    alive = random.permutation(size)[: max(2, round(size * (1 - random.choice(DEAD))))]
    codes = alive[_draw(family, len(alive), media, tokens, random)]
    return _row(family, codes, size, len(alive))


def drawn_wide(seed: int) -> Row | None:
    """The same of 16 to 4,096 codes, up to nine tenths of them dead, and 20 to 2,000 media, many of few tokens: where
    many codes are rare. None where drawing it would take long."""
    random = np.random.default_rng([seed, 7])
    family, size = FAMILIES[seed % len(FAMILIES)], int(2 ** random.integers(4, 13))
    media, tokens = int(np.exp(random.uniform(np.log(20), np.log(2000)))), int(2 ** random.integers(3, 11))
    tokens = max(4, min(tokens, MOST_WIDE // media))
    alive = random.permutation(size)[: max(2, round(size * (1 - random.choice(WIDE_DEAD))))]
    if family in ("levels", "dirichlet") and media * len(alive) > SLOW:
        return None
    return _row(family, alive[_draw(family, len(alive), media, tokens, random)], size, len(alive))


def _row(family: str, codes: np.ndarray, size: int, alive: int) -> Row:
    known = unused_codes(level_of_tokens(codes, size))
    return Row(family, size, len(codes), size - alive, known.dead, known.sure, known.clump > 0)


def _draw(family: str, size: int, media: int, tokens: int, random: np.random.Generator) -> np.ndarray:
    """Tokens (media, tokens) of codes that can all occur."""
    if family in ("uniform", "zipf", "lognormal"):
        power = {"uniform": 0.0, "zipf": random.choice([0.7, 1.0, 1.3]), "lognormal": 0.0}[family]
        chance = 1 / np.arange(1, size + 1) ** power
        if family == "lognormal":
            chance = np.exp(random.choice([0.5, 1.0, 1.5]) * random.normal(size=size))
        return random.choice(size, (media, tokens), p=chance / chance.sum())
    if family == "levels":  # a residual level: alike over all, a little apart in each medium
        found = [random.choice(size, tokens, p=_normal(random.gamma(2.0, size=size))) for _ in range(media)]
        return np.stack(found)
    if family == "dirichlet":  # each medium uses its own few codes
        base = np.full(size, random.choice([20.0, 200.0]) / size)
        found = [random.choice(size, tokens, p=_normal(random.gamma(base) + 1e-12)) for _ in range(media)]
        return np.stack(found)
    kinds = min(int(random.choice([10, 30, 100])), size)  # each medium shows two kinds of things
    of = np.arange(size) % kinds
    random.shuffle(of)
    members = [np.flatnonzero(of == kind) for kind in range(kinds)]
    common = random.dirichlet(np.ones(kinds))
    rows = []
    for _ in range(media):
        pair = random.choice(kinds, 2, p=common)
        both = [members[kind][random.integers(0, len(members[kind]), tokens)] for kind in pair]
        rows.append(np.where(random.random(tokens) < random.random(), *both))
    return np.stack(rows)


def _normal(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def real(path: Path, draws: int = 12) -> list[Row]:
    """Media of a real tokenizer's tokens at random, `draws` times for each of MEDIA, each level by itself."""
    with np.load(path) as archive:
        codes, lens = archive["codes"].astype(np.int64), archive["lens"]
    size = int(codes.max()) + 1 if path.stem in ("fsq", "lyra") else 1024
    ends, random, rows = np.concatenate([[0], np.cumsum(lens)]), np.random.default_rng(0), []
    for level in codes:
        table = np.stack([np.bincount(level[a:b], minlength=size) for a, b in itertools.pairwise(ends)])
        dead = int((table.sum(0) == 0).sum())
        for media in MEDIA:
            for _ in range(draws if media < len(table) else 0):
                some = table[random.choice(len(table), media, replace=False)]
                known = unused_codes(_level(some.sum(0), (some > 0).sum(0), media))
                rows.append(Row(path.stem, size, media, dead, known.dead, known.sure))
    return rows


def sum_of(rows: Sequence[Row]) -> Sum:
    of = {sure: [row for row in rows if row.sure == sure] for sure in ("certain", "likely")}
    wrong = {sure: sum(row.wrong for row in some) for sure, some in of.items()}
    return Sum(len(rows), len(of["certain"]), wrong["certain"], len(of["likely"]), wrong["likely"])


def table_of(rows: Sequence[Row]) -> tuple[Sum, Sum]:
    """(codebooks without a dead code, with some)."""
    return sum_of([row for row in rows if not row.dead]), sum_of([row for row in rows if row.dead])


GROUPS = {
    "has dead codes: said for certain": ((47, 111, 171), lambda row: row.dead > 0, lambda row: row.sure == "certain"),
    "has none: said for certain": ((217, 134, 30), lambda row: row.dead == 0, lambda row: row.sure == "certain"),
    "all: said for certain and wrong": (
        (183, 40, 46),
        lambda row: True,
        lambda row: row.sure == "certain" and row.wrong,
    ),
}
EDGES = (3, 10, 20, 50, 100, 300, 1001)  # media counted, of the groups of bars
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1000, 440, 62, 16, 84, 62
INK, QUIET, GRID = (35, 40, 48), (95, 102, 112), (226, 229, 233)


def plot(rows: Sequence[Row], path: Path) -> None:
    """By media counted: share of codebooks of which codes are called dead for certain, and of those that are wrong."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen, font, large = ImageDraw.Draw(image), ImageFont.load_default(15), ImageFont.load_default(18)
    floor = HEIGHT - BOTTOM
    pen.text((LEFT, 12), "How often codes are called dead for certain, and how often that is wrong", INK, large)
    for number, (name, (colour, _, _)) in enumerate(GROUPS.items()):
        x = LEFT + 310 * number
        pen.rectangle((x, 48, x + 14, 62), colour)
        pen.text((x + 21, 46), name, INK, font)
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = floor - share * (floor - TOP)
        pen.line((LEFT, y, WIDTH - RIGHT, y), GRID)
        pen.text((LEFT - 10, y), f"{share:.0%}", QUIET, font, anchor="rm")
    step = (WIDTH - RIGHT - LEFT) / (len(EDGES) - 1)
    for place, (low, high) in enumerate(itertools.pairwise(EDGES)):
        middle, bin_rows = LEFT + step * (place + 0.5), [row for row in rows if low <= row.media < high]
        pen.text((middle, floor + 8), f"{low:,} to {high - 1:,} media", INK, font, anchor="ma")
        pen.text((middle, floor + 28), f"{len(bin_rows):,} audits", QUIET, font, anchor="ma")
        for number, (colour, chosen, met) in enumerate(GROUPS.values()):
            some = [row for row in bin_rows if chosen(row)]
            share = sum(met(row) for row in some) / max(1, len(some))
            x, y = middle + 46 * (number - 1.5), floor - share * (floor - TOP)
            pen.rectangle((x + 3, min(y, floor - 1), x + 43, floor), colour)
            words = f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"
            pen.text((x + 23, y - 4), words, INK, font, anchor="md")
    image.quantize(32).save(path, optimize=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.analysis.codes.calibration", description=main.__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", type=Path, nargs="*", default=[])
    parser.add_argument("--made", type=int, default=600)
    options = parser.parse_args(argv)
    rows = [drawn(seed) for seed in range(options.made)]
    rows += [row for path in options.real for row in real(path)]
    options.out.mkdir(parents=True, exist_ok=True)
    plot(rows, options.out / "calibration.png")
    print(f"{'family':16}{'audits':>8}{'certain':>9}{'wrong':>7}{'likely':>8}{'wrong':>7}")
    for family in dict.fromkeys(row.family for row in rows):
        for word, chosen in (("well", False), ("dead", True)):
            some = sum_of([row for row in rows if row.family == family and (row.dead > 0) == chosen])
            figures = (some.codebooks, some.certain, some.wrong_certain, some.likely, some.wrong_likely)
            if some.codebooks:
                print(
                    f"{family[:11]:12}{word:4}"
                    + "".join(f"{n:{w}}" for n, w in zip(figures, (8, 9, 7, 8, 7), strict=True))
                )
    wide = [row for seed in range(options.made) if (row := drawn_wide(seed)) is not None]
    told = [row for row in wide if row.by_shape]
    wrong = sum(row.wrong for row in told)
    print(f"by the shape of counts {wrong} of {len(told)} are wrong, of {len(wide):,} wide ones")
    whole = sum_of(rows)
    print(f"certain is wrong in {whole.wrong_certain} of {whole.codebooks:,} audits, {whole.certain:,} of them certain")
    return 0


if __name__ == "__main__":
    sys.exit(main())
