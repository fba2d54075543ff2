"""Part `half`: every public format with weights by rule, in the precision that the app runs it in, against the CPU.

What must hold: the same codes but for near ties, and a decode of the same codes that is finite and near. On a CPU,
where the app keeps to float32, networks that may run in half precision are made float16 all the same, so that what half
precision loses is seen there, too. Formats whose half precision is off run in float32 on a GPU, and that is compared;
on a CPU they are compared with themselves, and what is seen is that they run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch

from explorer.loading.fill import fill
from explorer.loading.recognition import recognise
from explorer.public import FORMATS
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.precision import halve
from tests.gpu.format_files import Case, cases, medium_of
from tests.gpu.scale import Setting
from tests.gpu.table import Row

# What is asked in float16 and in float32: the share of codes that stay, and how far the error of a decode lies below
# its spread, in dB. That of TF32 would be about 50 dB.
HALF, FULL = (0.7, 30.0), (0.95, 70.0)
EXACT_DB = 120.0  # more is not told apart


def compare_formats(setting: Setting) -> Iterator[Row]:
    """A row for every file of every format, in the order of FORMATS; at small size for the first file of each."""
    files, began = cases(), time.monotonic()
    for format_id in FORMATS:
        for case in files.get(format_id, ())[: setting.scale.files]:
            if time.monotonic() - began > setting.seconds:
                yield Row("half", _what(format_id, case), "no time was left", "", "skipped")
                continue
            try:
                yield row_of(format_id, case, setting)
            except Exception as error:  # each file is a row
                text = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:160]}"
                yield Row("half", _what(format_id, case), text, "runs", "failed")
        if format_id not in files:
            yield Row("half", format_id, "no file of it is written here", "a file", "failed")


def _what(format_id: str, case: Case) -> str:
    return f"{format_id}, {case.name}" if case.name else format_id


def row_of(format_id: str, case: Case, setting: Setting) -> Row:
    """Of one file; what is missing for it is said and skipped."""
    what = _what(format_id, case)
    if missing := case.missing():
        return Row("half", what, f"needs {missing}", "", "skipped")
    folder = setting.folder / "formats" / what.replace(" ", "-").replace(",", "")
    known = recognise(case.header(folder))
    if known.format_id != format_id:
        return Row("half", what, f"its file is taken for {known.format_id}", format_id, "failed")
    here, there = (
        AdaptedTokenizer(fill(known.format, known.header), known.spec, str(device))
        for device in (torch.device("cpu"), setting.device)
    )
    if setting.device.type == "cpu" and there._codec.half_precision:
        there._dtype = halve(there._codec)
    at_least, least_db = HALF if there._dtype == torch.float16 else FULL
    same, words, decibel = _compared(here, there)
    ok = same >= at_least and decibel >= least_db  # NaN is neither
    asked = f"at least {at_least:.0%}" + (f", {least_db:.0f} dB" if here.spec.decodes else "")
    return Row("half", what, f"{_precision(there)}: {words}", asked, "ok" if ok else "failed")


def _precision(tokenizer: AdaptedTokenizer) -> str:
    if not any(True for _ in tokenizer._codec.parameters()):
        return "no network in torch, nothing to halve"
    kind = str(tokenizer._dtype).removeprefix("torch.")
    return kind if tokenizer._codec.half_precision else f"{kind}, its half precision is off"


def _compared(here: AdaptedTokenizer, there: AdaptedTokenizer) -> tuple[float, str, float]:
    """Share of the codes that stay, in words with the decode, and decibels of the
    decode; of none, those of an exact one."""
    medium = medium_of(here.spec)
    one, (levels,) = here.tokenize(medium), there.encode([medium])
    pairs = [(a.indices.ravel(), b.indices.ravel()) for a, b in zip(one.levels, levels, strict=True)]
    mine, theirs = (np.concatenate(side) for side in zip(*pairs, strict=True))
    same = float(np.mean(mine == theirs))
    words = f"{same:.1%} of {len(mine):,} codes as in float32 on the CPU"
    if not here.spec.decodes:
        return same, f"{words}, no decoder", EXACT_DB
    # Of the same codes, so that decoders are compared and not searches.
    decoded = there.decode_levels(one, range(len(one.levels)))
    decibel = below(one.reconstruction, decoded)
    return same, f"{words}, decode of the same codes {decibel:.0f} dB", decibel


def below(expected: np.ndarray, found: np.ndarray) -> float:
    """How far the error of `found` lies below the spread of `expected`, in dB, up to EXACT_DB."""
    expected, found = expected.astype(np.float64), found.astype(np.float64)
    error, spread = np.mean((found - expected) ** 2), expected.var()
    if spread == 0:
        return float("nan")  # nothing can be told from a decode that is one value
    return float(10 * np.log10(spread / max(error, spread * 10 ** (-EXACT_DB / 10))))
