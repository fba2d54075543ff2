"""What teaching cards report of a link, and how the tasks on them are solved in numbers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

SCRIPT = Path(__file__).parents[1] / "views" / "js" / "card_facts.js"
# Task -> what differs, in the address, once its hint was followed.
SOLVED: Mapping[str, Mapping[str, str]] = {
    "gradients.4": {"method": "rotation", "z": "0.14,0.3"},
    "soft.3": {"tau": "0.12"},
    "additive.3": {"at": "-0.4;0.3", "beam": "2"},
    "bits.2": {"means": "0;0;0;0;0;0"},
    "lattices.3": {"l1": "8", "l2": "6", "l3": "5", "at": "0;-3;0"},
    "multihead.4": {"looks": "40;130;65"},
    "products.4": {"angle": "27"},
    "residual.4": {"size": "4", "levels": "4"},
    "sphere.4": {"at": "0.995;0.07;-0.07"},
}


def cards_report(node: str, queries: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """For each query {facts, words, names: what the card reads from an address}."""
    asked = json.dumps([urlencode(query) for query in queries])
    done = subprocess.run([node, str(SCRIPT)], input=asked, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
