"""The inspect view: picture with token grid, tokens by code, codebook map and usage, linked in the browser.

`payload` turns a TokenRecord and its maps into the one JSON string that inspect/view.js reads. Letters of the shapes:
N tokens, K codebook_size, n codes drawn on a map, H and W pixels.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.codes.definitions import help_for
from explorer.analysis.codes.voronoi import Box
from explorer.analysis.maps.codes import has_umap
from explorer.foundation.errors import RecordError, SettingsError
from explorer.joints.measures.tuples import graph_tokens, telling_node
from explorer.joints.measures.usage import training_usage
from explorer.joints.record import TokenLevel, TokenRecord
from explorer.joints.table_faults import one_point, table_fault
from explorer.media.clips.mosaic import mosaic_shape
from explorer.views.kit.wire import places
from explorer.views.kit.wire.encoding import image_bytes, lossless_data_url, pack, pack_indices

HELP = ("tokens", "used", "ceiling", "perplexity", "training", "fit")
MODES = ("all", "solo", "mute", "cumulative")
LOSSLESS_PIXELS = 512 * 512  # larger pictures travel as JPEG: only what is looked at, never what is measured
PROMINENT, FLAT = 32, 0.05  # codes that may be the first that is open; standard deviation of a patch that shows nothing
MOST_OBLONG = 4  # a wrapped grid may be so many times wider than high
MAP_TITLES = {"pca": "PCA", "umap": "UMAP", "lattice": "Lattice", "plane": "2-D", "slice": "Slice"}


@dataclass(frozen=True)
class Raster:
    """Nearest-code regions of a named 2-D slice of the latent space, drawn behind the points.

    codes: (rows, columns) integers, rows from y_min up, columns from x_min up. extent: x_min, x_max, y_min, y_max.
    """

    codes: np.ndarray
    extent: tuple[float, float, float, float]


@dataclass(frozen=True)
class CodeMap:
    """One plane of one level's codebook: codes (n,) integers at xy (n, 2), y upwards.

    kind: "pca", "umap", "lattice", "plane" (a codebook that is truly 2-D) or "slice". caption: what was fitted and
    what the picture does not say, for the screen. box (x_min, x_max, y_min, y_max): inside it the browser cuts the
    exact Voronoi cells of the codes; only for "plane". The first map of a level gives its codes their colours, so it
    should not change while others arrive.
    """

    level: int
    kind: str
    codes: np.ndarray
    xy: np.ndarray
    caption: str
    box: Box | None = None
    raster: Raster | None = None

    def __post_init__(self) -> None:
        if self.kind not in MAP_TITLES:
            raise SettingsError(f"map kind {self.kind!r} is none of {', '.join(MAP_TITLES)}")
        n = len(self.codes)
        if np.shape(self.xy) != (n, 2) or not np.isfinite(self.xy).all():
            raise RecordError(f"a map of {n} codes needs finite xy of shape ({n}, 2), got {np.shape(self.xy)}")
        if self.box is not None and self.kind != "plane":
            raise RecordError(f"only a true plane has Voronoi cells, not a map of kind {self.kind}")


@dataclass(frozen=True)
class Selection:
    """What is pinned when a picture first shows (from the address bar). All count from 0; code None: nothing."""

    level: int = 0
    code: int | None = None
    token: int | None = None


def payload(
    record: TokenRecord,
    title: str,
    maps: Sequence[CodeMap] = (),
    mode: str = "all",
    selected: Selection | None = None,
    progress: str = "",
    map_kind: str | None = None,
    medium: TokenRecord | None = None,
    decodes: bool = True,
) -> str:
    """The value of the inspect view for a picture's record.

    title: of the tokenizer. progress: a line such as "UMAP: 40%" while a map is still being made, "" when done.
    map_kind: the map to show first (from the address bar), as soon as it is there.
    medium: the record of the sound or clip that `record` is the picture of (`analysis.depiction`). decodes: whether
    there is a decoder, and so something to choose levels for.
    A later value of the same record (`maps_payload`) keeps zoom and selection in the browser.
    Raises RecordError if the record is not a picture or a map does not fit it, SettingsError for an unknown mode.
    """
    if record.modality != "image" or record.media.ndim != 3:
        raise RecordError(f"the inspect view shows pictures, not {record.modality}")
    if mode not in MODES:
        raise SettingsError(f"mode {mode!r} is none of {', '.join(MODES)}")
    levels = [_level(level) for level in record.levels]
    picture = _picture(record.media)
    choice = _checked_selection(selected or Selection(), record)
    data = {
        "key": key_of(record, title),
        "title": title,
        "picture": picture,
        "placed": all(level.layout.kind == "grid2d" for level in record.levels),
        "place": places.places_of(medium or record),
        "about": places.about(medium or record),
        "combination": record.combination,
        "decodes": decodes,
        "notes": list(record.notes),
        "levels": levels,
        "maps": [_map(code_map, record) for code_map in maps],
        "mode": mode,
        "selected": {"level": choice.level, "code": choice.code, "token": choice.token},
        "opened": opened_token(medium or record, record, choice.level) if choice.code is None else None,
        "progress": progress,
        "map_kind": map_kind,
        "help": help_for(HELP, record.levels[0].codebook),
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def maps_payload(record: TokenRecord, title: str, maps: Sequence[CodeMap] | None, progress: str = "") -> str:
    """What changes while maps are made, for the record that is shown: the maps, None for those that are there, and how
    far the next one is. Neither the picture nor its tokens are sent again.
    """
    changes: dict[str, object] = {"key": key_of(record, title), "progress": progress}
    if maps is not None:
        changes["maps"] = [_map(code_map, record) for code_map in maps]
    return json.dumps(changes, separators=(",", ":"), allow_nan=False)


def first_token(level: TokenLevel, media: np.ndarray) -> int:
    """The token that is open while nobody has chosen one: of the most used code here, the nearest to the middle.

    A code that stands for nothing but black, white or silence there shows little, so that the next one is taken; of the
    PROMINENT first. media: what the tokens are of.
    """
    indices = level.indices.reshape(-1)  # (N,)
    codes, counts = np.unique(indices, return_counts=True)
    rows, columns = grid_shape(level)
    first = None
    for code in codes[np.argsort(-counts, kind="stable")[:PROMINENT]]:
        places = np.flatnonzero(indices == code)
        row, column = np.divmod(places, columns)
        token = int(places[np.hypot(row - (rows - 1) / 2, column - (columns - 1) / 2).argmin()])
        first = token if first is None else first
        region = level.layout.region(token)
        if region is None or media[region].std() > FLAT:
            return token
    return first


def opened_token(medium: TokenRecord, picture: TokenRecord, level: int) -> dict[str, int]:
    """{"token", "code"} that are open while nobody has chosen any. picture: of the medium's record; of a graph a node
    that shows what its tuple is."""
    chosen = picture.levels[level]
    token = telling_node(graph_tokens(medium)) if medium.modality == "graph" else first_token(chosen, picture.media)
    return {"token": token, "code": int(chosen.indices.reshape(-1)[token])}


def _picture(pixels: np.ndarray) -> dict[str, object]:
    """pixels (H, W, 3) -> data URL and size; pictures over LOSSLESS_PIXELS as JPEG, said so in `note`."""
    height, width = pixels.shape[:2]
    if height * width <= LOSSLESS_PIXELS:
        return {"url": lossless_data_url(pixels), "width": width, "height": height, "note": ""}
    data = base64.b64encode(image_bytes(pixels, "JPEG", quality=92, subsampling=0)).decode("ascii")
    note = "Shown as JPEG to save bytes; the tokens were made from the exact pixels."
    return {"url": "data:image/jpeg;base64," + data, "width": width, "height": height, "note": note}


def grid_shape(level: TokenLevel) -> tuple[int, int]:
    """Rows and columns to draw a level's tokens in: the layout's own, else a near-square wrap in reading order."""
    if level.layout.kind == "grid2d":
        return level.layout.shape  # type: ignore[return-value]
    tokens = level.layout.num_tokens
    rows, columns = mosaic_shape(tokens)
    if columns <= MOST_OBLONG * rows:  # without an empty place, as the editor lays them
        return rows, columns
    columns = math.ceil(math.sqrt(tokens))
    return math.ceil(tokens / columns), columns


def _level(level: TokenLevel) -> dict[str, object]:
    rows, columns = grid_shape(level)
    book = level.codebook
    trained = training_usage(book)
    return {
        "rows": rows,
        "cols": columns,
        "K": book.codebook_size,
        "D": book.codebook_dim,
        "metric": book.metric,
        "indices": pack_indices(level.indices.reshape(-1), book.codebook_size),
        "training": None
        if trained is None
        else {
            "tokens": pack(trained.tokens.astype(np.float32)),
            "words": trained.words,
            "averaged": bool(trained.steps),
        },
        "umap": has_umap(book),
        "fault": table_fault(book.vectors) if book.vectors is not None and one_point(book.vectors) else "",
    }


def _map(code_map: CodeMap, record: TokenRecord) -> dict[str, object]:
    if not 0 <= code_map.level < len(record.levels):
        raise RecordError(f"a map of level {code_map.level} does not fit a record of {len(record.levels)} levels")
    size = record.levels[code_map.level].codebook.codebook_size
    codes = np.asarray(code_map.codes)
    everything = len(codes) == size and bool((codes == np.arange(size)).all())  # the usual case needs no list
    return {
        "level": code_map.level,
        "kind": code_map.kind,
        "title": MAP_TITLES[code_map.kind],
        "caption": code_map.caption,
        "codes": None if everything else pack_indices(codes, size),
        "xy": pack(np.asarray(code_map.xy, np.float32)),
        "box": code_map.box,
        "raster": None if code_map.raster is None else _raster(code_map.raster, size),
    }


def _raster(raster: Raster, size: int) -> dict[str, object]:
    """Row 0 becomes the top, as a canvas has it."""
    return {"codes": pack_indices(np.asarray(raster.codes)[::-1], size), "extent": [float(x) for x in raster.extent]}


def _checked_selection(selected: Selection, record: TokenRecord) -> Selection:
    """`selected` as far as it fits the record: an old link may name a level, code or token that is not there."""
    if not 0 <= selected.level < len(record.levels):
        return Selection()
    level = record.levels[selected.level]
    if selected.token is not None and 0 <= selected.token < level.layout.num_tokens:
        code = int(level.indices.reshape(-1)[selected.token])
        if selected.code in (None, code):
            return Selection(selected.level, code, selected.token)
    if selected.code is not None and 0 <= selected.code < level.codebook.codebook_size:
        return Selection(selected.level, selected.code)
    return Selection(selected.level)


def key_of(record: TokenRecord, title: str) -> str:
    """A short name of this very result: same picture, tokenizer and tokens give the same key."""
    digest = hashlib.blake2b(digest_size=12)
    for part in (title, record.tokenizer_id, str(record.media.shape)):
        digest.update(part.encode())
    digest.update(np.ascontiguousarray(record.media))
    for level in record.levels:
        digest.update(np.ascontiguousarray(level.indices, np.int64))
    return digest.hexdigest()
