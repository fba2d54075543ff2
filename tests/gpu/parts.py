"""The parts of the table, in their order, each with its share of the minutes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.gpu.scale import Setting
from tests.gpu.table import Row


@dataclass(frozen=True)
class Part:
    """path: "module:function" in this folder, of a generator of rows; share: of the minutes."""

    path: str
    share: float

    def load(self) -> Callable[[Setting], Iterator[Row]]:
        module, _, name = self.path.partition(":")
        return getattr(importlib.import_module(f"tests.gpu.{module}"), name)


PARTS = {
    "lab": Part("lab_loop:measure_loops", 0.14),
    "assignment": Part("floors:measure_floors", 0.06),
    "tests": Part("equality:compare_quantizers", 0.12),
    "pytest": Part("equality:run_pytest", 0.10),
    "audit": Part("audit_speed:measure_audits", 0.10),
    "half": Part("half_precision:compare_formats", 0.16),
    "zoo": Part("zoo:train_members", 0.32),
}
