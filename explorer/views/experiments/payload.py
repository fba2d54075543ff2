"""What the page of experiments sends to the browser: one experiment, read across its media."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from explorer.analysis.experiments.across_media import MediumRow, Spread, extremes, rows_of, sentences
from explorer.foundation.words import count_of
from explorer.joints.experiment import Experiment
from explorer.media.medium import NOUNS

# Measure -> its column, the words below the table, and how it is written.
COLUMNS = {
    "used": ("Codes in use", "codes with a token among those drawn", "count"),
    "perplexity": ("Perplexity", "exp of the entropy of the counts, at most min(K, N)", "number"),
    "largest": ("Largest code", "share of the tokens that the most used code has", "percent"),
    "repeated": ("As before", "share of tokens with the code of the one before: in time, or to the left", "percent"),
    "dimension": ("Dimension", "effective dimension of the latents: participation ratio of their variances", "number"),
    "code_error": ("Code error", "squared distance of latents to their codes, of the variance of latents", "percent"),
    "bits": ("Bits a token", "log2(K), over all levels", "plain"),
    "psnr_db": ("PSNR, dB", "mean over the held-out pictures", "decibel"),
    "ssim": ("SSIM", "mean over the held-out pictures", "fine"),
    "gradient_ratio": ("Gradient length", "at the latents, of that at their codes", "fine"),
    "gradient_cosine": ("Gradient cosine", "of the gradients at latents and at codes", "fine"),
    "gradient_bias": ("Cosine to bare", "of the gradients with and without the quantizer", "fine"),
    "accuracy": (
        "Read from tokens",
        "held out and put into the right class by a linear classifier",
        "percent",
    ),
    "accuracy_of_latents": ("Read from latents", "the same from the latents before the quantizer", "percent"),
    "media_error": ("Lost", "squared error of the decode, of the variance of the held-out media", "percent"),
    "cost": ("Lost to codes", "what is lost more than without a quantizer, in points of the variance", "points"),
}


def experiment_payload(experiment: Experiment) -> dict[str, Any]:
    """Everything that the page shows in words and figures; its charts are asked for one by one."""
    rows = rows_of(experiment)
    columns = [key for key in COLUMNS if any(key in row.measures for row in rows)]
    return {
        "id": experiment.id,
        "title": experiment.title,
        "question": experiment.question,
        "sentences": list(sentences(experiment) if len(experiment.modalities) > 1 else extremes(experiment)),
        "conditions": [{"title": one.title, "about": one.about} for one in experiment.conditions],
        "columns": [{"key": key, "title": COLUMNS[key][0], "words": COLUMNS[key][1]} for key in columns],
        "rows": [_row(row, columns) for row in rows],
        "charts": list(experiment.charts),
        "made": _made(experiment),
        "command": experiment.command,
        "seeds": len(experiment.seeds),
    }


def _row(row: MediumRow, columns: Sequence[str]) -> dict[str, Any]:
    texts = {key: _text(row.measures.get(key), COLUMNS[key][2]) for key in columns}
    if row.quantized:
        texts["used"] = f"{texts['used']} of {row.codes:,}"
    shown = ("level", "title", "text", "try", "sure")
    return {
        "medium": NOUNS[row.modality],
        "condition": row.title,
        "quantized": row.quantized,
        "tokens": row.tokens,
        "texts": texts,
        "values": {key: None if (one := row.measures.get(key)) is None else _finite(one.mean) for key in columns},
        "findings": [{name: str(one.get(name, "")) for name in shown} for one in row.findings],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _text(spread: Spread | None, form: str) -> str:
    """ "12 to 15", "34%"; a dash for what does not apply."""
    if spread is None or not spread.told:
        return "\N{EN DASH}"
    low, high = _written(spread.low, form), _written(spread.high, form)
    return low if low == high else f"{low} to {high}"


def _written(value: float, form: str) -> str:
    if form == "count":
        return f"{value:,.0f}"
    if form == "percent":
        return f"{value:.1%}"
    forms = {"plain": "g", "decibel": ".2f", "fine": ".3f"}
    return f"{100 * value:+.1f}" if form == "points" else f"{value:{forms.get(form, ',.1f')}}"


def _time_of(seconds: float) -> str:
    """ "26 seconds", "12 minutes"."""
    return f"{seconds:,.0f} seconds" if seconds < 100 else f"{seconds / 60:,.0f} minutes"


def _made(experiment: Experiment) -> list[str]:
    """How it was made, in sentences."""
    one, shared = experiment.runs[0], experiment.settings
    media = {NOUNS[run.modality]: run for run in experiment.runs}
    seconds, of_one = sum(run.seconds for run in experiment.runs), "codebook_size" in shared
    lines = [
        f"{shared.get('steps', 0):,} steps of {shared.get('tokens_a_step', 0):,} tokens at the learning rate "
        f"{shared.get('learning_rate')}, the same for all."
        + (f" K = {shared['codebook_size']}, D = {shared['codebook_dim']}, beta = {shared['beta']}." if of_one else ""),
        f"{len(experiment.runs):,} trainings, {_time_of(seconds)} in all, on {experiment.hardware}.",
    ]
    lines += [
        f"{noun[:1].upper()}{noun[1:]}: {run.data}; measured on {run.measured['held_out']:,} held out ({run.held_out})."
        for noun, run in media.items()
    ]
    lines.append(
        f"Usage is counted over {count_of(int(one.measured.get('tokens', 0)), 'token')} each, drawn at random."
    )
    return lines
