"""Methods: the map of quantizers on two axes with what our runs say of each, and the table of all methods."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from explorer.analysis.experiments.evidence import Evidence
from explorer.learn.methods.claims import Claim
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
        "groups": [{"title": title, "methods": [one.as_json() for one in some]} for title, some in methods.items()],
        "claims": [asdict(one) for one in claims],
        "evidence": {name: one.as_json() for name, one in evidence.items()},
        "source": source,
    }
    return json.dumps(content, separators=(",", ":"))
