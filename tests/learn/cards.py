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
}


def cards_report(node: str, queries: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """For each query {facts, words, names: what the card reads from an address}."""
    asked = json.dumps([urlencode(query) for query in queries])
    done = subprocess.run([node, str(SCRIPT)], input=asked, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)
