"""What the panel "Bring a tokenizer" is sent: its opening, the list of known tokenizers, and plans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from explorer.joints.tokenizer import TokenizerSpec
from explorer.loading.planning import Plan
from explorer.public.catalogue import KnownTokenizer

TOKENS = {
    "grid2d": "a grid of tokens over the picture",
    "sequence": "tokens in time",
    "grid3d": "a grid of tokens over each step of the clip",
    "set1d": "tokens without places",
    "graph": "tokens of a graph",
}


def opening_payload(
    token: str,
    *,
    names_files: bool,
    asks_hub: bool,
    upload_bytes: int,
    budget_bytes: int,
    wanted: str = "",
    missing: str = "",
    shown: bool = False,
    until: str = "",
) -> str:
    """The value of LoadPanel. token: whose page it is. names_files: whether files of this machine can be named.
    asks_hub: whether the network may be used. wanted: what a link asks for and is not here, as one would type it;
    missing: the id of a link for which nothing can be typed. shown: the panel is open from the start. until: when what
    a visitor brings from a file is deleted, in words."""
    return json.dumps(
        {
            "token": token,
            "names_files": names_files,
            "asks_hub": asks_hub,
            "upload_bytes": upload_bytes,
            "budget_bytes": budget_bytes,
            "wanted": wanted,
            "missing": missing,
            "shown": shown,
            "until": until,
        }
    )


def known_payload(known: Sequence[KnownTokenizer]) -> list[dict[str, Any]]:
    """One entry a tokenizer of the list. source: "" where its file must be downloaded by hand from `home`."""
    return [
        {
            "id": one.id,
            "title": one.title,
            "modality": one.modality,
            "source": one.source,
            "home": one.home,
            "licence": one.licence,
            "trained_on": one.trained_on,
            "facts": one.facts,
            "parameters": one.parameters,
            "memory_bytes": one.memory_bytes,
        }
        for one in known
    ]


def own_payload(own: Sequence[TokenizerSpec]) -> list[dict[str, str]]:
    """One entry for each of the visitor's own tokenizers, the newest first."""
    return [{"id": spec.id, "title": spec.title} for spec in reversed(own)]


def plan_payload(plan: Plan, here: bool) -> dict[str, Any]:
    """What is known before any weight is read. here: whether it is loaded already."""
    spec = plan.spec
    return {
        "id": plan.id,
        "title": plan.title,
        "source": plan.source.words
        if plan.source.kind == "hub"
        else plan.source.name.replace("\\", "/").split("/")[-1],
        "format": plan.format_title,
        "modality": plan.modality,
        "vocabulary": spec.vocabulary if spec else "",
        "tokens": TOKENS[spec.layout] if spec else "",
        "downsampling": spec.downsampling if spec else None,
        "sample_rate_hz": spec.sample_rate_hz if spec else None,
        "fixed_size": list(spec.fixed_size) if spec else [],
        "decodes": spec.decodes if spec else True,
        "parameters": plan.parameters,
        "memory_bytes": plan.memory_bytes,
        "weights": plan.header.weights if plan.header else "",
        "licence": plan.licence,
        "revision": plan.revision,
        "files": len(plan.files),
        "download_bytes": plan.download_bytes,
        "notes": list(plan.notes),
        "here": here,
    }
