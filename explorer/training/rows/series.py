"""`python -m explorer train NAME` for tokenizers of rows: fit them to series that the project makes itself.

There is no network: FAST learns its merges and scales, quantizers over windows learn their codes. Data are made by
formula (`media.rows.synthetic`) from seeds, so that one command makes the same tokenizer again on any machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.config import settings
from explorer.foundation.device import device_label
from explorer.foundation.files import check_folder, write_atomically
from explorer.foundation.numerals import whole_option
from explorer.joints.columns import Column
from explorer.media.rows.series import QUANTILES, LoadedSeries, fit_series
from explorer.media.rows.synthetic import arm_actions, body_motion
from explorer.quantizers.build import build_quantizer
from explorer.quantizers.fast import CosineRounding
from explorer.quantizers.fast_merges import learn_merges
from explorer.tokenizers.rows.checkpoint import load_rows, save_rows
from explorer.tokenizers.rows.tokenizer import SeriesTokenizer
from explorer.training.rows.card import card_text
from explorer.training.rows.figures import measure

HELD_OUT_FROM = 10_000  # seeds; those of the samples are behind them
LICENCE = "MIT, as this project: fitted to series that it makes by formula"
SEED, BATCH = 0, 4096
OPTIONS = {
    "update": "ema",
    "initialization": {"name": "kmeans", "iterations": 25},
    "reseeding": {"strategy": "random_latent", "threshold": 0.05, "every": 20},
}


@dataclass(frozen=True)
class RowRecipe:
    """kind: "fast" or "windows". rows: of a chunk or a window. data: what it is fitted to, a key of DATA each."""

    title: str
    summary: str
    kind: str
    rows: int
    quantizer: str
    config: Mapping
    data: tuple[str, ...]
    series: int = 300  # of each kind of data
    held_out: int = 40
    steps: int = 600


ROW_ZOO: dict[str, RowRecipe] = {
    "fast-actions": RowRecipe(
        "FAST, robot actions",
        "Cosine transform of each second, rounded to integers, joined by byte-pair merges; no network (FAST, 2025).",
        "fast",
        50,
        "fast",
        {"chunk": 50, "scale": 10.0, "limit": 96, "vocabulary": 1024},
        ("arm",),
    ),
    "series-vq": RowRecipe(
        "VQ over windows",
        "Ten rows of one column are one token: the nearest of 512 shapes, learned by EMA; no network.",
        "windows",
        10,
        "vq",
        {"dim": 10, "codebook_size": 512, "options": OPTIONS},
        ("arm", "body"),
    ),
    "series-rvq": RowRecipe(
        "RVQ over windows, 4 levels",
        "Ten rows of one column are four tokens, each for what the one before left over; no network.",
        "windows",
        10,
        "rvq",
        {"dim": 10, "codebook_size": 128, "options": OPTIONS, "num_quantizers": 4},
        ("arm", "body"),
    ),
}
SECONDS = 4.0  # of a series
DATA: dict[str, tuple[str, Callable[[int, float], LoadedSeries]]] = {
    "arm": ("made actions of a robot arm, 7 joints at 50 Hz", arm_actions),
    "body": ("made gaits of a body, 11 joints at 30 Hz", body_motion),
}


def made_series(recipe: RowRecipe, first: int, count: int) -> list[list[LoadedSeries]]:
    """`count` series of each kind of the recipe's data, of the seeds from `first` on."""
    return [[DATA[kind][1](first + seed, SECONDS) for seed in range(count)] for kind in recipe.data]


def fitted_columns(series: Sequence[Sequence[LoadedSeries]]) -> tuple[Column, ...]:
    """The columns of each kind, scaled so that the 1st and 99th percentile of all its series are -1 and 1."""
    columns = []
    for kind in series:
        values = np.concatenate([one.values for one in kind])
        for place, column in enumerate(kind[0].columns):
            low, high = np.quantile(values[:, place], QUANTILES)
            offset, spread = round(float(low + high) / 2, 6), round(float(high - low) / 2, 6)
            columns.append(dataclasses.replace(column, offset=offset, spread=spread))
    return tuple(columns)


def fit_fast(recipe: RowRecipe, series: Sequence[np.ndarray]) -> tuple[dict[str, Tensor], dict]:
    """Merges and counts of integers over the chunks of series (T, D); the tables, and the config of the quantizer."""
    rounding = CosineRounding(recipe.rows, recipe.config["scale"], recipe.config["limit"])
    size, counts, chunks = rounding.rule.codebook_size, 0, []
    for values in series:
        indices = rounding.indices_of(rounding.transform(torch.from_numpy(values.T.astype(np.float32))[None]))[
            0
        ].numpy()
        counts = counts + np.bincount(indices.reshape(-1), minlength=size)
        parts = indices.reshape(len(indices), -1, recipe.rows)  # (D, C, n)
        chunks += [parts[:, number].T.reshape(-1) for number in range(parts.shape[1])]
    merges = learn_merges(chunks, size, recipe.config["vocabulary"] - size)
    tables = {"merges": torch.from_numpy(merges.pairs.astype(np.int32)), "counts": torch.from_numpy(counts).float()}
    config = {name: recipe.config[name] for name in ("chunk", "scale", "limit")}
    return tables, config | {"merges": len(merges.pairs)}


