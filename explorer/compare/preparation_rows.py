"""A series, a table of items or a graph made ready to be compared: each tokenizer is given it scaled as it takes
it, and is judged in the units of the file.

Letters of the shapes: T rows, D columns, N items, L levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

from explorer.compare.details import Detail
from explorer.compare.details_rows import column_errors, id_agreement, prefix_coverage, reach_of_anchors, shared_tuples
from explorer.compare.preparation import Judgement, Preparation
from explorer.compare.quality_rows import (
    GraphQuality,
    ItemsQuality,
    SeriesQuality,
    graph_quality,
    items_quality,
    series_quality,
)
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.columns import in_units
from explorer.joints.measures.items.nearest import NearItems, near_items
from explorer.joints.measures.items.tree import prefix_tree
from explorer.joints.measures.semantic_ids import semantic_ids
from explorer.joints.measures.tuples import graph_tokens
from explorer.joints.record import TokenRecord
from explorer.joints.tokenizer import TokenizerSpec
from explorer.media.fitting import Fitting
from explorer.media.graphs.drawing import SIDE_PX, paint_graph, place_graph
from explorer.media.graphs.graph import LoadedGraph
from explorer.media.medium import fit_medium
from explorer.media.quality.fidelity import WorstPatch
from explorer.media.quality.sound_delay import Delay
from explorer.media.rows.drawing import items_pixels, ranges_of, scale_of, series_pixels, tree_pixels
from explorer.media.rows.items import LoadedItems
from explorer.media.rows.series import LoadedSeries, scale_own

WORST_SHARE = 1 / 12  # of the rows of a series: the stretch that is called the worst
TREE_PX = 36  # the height of a level


class PreparedRows(Preparation):
    """What has no codecs and no pixels: nothing of it is encoded by others."""

    def codec(self, name: str) -> NoReturn:
        raise SettingsError(f"{name} encodes nothing of this kind.")

    def fidelity(self, decoded: np.ndarray) -> NoReturn:
        raise SettingsError("Nothing else is held against what is compared here.")


class PreparedSeries(PreparedRows):
    """reference: (T, D) in the units of its columns; what a tokenizer repeats to fill its last token is not judged."""

    def __init__(self, series: LoadedSeries, specs: Sequence[TokenizerSpec], fitting: Fitting) -> None:
        self.series, self.reference = series, series.values
        self._inputs = {spec.id: fit_medium(series, spec, fitting) for spec in specs}
        rows, columns = self.reference.shape
        own = [scale_own(self.reference[:, place], column) for place, column in enumerate(series.columns)]
        self._half_ranges = np.array([column.spread for column in own])
        self.notes = (*series.notes, *_apart(self._inputs, series.notes, specs))
        self.extent = float(rows)
        rate = {"rate_hz": series.rate_hz} if series.rate_hz else {}
        self.facts = {"rows": rows, "columns": columns, **rate}
        self._ranges = ranges_of(self.reference)
        self.picture = series_pixels(self.reference, self._ranges)

    def given(self, spec: TokenizerSpec) -> np.ndarray:
        return self._inputs[spec.id].values.astype(np.float32)

    def covered(self, spec: TokenizerSpec) -> float:
        return float(len(self._inputs[spec.id].values))

    def judged(self, spec: TokenizerSpec, decoded: np.ndarray, delay: Delay, record: TokenRecord) -> Judgement:
        restored = in_units(decoded, self._inputs[spec.id].columns)[: len(self.reference)]
        return Judgement(restored, record=record)

    def quality(self, judged: Judgement) -> SeriesQuality:
        return series_quality(self.reference, judged.decoded, self._half_ranges)

    def worst(self, judged: Judgement, patch_px: int) -> WorstPatch:
        """The stretch with the largest mean squared error over all columns, each over half its range."""
        squares = np.square((judged.decoded - self.reference) / self._half_ranges).mean(1)  # (T,)
        length = max(1, round(len(squares) * WORST_SHARE))
        sums = np.concatenate([[0.0], squares.cumsum()])
        start = int((sums[length:] - sums[:-length]).argmax())
        height, width = self.picture.shape[:2]
        left, wide = start * width // len(squares), max(1, length * width // len(squares))
        return WorstPatch((0, min(left, width - wide), height, wide), float(squares[start : start + length].mean()))

    def drawn(self, judged: Judgement) -> np.ndarray:
        return series_pixels(judged.decoded, self._ranges)

    def details(self, judged: Mapping[str, Judgement], found: Mapping[str, SeriesQuality]) -> tuple[Detail, ...]:
        return (column_errors(self.series.columns, found),)


class PreparedItems(PreparedRows):
    """Vectors (N, D) of each item."""

    def __init__(self, items: LoadedItems, specs: Sequence[TokenizerSpec], fitting: Fitting) -> None:
        self.items = items
        self._inputs = {spec.id: fit_medium(items, spec, fitting) for spec in specs}
        self.notes = (*items.notes, *_apart(self._inputs, items.notes, specs))
        many, numbers = items.values.shape
        self.extent, self.facts = float(many), {"items": many, "numbers": numbers}
        self._near: dict[int, NearItems | None] = {}
        first = self.given(specs[0])
        self.picture = items_pixels(first, scale_of(first))

    def given(self, spec: TokenizerSpec) -> np.ndarray:
        return self._inputs[spec.id].values.astype(np.float32)

    def covered(self, spec: TokenizerSpec) -> float:
        return self.extent

    def judged(self, spec: TokenizerSpec, decoded: np.ndarray, delay: Delay, record: TokenRecord) -> Judgement:
        return Judgement(decoded, record=record)

    def quality(self, judged: Judgement) -> ItemsQuality:
        record = _record_of(judged)
        numbers = record.media.shape[1]  # tokenizers of as many numbers are given the same
        if numbers not in self._near:
            self._near[numbers] = near_items(record.media)
        return items_quality(record, judged.decoded, self._near[numbers], self.items.labels.get("category", ()))

    def worst(self, judged: Judgement, patch_px: int) -> WorstPatch:
        """The item that is decoded worst."""
        squares = np.square(judged.decoded.astype(np.float64) - _record_of(judged).media).mean(1)
        worst = int(squares.argmax())
        height, width = self.picture.shape[:2]
        each = width // len(squares)
        return WorstPatch((0, worst * each, height, max(1, each)), float(squares[worst]))

    def drawn(self, judged: Judgement) -> np.ndarray:
        record = _record_of(judged)
        ids, sizes = semantic_ids(record), [level.codebook.codebook_size for level in record.levels]
        return tree_pixels(ids, prefix_tree(ids).order, sizes, TREE_PX * len(sizes), self.picture.shape[1])

    def details(self, judged: Mapping[str, Judgement], found: Mapping[str, ItemsQuality]) -> tuple[Detail, ...]:
        records = {name: _record_of(one) for name, one in judged.items()}
        return (prefix_coverage(records), *id_agreement(records))


class PreparedGraph(PreparedRows):
    """Edges (E, 3): all see the same."""

    def __init__(self, graph: LoadedGraph, specs: Sequence[TokenizerSpec], fitting: Fitting) -> None:
        self.graph, self.notes = graph, graph.notes
        nodes, edges = len(graph.names.nodes), int(graph.between.sum())
        self.extent, self.facts = float(nodes), {"nodes": nodes, "edges": edges}
        self._placed = place_graph(graph.edges, None, 400, 2000)
        self.picture = paint_graph(self._placed)

    def given(self, spec: TokenizerSpec) -> np.ndarray:
        return self.graph.edges

    def covered(self, spec: TokenizerSpec) -> float:
        return self.extent

    def judged(self, spec: TokenizerSpec, decoded: np.ndarray, delay: Delay, record: TokenRecord) -> Judgement:
        return Judgement(decoded, record=record)

    def quality(self, judged: Judgement) -> GraphQuality:
        return graph_quality(_record_of(judged))

    def worst(self, judged: Judgement, patch_px: int) -> WorstPatch:
        """Nothing is decoded, so nothing is worst: the whole."""
        return WorstPatch((0, 0, SIDE_PX, SIDE_PX), 0.0)

    def drawn(self, judged: Judgement) -> np.ndarray:
        return paint_graph(self._placed, marked=graph_tokens(_record_of(judged)).anchor_nodes)

    def details(self, judged: Mapping[str, Judgement], found: Mapping[str, GraphQuality]) -> tuple[Detail, ...]:
        tokens = {name: graph_tokens(_record_of(one)) for name, one in judged.items()}
        return reach_of_anchors(tokens), shared_tuples(tokens)


def _record_of(judged: Judgement) -> TokenRecord:
    if judged.record is None:
        raise RecordError("a decode without its tokens cannot be judged here")
    return judged.record


def _apart(inputs: Mapping[str, LoadedSeries | LoadedItems], before: tuple[str, ...], specs: Sequence[TokenizerSpec]):
    """What was done to it for one tokenizer alone; said once where it was done for all."""
    told: dict[str, list[str]] = {}
    for spec in specs:
        for note in inputs[spec.id].notes[len(before) :]:
            told.setdefault(note, []).append(spec.title)
    return tuple(note if len(of) == len(specs) else f"{', '.join(of)}: {note}" for note, of in told.items())
