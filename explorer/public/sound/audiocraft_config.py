"""AudioCraft's `xp.cfg`, which lies beside the weights: YAML in exported files, OmegaConf's objects in training's own.

Only plain values are read: words such as ${sample_rate} are looked up in the same config, and nothing else of it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.foundation.errors import CheckpointError
from explorer.foundation.plain_yaml import yaml_mapping
from explorer.public.header import Header
from explorer.public.transformers.folder import between, whole

NAME = "xp.cfg"
WRAPPED = ("_content", "_val")  # what OmegaConf's objects put around their values
MOST_STEPS = 8  # from one name to the next
_NAMED = re.compile(r"\$\{([\w.]+)\}")


@dataclass(frozen=True)
class AudiocraftConfig:
    """What no shape tells of an EnCodec of AudioCraft; defaults are those of its SEANet."""

    sample_rate: int
    causal: bool
    pad_mode: str
    renormalize: bool
    trim_right_ratio: float
    dilation_base: int


def has_audiocraft_config(header: Header) -> bool:
    """Whether a config of AudioCraft lies in the file."""
    return NAME in header.scalars or any(name.startswith(f"{NAME}/") for name in header.scalars)


def audiocraft_config(header: Header) -> AudiocraftConfig:
    """The config of the file. Raises CheckpointError for what is missing or makes no sense."""
    config = _config(header)
    if (rate := _value(config, "sample_rate")) is None:
        raise CheckpointError(f"{NAME} of this file of AudioCraft states no sample_rate.")
    pad = _value(config, "seanet.pad_mode", "reflect")
    if pad not in ("reflect", "constant", "replicate"):
        raise CheckpointError(f"{NAME}: seanet.pad_mode is {str(pad)[:40]!r}; reflect or constant was expected.")
    trim = between({"trim": _value(config, "seanet.decoder.trim_right_ratio", 1.0)}, "trim", 0.0, 1.0)
    return AudiocraftConfig(
        sample_rate=whole({"sample_rate": rate}, "sample_rate", 0),
        causal=_value(config, "seanet.causal", False) is True,
        pad_mode=pad,
        renormalize=_value(config, "encodec.renormalize", False) is True,
        trim_right_ratio=1.0 if trim is None else trim,
        dilation_base=whole({"dilation_base": _value(config, "seanet.dilation_base", 2)}, "dilation_base", 2, 64),
    )


def _config(header: Header) -> Mapping[str, object]:
    """Nested plain values."""
    text = header.scalars.get(NAME)
    if isinstance(text, str):
        return yaml_mapping(text, NAME)
    found: dict[str, object] = {}
    for name, value in header.scalars.items():
        start, _, inner = name.partition("/")
        parts = [part for part in re.split(r"[/.]", inner) if part and part not in WRAPPED]
        if start != NAME or not parts:
            continue
        place = found
        for part in parts[:-1]:
            place = place.setdefault(part, {})  # type: ignore[assignment]
            if not isinstance(place, dict):
                break
        else:
            place.setdefault(parts[-1], value)
    return found


def _value(config: Mapping[str, object], path: str, default: object = None) -> object:
    """The value at "seanet.causal", following names such as ${encodec.causal}; the default where there is none."""
    for _ in range(MOST_STEPS):
        value: object = config
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        match = _NAMED.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            return default if value is None else value
        path = match[1]
    raise CheckpointError(f"{NAME}: {path[:60]} leads in a circle.")
