"""What an audit or a comparison was made with, as a person says it: names, units and words as on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

UNITS = {"px": "px", "s": "s", "hz": "Hz", "bps": "bit/s"}  # ends of names -> what stands after the number


def settings_words(settings: Mapping[str, object]) -> str:
    """ "seed 0; longest side 1,024 px at most; scaled by the lanczos filter"; "none" without any.

    What is a sentence of its own ("reading", "notes") is left to the caller; None, "" and an empty list say nothing.
    """
    there = {name: value for name, value in settings.items() if value not in (None, "", [], ())}
    return "; ".join(_part(name, value, there) for name, value in there.items() if name not in TOLD) or "none"


def _part(name: str, value: Any, settings: Mapping[str, Any]) -> str:
    if name in SAID:
        return SAID[name](value, settings)
    stem, _, end = name.rpartition("_")
    if stem and end in UNITS:
        return f"{stem.replace('_', ' ')} {_value(value)} {UNITS[end]}"
    return f"{name.replace('_', ' ')} {_value(value)}"


def _value(value: Any) -> str:
    """A number with its thousands apart, yes or no, a list with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join("unknown" if one is None else _value(one) for one in value)
    return str(value)


def _side(value: int, _: Mapping[str, Any]) -> str:
    return f"longest side {value:,} px at most"


def _rounds(value: int, _: Mapping[str, Any]) -> str:
    return f"times over {value:,} {'round' if value == 1 else 'rounds'}" if value else "not timed"


def _left_out(value: int, settings: Mapping[str, Any]) -> str:
    return f"{value:,} of {settings['parts']:,} {settings['part_unit']}s left out"


def _equal(value: list[float], _: Mapping[str, Any]) -> str:
    return f"positions with the code of the medium before: {', '.join(f'{one:.1%}' for one in value)}"


TOLD = ("reading", "notes", "parts", "part_unit")  # elsewhere, or with another
SAID: Mapping[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "longest_side_px": _side,
    "side_px": _side,
    "crop_px": lambda value, _: f"cut to squares of {value:,} x {value:,} px",
    "filter": lambda value, _: f"scaled by the {value} filter",
    "repeats": _rounds,
    "patch_px": lambda value, _: f"worst patch {value:,} x {value:,} px",
    "codebook_size": lambda value, _: f"K = {_value(value)} codes",
    "shape": lambda value, _: f"an array of {' x '.join(f'{one:,}' for one in value)}",
    "type": lambda value, _: f"of type {value}",
    "axes": lambda value, _: f"axes {value}",
    "part": lambda value, _: f"counted in parts of {value}",
    "media": lambda value, _: f"{value:,} media",
    "padding": lambda value, _: f"{value:,} values of padding left out",
    "equal_to_medium_before": _equal,
    "left_out": _left_out,
}
