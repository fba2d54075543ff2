"""Parts of Inspect that several chapters frame."""

from __future__ import annotations

PICTURE, TOKENS, USAGE = (f"#inspect-view [data-panel='{name}']" for name in ("picture", "tokens", "usage"))
CARD, DECODED, EDITOR = "#code-card", ".dte-rec[data-mode]", "#edit-view .dte-edit"
PLAYER, LEVELS = ".dte-player", "#inspect-view .dte-levels"
GRAPH, NODE = ".dte-graph-stage", ".dte-graph-node"
EXPERIMENT, COMPARED = ".dte-experiments", "#compare-view .dte-compare"
RATES = "#compare-view .compare-rates"
