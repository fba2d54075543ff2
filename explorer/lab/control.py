"""Control: one setting of the lab as the page shows it; the lists of them are in `controls.py` and its neighbour.

`when` says for which other settings a control has any effect: {"quantizer": ("vq",)}; elsewhere it is hidden.
`restarts`: a change starts the run anew with the same seed; all others act on the run that is going.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Options = tuple[tuple[Any, str], ...]
TABLES = ("vq", "rvq", "pq", "multihead")  # quantizers whose codebooks take all of `CodebookOptions`
GROUPED = ("rvq", "pq", "multihead")
SIGNS = ("lfq", "bsq")
LEARNED = (*TABLES, "simvq")  # updated while training, straight-through or rotated
MODELS = ("mlp", "conv")


@dataclass(frozen=True)
class Control:
    """name: of the field of LabSettings. kind: "choice", "slider" or "toggle". log: the slider moves in ratios."""

    name: str
    label: str
    group: str
    kind: str
    help: str
    options: Options = ()
    lowest: float | None = None
    highest: float | None = None
    step: float = 0.0  # 0: any value
    log: bool = False
    unit: str = ""
    restarts: bool = False
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As `lab/controls/controls.js` reads it."""
        return asdict(self) | {"when": {name: list(values) for name, values in self.when.items()}}


def choice(name: str, label: str, group: str, help: str, options: Options, **more: Any) -> Control:
    return Control(name, label, group, "choice", help, options=options, **more)


def slider(name: str, label: str, group: str, help: str, lowest: float, highest: float, **more: Any) -> Control:
    return Control(name, label, group, "slider", help, lowest=lowest, highest=highest, **more)


def toggle(name: str, label: str, group: str, help: str, **more: Any) -> Control:
    return Control(name, label, group, "toggle", help, **more)
