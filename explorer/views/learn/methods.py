"""Methods: the map of quantizers on two axes with what our runs say of each, and the table of all methods."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from explorer.analysis.experiments.evidence import Evidence
from explorer.learn.methods.claims import Claim
from explorer.learn.methods.equations import READINGS
from explorer.learn.methods.formulas import equation_of
from explorer.learn.methods.method import Method
from explorer.views.kit.page.component import BrowserComponent


class Methods(BrowserComponent):
    """Shown where the address says `show=methods`; `method=ID` is the one that is chosen."""

    NAME = "learn/methods"


def payload(
    methods: Mapping[str, Sequence[Method]], claims: Sequence[Claim], evidence: Mapping[str, Evidence], source: str
) -> str:
    """The value of Methods. evidence: by condition, of one experiment. source: what that is, in words."""
    content = {
        "groups": [{"title": title, "methods": [_row(one, title) for one in some]} for title, some in methods.items()],
        "readings": READINGS,
        "claims": [asdict(one) for one in claims],
        "evidence": {name: one.as_json() for name, one in evidence.items()},
        "source": source,
    }
    return json.dumps(content, separators=(",", ":"))


def _row(method: Method, title: str) -> dict[str, Any]:
    """A method, or what else stands in the group `title`, with its equation and what that was read in."""
    return method.as_json() | {"equation": equation_of(title, method.name).as_json()}
