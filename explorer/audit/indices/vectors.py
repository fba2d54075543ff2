"""What belongs to plain indices, where a person has it: the code vectors, and the latents that were quantized.

Codebooks: an .npy (K, D) or (levels, K, D), or an .npz of codebook_0, codebook_1, ... Latents: an .npy (..., D), one
row for each token of a level in the order of the indices; of residual levels the next one's are what the codes before
leave (Li et al. 2025, section 2.2), of groups each has its own columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from explorer.audit.counting import LatentSample
from explorer.foundation.damage import damage_in_words, open_arrays
from explorer.foundation.errors import RecordError, SettingsError
from explorer.foundation.words import count_of, is_are
from explorer.joints.audit_parts import LevelAudit
from explorer.joints.record import Codebook, Combination

ROWS = 2**16  # latents in memory at a time
METRICS = ("euclidean", "cosine", "dot")
CODEBOOK_BYTES = 2**31
FILE = "codebooks.npz"  # beside an audit


def read_codebooks(path: str | Path, metric: str = "euclidean") -> tuple[Codebook, ...]:
    """The codebooks in a file, one a level. Raises RecordError for anything else, SettingsError for the metric."""
    path = Path(path)
    if metric not in METRICS:
        raise SettingsError(f"The metric is one of {', '.join(METRICS)}, not {metric[:40]!r}.")
    words = f"{path.name!r} is no array of numpy with code vectors (.npy or .npz), or is damaged."
    with open_arrays(path, path.name, words, CODEBOOK_BYTES) as arrays:
        names = sorted(
            (name for name in arrays if name.startswith("codebook_") and name[9:].isdecimal()),
            key=lambda name: int(name[9:]),
        ) or list(arrays)
        tables = [arrays[name] for name in names]
    if len(tables) == 1 and names == [""] and tables[0].ndim == 3:
        tables = list(tables[0])
    return tuple(_codebook(path.name, table, metric) for table in tables)


def _codebook(name: str, table: np.ndarray, metric: str) -> Codebook:
    if table.ndim != 2 or table.dtype.kind not in "fiu" or 0 in table.shape:
        raise RecordError(
            f"{name!r} holds an array of shape {table.shape} and type {table.dtype}; a codebook is (K, D), several of "
            "one size are (levels, K, D), others an .npz of codebook_0, codebook_1, ..."
        )
    if table.nbytes > CODEBOOK_BYTES:
        raise RecordError(f"{name!r} holds a codebook of {table.nbytes / 2**30:.1f} GiB; at most 2 GiB are read.")
    return Codebook(*table.shape, metric, vectors=table.astype(np.float32))  # type: ignore[arg-type]


def books_of_levels(codebooks: Sequence[Codebook], levels: int) -> tuple[Codebook, ...]:
    """One a level: a single codebook serves all levels."""
    return tuple(codebooks) if len(codebooks) == levels else tuple(codebooks) * levels


def save_codebooks(path: Path, codebooks: Sequence[Codebook]) -> None:
    """Write tables beside an audit, so that it shows its maps where the tokenizer is not. Rules are left out.

    Where there are none, those that an earlier audit left there are taken away: they are of other codes.
    """
    arrays = {f"codebook_{i}": book.vectors for i, book in enumerate(codebooks) if book.vectors is not None}
    if arrays and len(arrays) == len(codebooks):
        with path.with_suffix(".part").open("wb") as file:
            np.savez(file, metric=np.array(codebooks[0].metric), **arrays)
        path.with_suffix(".part").replace(path)
    else:
        path.unlink(missing_ok=True)


def load_codebooks(folder: Path, sizes: Sequence[int]) -> tuple[Codebook, ...] | None:
    """The tables beside an audit of codebooks of such sizes; None if there are none, or others."""
    path = folder / FILE
    if not path.is_file() or path.stat().st_size > CODEBOOK_BYTES:
        return None
    try:
        with open_arrays(path, path.name, f"{path.name!r} holds no codebooks.", CODEBOOK_BYTES) as arrays:
            metric = str(arrays["metric"])
        books = read_codebooks(path, metric)
    except (RecordError, SettingsError):
        return None
    return books if [book.codebook_size for book in books] == list(sizes) else None


@dataclass(frozen=True)
class Belongings:
    """Codebooks of the levels, and latents (N, D) of the tokens of a level; None where a person has none."""

    codebooks: tuple[Codebook, ...]
    latents: np.ndarray | None = None

    @property
    def combination(self) -> Combination:
        """How levels make up a latent: groups of columns where their dimensions add up to it, else a sum."""
        if len(self.codebooks) == 1:
            return "single"
        dims = [book.codebook_dim for book in self.codebooks]
        return "concatenate" if self.latents is not None and self.latents.shape[1] == sum(dims) else "sum"


def read_belongings(codebook: str | Path, latents: str | Path | None, metric: str = "euclidean") -> Belongings:
    """Codebooks and latents that fit each other. Raises RecordError if they do not."""
    books = read_codebooks(codebook, metric)
    if latents is None:
        return Belongings(books)
    path = Path(latents)
    with damage_in_words(f"{path.name!r} is no array of numpy with latents (.npy), or is damaged."):
        table = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(table, np.ndarray) or table.ndim < 2 or table.dtype.kind != "f" or not table.size:
        raise RecordError(f"{path.name!r} must hold latents (N, D) as floats, in an .npy.")
    found = Belongings(books, table.reshape(-1, table.shape[-1]))
    dims = [book.codebook_dim for book in books]
    if found.combination != "concatenate" and any(dim != table.shape[-1] for dim in dims):
        raise RecordError(f"The latents have {table.shape[-1]} dimensions, the codes {' and '.join(map(str, dims))}.")
    return found


class LatentCounter:
    """The latents of one level as they are counted: error by code, norms, and a seeded sample."""

    def __init__(self, codebook: Codebook, seed: tuple[int, int]) -> None:
        self._book, self._random = codebook, np.random.default_rng(seed)
        self._squared, self._counts = np.zeros(codebook.codebook_size), np.zeros(codebook.codebook_size, np.int64)
        self._sample, self._norms = LatentSample(codebook.codebook_dim), []
        self.not_finite = 0

    def add(self, latents: np.ndarray, codes: np.ndarray) -> None:
        """latents (n, D) float32 and codes (n,) of tokens that are no padding."""
        rows = self._book.rows(codes).astype(np.float64)
        given = latents.astype(np.float64)
        whole = np.isfinite(given).all(axis=1)
        self.not_finite += int(np.count_nonzero(~whole))
        if self._book.metric == "cosine":
            given, rows = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (given, rows))
        with np.errstate(invalid="ignore"):
            squared = np.square(given - rows).sum(axis=1)
        known = whole & np.isfinite(squared)
        np.add.at(self._squared, codes[known], squared[known])
        np.add.at(self._counts, codes[known], 1)
        if whole.any():
            norms = np.linalg.norm(latents[whole].astype(np.float64), axis=1)
            self._norms.append((len(norms), norms.mean(), norms.var(), norms.max()))
        self._sample.add(self._random.random(len(codes))[whole], latents[whole], codes[whole])

    def parts(self) -> dict[str, object]:
        """error, latents, latent_codes, latent_norm and not_finite of a LevelAudit."""
        error = np.full(len(self._counts), np.nan)
        np.divide(self._squared, self._counts, out=error, where=self._counts > 0)
        latents, codes = self._sample.sample()
        return {"error": error, "latents": latents, "latent_codes": codes, "latent_norm": self._norm()} | {
            "not_finite": self.not_finite
        }

    def _norm(self) -> tuple[float, float, float] | None:
        """Mean, standard deviation and maximum over all parts."""
        if not self._norms:
            return None
        n, mean, variance, highest = np.array(self._norms).T
        middle = float((n * mean).sum() / n.sum())
        return middle, math.sqrt((n * (variance + np.square(mean - middle))).sum() / n.sum()), float(highest.max())


class LatentCounters:
    """All levels: each is given what the levels before it leave, or its own columns."""

    def __init__(self, belongings: Belongings) -> None:
        self._of, self._latents = belongings, belongings.latents
        self.levels = [LatentCounter(book, (0, number)) for number, book in enumerate(belongings.codebooks)]
        self._done = 0

    def add(self, codes: Sequence[np.ndarray], masks: Sequence[np.ndarray | None]) -> None:
        """The next tokens: codes (n,) of each level, and masks (n,) False where there is padding.

        Raises RecordError where there are fewer latents than tokens.
        """
        self._fits(self._done + len(codes[0]), len(self._latents) >= self._done + len(codes[0]))
        for start in range(0, len(codes[0]), ROWS):
            stop = min(start + ROWS, len(codes[0]))
            given = np.asarray(self._latents[self._done + start : self._done + stop], np.float32)
            column = 0
            for level, book, own, mask in zip(self.levels, self._of.codebooks, codes, masks, strict=True):
                some = own[start:stop]
                there = slice(None) if mask is None else mask[start:stop]
                if self._of.combination == "concatenate":
                    level.add(given[:, column : column + book.codebook_dim][there], some[there])
                    column += book.codebook_dim
                else:
                    level.add(given[there], some[there])
                    given = given - book.rows(some).astype(np.float32)
        self._done += len(codes[0])

    def _fits(self, tokens: int, fits: bool) -> None:
        if not fits:
            many = count_of(tokens, "token") + (" or more" if tokens > len(self._latents) else "")
            there = len(self._latents)
            told = f"There {is_are(there)} {count_of(there, 'latent')}"
            raise RecordError(f"{told}, and {many} on each level (with padding).")

    def add_to(self, levels: Sequence[LevelAudit]) -> tuple[LevelAudit, ...]:
        """The levels with what their latents showed. Raises RecordError if latents are left over."""
        self._fits(self._done, self._done == len(self._latents))
        return tuple(replace(level, **of.parts()) for level, of in zip(levels, self.levels, strict=True))
