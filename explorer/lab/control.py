"""Which quantizers a control of the lab belongs to, asked of the `LAB` of each. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from explorer.quantizers.lab_spec import Control
from explorer.quantizers.lab_specs import lab_specs, takers

TABLES = takers("metric")  # quantizers whose codebooks take all of `CodebookOptions`
STARTED = takers("initialization")  # whose codes may start on latents
SIGNS = takers("entropy_weight")
LATTICES = tuple(name for name, spec in lab_specs().items() if spec.axis_values)  # whose codes follow from a rule
MODELS = ("mlp", "conv")


def with_takers(controls: Iterable[Control]) -> tuple[Control, ...]:
    """Each control with the quantizers that its setting acts on as a condition, if it acts on some only."""
    return tuple(
        replace(control, when=control.when | {"quantizer": takers(control.name)}) if takers(control.name) else control
        for control in controls
    )


def with_own(controls: Iterable[Control], own: Iterable[Control]) -> tuple[Control, ...]:
    """`controls`, and behind each those of `own` that name it, in their order."""
    behind: dict[str, list[Control]] = {}
    for control in own:
        behind.setdefault(control.after, []).append(control)
    placed = tuple(one for control in controls for one in (control, *behind.pop(control.name, ())))
    if behind:
        raise ValueError(f"there is no control {', '.join(behind)} for another to stand behind")
    return placed
