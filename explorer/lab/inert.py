"""Which controls cannot change a run with these settings, and why: the page greys them and says it.

A control of another quantizer is hidden (`Control.when`); one that belongs to this quantizer and does nothing here is
greyed. `tests/lab/test_controls_act.py` turns every one and holds both lists to what runs really do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from explorer.lab.control import SIGNS, TABLES
from explorer.quantizers.lab_spec import Control, Inert
from explorer.quantizers.lab_specs import lab_specs, takers

if TYPE_CHECKING:
    from explorer.lab.settings import LabSettings


def _bound_to_the_model(name: str) -> tuple[str, ...]:
    """The quantizers that a setting acts on, and that have nothing that learns by it where there is no model."""
    specs = lab_specs()
    return tuple(one for one in takers(name) if not specs[one].learns_alone or name in specs[one].bound)


_PLAIN_TABLES = _bound_to_the_model("metric")
_EMA = {"quantizer": _PLAIN_TABLES, "update": ("ema", "soft_em")}
_GRADIENT = {"quantizer": TABLES, "update": ("gradient",)}
_BARE = {"model": ("none",)}
_OF_CODES = ("norm", "repulsion", "orthogonality", "variance", "vicreg")  # losses of the codes alone
_OF_BOTH = ("soft_entropy", "contrastive")

INERT: tuple[Inert, ...] = (
    Inert(
        ("kl_to_uniform",),
        {"quantizer": TABLES},
        "The same loss as soft entropy but for the constant log K, so its gradient is the same: turn soft entropy.",
    ),
    Inert(
        _OF_CODES,
        _EMA | {"quantizer": TABLES},
        "The EMA sets the codes, and no loss moves them: choose the codebook loss as update.",
    ),
    Inert(("codebook_lr",), _EMA, "The EMA sets the codes, and no optimizer: choose the codebook loss as update."),
    Inert(
        _OF_BOTH,
        _EMA | _BARE,
        "The EMA sets the codes, and without a model the latents are the data: this loss has nothing to move.",
    ),
    Inert(("epsilon",), _GRADIENT, "It smooths the EMA's counts, and the codebook loss moves the codes."),
    Inert(
        ("decay",),
        _GRADIENT | {"reseeding": ("none",)},
        "The codebook loss moves the codes, and nothing else asks for the EMA's counts: no code is reseeded.",
    ),
    Inert(
        ("decay",),
        _GRADIENT | {"dead_by": ("steps",), "reseeding": ("random_latent", "hard_example", "reservoir")},
        "The codebook loss moves the codes, and dead is told by steps and not by the EMA's counts.",
    ),
    Inert(
        ("beta",),
        _BARE | {"quantizer": _bound_to_the_model("beta")},
        "Without a model the latents are the data, and no commitment can move them.",
    ),
    Inert(
        ("gradient",),
        _BARE | {"quantizer": _bound_to_the_model("gradient")},
        "Without a model no gradient passes the quantizer to an encoder.",
    ),
    Inert(
        ("entropy_weight", "diversity", "inverse_temperature"),
        _BARE | {"quantizer": SIGNS},
        "Without a model the latents are the data, and the codes follow from a rule: this loss has nothing to move.",
    ),
    Inert(
        ("diversity", "inverse_temperature"),
        {"quantizer": SIGNS, "entropy_weight": (0.0,)},
        "The entropy weight is 0, and this is a part of that loss.",
    ),
    *(replace(one, when={"quantizer": (name,)} | one.when) for name, spec in lab_specs().items() for one in spec.inert),
)


def inert_reason(name: str, settings: LabSettings) -> str:
    """Why a control can change nothing in a run with these settings, "" if it can."""
    for one in INERT:
        if name in one.names and all(getattr(settings, key) in values for key, values in one.when.items()):
            return one.reason
    return ""


def acts(control: Control, settings: LabSettings) -> bool:
    """Whether a control is shown and can change a run with these settings."""
    shown = all(getattr(settings, key) in values for key, values in control.when.items())
    return shown and not inert_reason(control.name, settings)


def inert_json() -> list[dict[str, Any]]:
    """As `lab/controls/controls.js` reads it, so that the page greys a control before the server answers."""
    return [
        {
            "names": list(one.names),
            "when": {key: list(values) for key, values in one.when.items()},
            "reason": one.reason,
        }
        for one in INERT
    ]
