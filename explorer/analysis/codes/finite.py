"""Codes and latents that hold NaN or infinity: a run that diverged, named before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.joints.record import Codebook
from explorer.joints.table_faults import kind_of


def finite_codes(codebook: Codebook) -> np.ndarray:
    """Which codes hold finite numbers only: (K,) bool. Those of a rule always do."""
    if codebook.vectors is None:
        return np.ones(codebook.codebook_size, bool)
    return np.isfinite(codebook.vectors).all(axis=1)


def bad_codes_title(codebook: Codebook, where: str = "") -> str | None:
    """ "12 of 256 codes are NaN: the run diverged", or None if all are finite. where: such as " on level 2"."""
    if codebook.vectors is None or np.isfinite(codebook.vectors).all():
        return None
    bad = ~finite_codes(codebook)
    are = "is" if bad.sum() == 1 else "are"
    return f"{int(bad.sum()):,} of {len(bad):,} codes {are} {kind_of(codebook.vectors[bad])}{where}: the run diverged"


def bad_latents_title(bad: int, tokens: int, where: str = "") -> str | None:
    """The same of latents, of which only numbers are known."""
    if not bad:
        return None
    return f"{bad:,} of {tokens:,} latents hold NaN or infinity{where}: the encoder diverged"


def trouble(codebooks: Sequence[Codebook], latents: Sequence[tuple[str, int, int]] = ()) -> str:
    """All of it in a line, "" if there is nothing. latents: (name of a level, bad ones, tokens), as of Accumulator."""
    several = len(codebooks) > 1
    said = [bad_codes_title(book, f" on level {n + 1}" if several else "") for n, book in enumerate(codebooks)]
    said += [bad_latents_title(bad, tokens, f" on {name}" if name else "") for name, bad, tokens in latents]
    return "; ".join(one for one in said if one)
