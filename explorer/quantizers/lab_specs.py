"""Which quantizers the training lab offers, and what each brings. No torch before one is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from explorer.foundation.registry import Registry
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.lab_spec import Control, LabSpec, read_spec

_MODULES = {name: path.partition(":")[0] for name, path in QUANTIZERS.entries.items()}
_LABS: Registry[LabSpec] = Registry("quantizer of the lab", {name: f"{path}:LAB" for name, path in _MODULES.items()})


@cache
def lab_specs() -> Mapping[str, LabSpec]:
    """Id -> what the lab needs to know of it, in the order of the registry, of every quantizer that has a `LAB`."""
    found = {name: read_spec(_source(path)) for name, path in _MODULES.items()}
    return {name: spec for name, spec in found.items() if spec is not None}


def takers(name: str) -> tuple[str, ...]:
    """The quantizers that a setting acts on."""
    return tuple(one for one, spec in lab_specs().items() if name in spec.names)


def own_controls() -> tuple[Control, ...]:
    """The controls of settings that a single quantizer brings."""
    return tuple(control for spec in lab_specs().values() for control in spec.fields)


def builder(quantizer_id: str) -> Callable[[Any], Any]:
    """`build` of a quantizer's LAB. This imports torch. Raises UnknownIdError."""
    return _LABS.load(quantizer_id).build


def _source(module: str) -> str:
    """The text of a module that is not imported."""
    return find_spec(module).loader.get_source(module)  # type: ignore[union-attr]
