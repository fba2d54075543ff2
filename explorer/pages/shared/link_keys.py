"""What a link may say to each page, key by key; what it says that no page knows is told, with what is shown instead.

Media, tokenizers, audits, runs and experiments are looked up by the pages themselves, which say what is not here. Keys
of the page of chapters are read in the browser, since its cards have their own (`views/learn/cards/registry.js`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from explorer.compare.kinds import KINDS
from explorer.pages.shared.session import MAP_KINDS, MODES, SIDES_PX, level_of, whole_number

LOOKED_UP: tuple[str, ...] = ()  # by the page itself
WHOLE = ("a whole number",)
SIDES = tuple(map(str, SIDES_PX))
SWITCH = ("1",)
LEVEL = ("level_no", "level")  # the second one in older links
# Of the curves of a comparison.
MEASURES = tuple(dict.fromkeys(key for kind in KINDS.values() for key in kind.measures))
# page -> key -> what its value may be
KEYS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "inspect": {
        **dict.fromkeys(("picture", "tokenizer", "edits"), LOOKED_UP),
        **dict.fromkeys(("from", *LEVEL, "code", "token"), WHOLE),
        **{"side": SIDES, "mode": MODES, "map": MAP_KINDS},
    },
    "codebook": {
        **dict.fromkeys(("tokenizer", "audit", "beside"), LOOKED_UP),
        **dict.fromkeys((*LEVEL, "code"), WHOLE),
        "map": ("pca", "umap", "tsne", "plane", "lattice", "bits", "sphere"),
        "colour": ("usage", "state", "norm", "error"),
        "order": ("usage", "number", "map"),
    },
    "compare": {
        **dict.fromkeys(("tokenizers", "media", "left", "right", "zoom", "sort", "baseline"), LOOKED_UP),
        **dict.fromkeys(("at", "seed", "pin"), WHOLE),
        **{"side": SIDES, "mode": ("grid", "swipe", "blind"), "show": ("picture", "signed", "absolute")},
        "measure": MEASURES,
    },
    "lab": {
        **dict.fromkeys(("settings", "preset", "b", "speed"), LOOKED_UP),
        **dict.fromkeys(("mended", "paused"), SWITCH),
    },
    "language": {
        **dict.fromkeys(("picture", "written", "temperature"), LOOKED_UP),
        **dict.fromkeys(("given", "at", "top_k", "seed"), WHOLE),
        **{"view": ("written", "real", "surprise"), "text": ("samples", "picture")},
    },
    "replay": {**dict.fromkeys(("run", "b"), LOOKED_UP), **dict.fromkeys(("step", *LEVEL, "code"), WHOLE)},
    "experiments": {"experiment": LOOKED_UP},
}
# Of every page: the tour, a link for a class, the panel that loads a tokenizer, and what Gradio itself reads.
EVERYWHERE = ("learn", "hide", "present", "bring", "view", "deep_link")
# What others add to a link: of Gradio and of Spaces, of newsletters and of search.
ADDED = ("__", "utm_", "fbclid", "gclid", "ref")
SHOWN = 40  # characters of what a link says
SEVERAL = 5  # keys that are quoted


def tell_stray(
    page: str, query: Mapping[str, str], more: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> list[str]:
    """A sentence for each value of a link that its key does not take, and one for the keys that the page does not know.

    more: what else is known now of the values of some keys.
    """
    keys, said, unknown = {**KEYS[page], **more}, [], []
    for key, value in query.items():
        asked, allowed = f"{key[:SHOWN]}={value[:SHOWN]}", keys.get(key)
        if allowed is None:
            if key not in EVERYWHERE and not key.startswith(ADDED):
                unknown.append(asked)
        elif allowed == WHOLE:
            if value and whole_number(value) is None:
                said.append(f"The link says {asked}, which must be a whole number; it is left out.")
        elif allowed and value and value not in allowed:
            said.append(f"The link says {asked}, which can be {_listed(allowed, 'or')}; the usual one is shown.")
    if unknown:
        known = _listed([one for one in keys if one != LEVEL[1]], "and")
        told = _listed(unknown[:SEVERAL], "and") + (" and more" if len(unknown) > SEVERAL else "")
        said.append(f"The link says {told}, which this page does not know; its links say {known}.")
    return said


def tell_beyond(query: Mapping[str, str], key: str, least: int, most: int, instead: str) -> list[str]:
    """A sentence where a link's whole number lies outside `least` to `most`; of what is none `tell_stray` tells.

    instead: what is shown, in words.
    """
    value = whole_number(query.get(key))
    if value is None or least <= value <= most:
        return []
    allowed = f"{least:,} alone" if least == most else f"{least:,} to {most:,}"
    return [f"The link says {key}={query[key][:SHOWN]}, which can be {allowed} here; {instead}."]


def tell_outside(query: Mapping[str, str], sizes: Sequence[int]) -> list[str]:
    """A sentence for a level, and one for a code, that a tokenizer has not. sizes: codes of each of its levels."""
    new, old = LEVEL
    first = "the first one is shown"
    if query.get(new):
        said = tell_beyond(query, new, 1, len(sizes), first)
    else:
        said = tell_beyond(query, old, 0, len(sizes) - 1, first)
    level = level_of(query)
    size = sizes[level if level < len(sizes) else 0]
    return said + tell_beyond(query, "code", 0, size - 1, "it is left out")


def _listed(names: Iterable[str], last: str) -> str:
    """ "a, b and c"."""
    *most, end = names
    return f"{', '.join(most)} {last} {end}" if most else end