def fit_windows(recipe: RowRecipe, series: Sequence[np.ndarray]) -> tuple[dict[str, Tensor], dict]:
    """The codes of a quantizer over windows of each column; the tables, and the config of the quantizer."""
    torch.manual_seed(SEED)
    windows = np.concatenate([values.T.reshape(-1, recipe.rows) for values in series]).astype(np.float32)
    quantizer = build_quantizer(recipe.quantizer, recipe.config).train()
    rng = np.random.default_rng(SEED)
    with torch.no_grad():
        for step in range(recipe.steps):
            many = len(windows) if step == 0 else BATCH  # k-means begins on all of them
            chosen = windows[rng.integers(len(windows), size=min(many, 8 * BATCH))]
            quantizer(torch.from_numpy(chosen))
    return quantizer.state_dict(), dict(recipe.config)


def config_of(name: str, recipe: RowRecipe, quantizer: Mapping, columns: Sequence[Column], training: Mapping) -> dict:
    """config.json before the measurements."""
    fast = recipe.kind == "fast"
    levels = recipe.config.get("num_quantizers", 1)
    return {
        "format": 1,
        "id": name,
        "title": recipe.title,
        "summary": recipe.summary,
        "modality": "series",
        "healthy": True,
        "quantizer": {"id": recipe.quantizer, "config": dict(quantizer)},
        "architecture": {"kind": recipe.kind, "rows": recipe.rows},
        "codebook_size": 2 * recipe.config["limit"] + 1 if fast else recipe.config["codebook_size"],
        "codebook_dim": 1 if fast else recipe.rows,
        "num_quantizers": levels,
        "combination": "sum" if levels > 1 else "single",
        "downsampling": 1 if fast else recipe.rows,
        "parameters": 0,
        "licence": LICENCE,
        "columns": [dataclasses.asdict(column) for column in columns],
        "training": dict(training),
    }


def scale_series(series: Sequence[Sequence[LoadedSeries]], columns: Sequence[Column], rows: int) -> list[LoadedSeries]:
    """All series, as a tokenizer that was fitted on those columns takes them."""
    return [fit_series(one, columns, rows) for kind in series for one in kind]


def main(argv: list[str]) -> int:
    """Fit, write, measure what was written on held-out series, and write the card."""
    parser = argparse.ArgumentParser(prog="python -m explorer train", description="Fit a tokenizer of rows.")
    parser.add_argument("name", choices=list(ROW_ZOO))
    parser.add_argument("--series", type=whole_option, help="series of each kind to fit to (default: the recipe's)")
    parser.add_argument("--held-out-series", type=whole_option, help="series of each kind to measure on")
    parser.add_argument("--steps", type=whole_option, help="steps of EMA over windows")
    parser.add_argument("--out", type=Path, help="folder of checkpoints (default: the app's)")
    options = parser.parse_args(argv)
    given = {"series": options.series, "held_out": options.held_out_series, "steps": options.steps}
    recipe = dataclasses.replace(ROW_ZOO[options.name], **{key: value for key, value in given.items() if value})
    folder = (options.out or settings().checkpoints) / options.name
    check_folder(folder)
    begin = time.perf_counter()
    series = made_series(recipe, 0, recipe.series)
    columns = fitted_columns(series)
    values = [one.values for one in scale_series(series, columns, recipe.rows)]
    tables, quantizer = (fit_fast if recipe.kind == "fast" else fit_windows)(recipe, values)
    training = {
        "data": " and ".join(DATA[kind][0] for kind in recipe.data),
        "series": sum(len(kind) for kind in series),
        "held_out": f"{recipe.held_out} other series of each kind, by other seeds",
        "seconds_each": SECONDS,
        "seed": SEED,
        "hardware": device_label(torch.device("cpu")),
        "seconds": round(time.perf_counter() - begin, 1),
    } | ({} if recipe.kind == "fast" else {"steps": recipe.steps, "batch": BATCH})
    config = config_of(options.name, recipe, quantizer, columns, training)
    save_rows(folder, tables, _json(config))
    config["measured"] = measured_values(load_rows(folder, "cpu"), recipe, columns)
    write_atomically(folder / "config.json", _json(config).encode())
    write_atomically(folder / "card.md", card_text(config).encode())
    print(f"wrote {folder}: {config['measured']}", flush=True)
    return 0


def measured_values(tokenizer: SeriesTokenizer, recipe: RowRecipe, columns: Sequence[Column]) -> dict[str, float]:
    """The figures of the card, over held-out series."""
    held = made_series(recipe, HELD_OUT_FROM, recipe.held_out)
    return measure(tokenizer, scale_series(held, columns, recipe.rows))


def _json(config: Mapping) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False) + "\n"
