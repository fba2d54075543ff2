"""States of the lab that several chapters begin from."""

from __future__ import annotations

import json

BARS, SQUARED = "\N{DOUBLE VERTICAL LINE}", "\N{SUPERSCRIPT TWO}"  # of equations
PLANE, HEATMAP, DIAGNOSIS = (f"#lab-view .lab-panel-{name}" for name in ("plane", "heatmap", "diagnosis"))
CURVES, CONTROLS, TIMELINE = "#lab-view .lab-panel-curves", "#lab-view .lab-panel-controls", "#lab-view .lab-track"
VERSUS = "#lab-view .lab-panel-versus"
CODEBOOK_ONLY = {"model": "none", "codebook_size": 32, "initialization": "kmeans", "reseeding": "random_latent"}


def lab(speed: str = "30", paused: bool = False, **settings: object) -> dict[str, str]:
    """The query of a run with these settings; speed in steps a second or "full"."""
    query = {"settings": json.dumps(settings), "speed": speed}
    return query | ({"paused": "1"} if paused else {})


def preset(name: str, mended: bool = False) -> dict[str, str]:
    """The query of a preset, mended from its first step or not."""
    return {"preset": name} | ({"mended": "1"} if mended else {})
