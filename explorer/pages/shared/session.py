"""Visit: everything that a visitor chose, as a link can hold it.

An uploaded picture lives in a temporary file of this server, so a link can name that there was one but not bring it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from explorer.foundation.config import FIGURE_SIDE_PX
from explorer.media.medium import NOUNS
from explorer.media.samples import PICTURES, SAMPLES, samples_of
from explorer.views.inspect.view import MODES

SIDES_PX = (FIGURE_SIDE_PX, 512, 1024)
MAP_KINDS = ("pca", "umap", "lattice", "plane", "slice")
DEFAULT_SAMPLE = next(iter(PICTURES))
UPLOADED = "uploaded"
ONE = {
    "image": "picture",
    "audio": "sound",
    "video": "clip",
    "series": "series",
    "graph": "graph",
    "vectors": "table",
}  # a modality in words


@dataclass(frozen=True)
class Visit:
    """picture: a sample's id, or "uploaded" with the file in `upload`. Levels, codes and tokens count from 0.

    modality: of that medium, which may as well be a sound or a clip; "" for an upload nobody has looked into yet.
    before: (modality, picture, upload) of the media of other modalities that were shown last.

    side_px: longest side given to the tokenizer. from_s: second at which an uploaded sound begins. mode: which levels
    are decoded. map_kind: of the codebook map.
    """

    picture: str = DEFAULT_SAMPLE
    tokenizer: str = ""
    side_px: int = SIDES_PX[0]
    level: int = 0
    mode: str = "all"
    code: int | None = None
    token: int | None = None
    map_kind: str | None = None
    upload: str | None = None
    turn: int = 0  # of the work that made what is shown, so that later work can tell whether it still is
    modality: str = "image"
    before: tuple[tuple[str, str, str | None], ...] = ()
    from_s: int = 0

    def at_rest(self) -> Visit:
        """The same choices with nothing selected: another picture or tokenizer has other codes."""
        return replace(self, level=0, mode="all", code=None, token=None)

    def query(self) -> dict[str, str]:
        """What the address bar shows of this visit: only what differs from the default."""
        shown = {
            "picture": self.picture,
            "tokenizer": self.tokenizer,
            "side": str(self.side_px),
            "from": str(self.from_s),
            "mode": self.mode,
        }
        usual = {"mode": "all", "from": "0"}
        return {name: value for name, value in shown.items() if value and usual.get(name) != value}


def tell_lost(what: str) -> str:
    """Why what a link names is not here, also to the visitor who had it on this page until they loaded it anew."""
    return (
        f"The {what} of this link did not travel with it: what is your own stays in its tab, until that is closed or "
        "loaded anew."
    )


def visit_from_query(query: Mapping[str, str], tokenizers: list[str]) -> tuple[Visit, list[str]]:
    """The visit that a link asks for, and what of it could not be had, in plain words.

    A link may be old, cut or made up: whatever does not hold falls back to the default, and is said.
    """
    visit = Visit(tokenizer=tokenizers[0] if tokenizers else "")
    said: list[str] = []
    picture = query.get("picture", visit.picture)
    if picture in SAMPLES:
        visit = replace(visit, picture=picture, modality=SAMPLES[picture].modality)
    elif picture == UPLOADED:
        said.append(f"{tell_lost('file')} Choose it again.")
    else:
        said.append("The link names a sample that is not here; the first one is shown.")
    tokenizer = query.get("tokenizer", visit.tokenizer)
    if tokenizer in tokenizers:
        visit = replace(visit, tokenizer=tokenizer)
    elif tokenizer:
        said.append("The link names a tokenizer that is not here; the first one is shown.")
    if query.get("mode") in MODES:
        visit = replace(visit, mode=query["mode"])
    if query.get("map") in MAP_KINDS:
        visit = replace(visit, map_kind=query["map"])
    side = whole_number(query.get("side"))
    if side in SIDES_PX:
        visit = replace(visit, side_px=side)
    return replace(
        visit,
        level=level_of(query),
        code=whole_number(query.get("code")),
        token=whole_number(query.get("token")),
    ), said


def suit(visit: Visit, modality: str) -> tuple[Visit, str]:
    """The visit with a medium of that modality, and why it changed, in plain words; itself and "" if it has one.

    The last one shown, or the first sample. Without any the visit stays, and making it fit will say so.
    """
    if visit.modality == modality:
        return visit, ""
    kept = {kind: (picture, upload) for kind, picture, upload in visit.before}
    first = next(iter(samples_of(modality)), None)
    if modality not in kept and first is None:
        return visit, ""
    picture, upload = kept.pop(modality, (first, None))
    if visit.modality:
        kept[visit.modality] = (visit.picture, visit.upload)
    before = tuple((kind, *one) for kind, one in kept.items())
    noun, old = ONE.get(modality, modality), ONE.get(visit.modality, "medium")
    takes, kept_for = (NOUNS.get(one, "media") for one in (modality, visit.modality))
    words = (
        f"This tokenizer takes {takes}, so a {noun} is shown. Your {old} comes back with a tokenizer for {kept_for}."
    )
    return replace(visit, picture=picture, upload=upload, from_s=0, modality=modality, before=before), words


def level_of(query: Mapping[str, str]) -> int:
    """The level that a link names, from 0: `level_no` counts from 1, as every page does; `level` of older links from 0.

    Two names, since a number alone would not say from where it counts; `views/kit/wire/level.js` writes the first.
    """
    named = whole_number(query.get("level_no"))
    return named - 1 if named else whole_number(query.get("level")) or 0


def whole_number(text: str | None) -> int | None:
    """A short string of digits as int, else None."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 9 else None
