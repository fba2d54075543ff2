"""What formats of the Hub's folders share: values of config.json checked, and which keys of the weights are meant."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from explorer.foundation.errors import CheckpointError
from explorer.foundation.registry import load_dotted
from explorer.foundation.words import count_of
from explorer.public.format import BuiltCodec, Format
from explorer.public.header import Header

MOST = 2**24  # no size or rate in a config of ours comes near it
WEIGHT_NORM = {".weight_g": ".parametrizations.weight.original0", ".weight_v": ".parametrizations.weight.original1"}


class FolderFormat(Format):
    """A model of the transformers library, alone in its folder or a part of a larger model.

    model_type, architecture: as in config.json, either of which is enough. fingerprint: what one of its keys begins
    with. telling: beginnings of keys by which it is known without config.json. codec: dotted path of its Codec, made
    from the config alone. unread, unkept: beginnings and endings of keys that tokenizing never needs. prefix, section:
    what the keys begin with, and where the config lies, in a larger model. weight_norm: whether its layers keep weight
    normalization, whose keys have an old and a new spelling.
    """

    model_type: str
    architecture: str = "-"
    fingerprint: str
    telling: tuple[str, ...] = ()
    codec: str
    library = "transformers"
    unread: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
    weight_norm = False

    def __init__(self, id: str, prefix: str = "", section: str = "") -> None:
        self.id, self.prefix, self.section = id, prefix, section

    def config(self, header: Header) -> Mapping[str, object]:
        """The part of config.json that describes this model; empty if there is none."""
        config = header.config.get(self.section) if self.section else header.config
        return config if isinstance(config, Mapping) else {}

    def recognises(self, header: Header) -> bool:
        config = self.config(header)
        # A section's place says what it is where its type is not written; older files had other names for some types.
        named = config.get("model_type", self.model_type if self.section and config else None)
        drawn = config.get("architectures")
        known = named == self.model_type or (isinstance(drawn, list) and self.architecture in drawn)
        return known and any(key.startswith(self.prefix + self.fingerprint) for key in header.tensors)

    def resembles(self, header: Header) -> bool:
        starts = [self.prefix + start for start in self.telling]
        return bool(starts) and all(any(key.startswith(start) for key in header.tensors) for start in starts)

    def rename(self, key: str) -> str | None:
        if not key.startswith(self.prefix):
            return None
        name = key.removeprefix(self.prefix)
        if name.startswith(self.unread) or name.endswith(self.unkept):
            return None
        for old, new in WEIGHT_NORM.items() if self.weight_norm else ():
            if name.endswith(old):
                name = name.removesuffix(old) + new
        return f"model.{name}"

    def build(self, header: Header) -> BuiltCodec:
        spec = self.describe(header)
        codec = load_dotted(self.codec)(self.config(header))
        codec.spec = spec
        return codec

    def parameters(self, header: Header) -> int:
        """Numbers that are kept: of every tensor that is read."""
        return sum(info.count for key, info in header.tensors.items() if self.rename(key) is not None)

    def shape(self, header: Header, name: str, axes: int = 2) -> tuple[int, ...]:
        """The shape of the tensor of that name within the model. Raises CheckpointError where it is not as expected."""
        shape = header.shape(self.prefix + name)
        if shape is None or len(shape) != axes or 0 in shape:
            found = "missing" if shape is None else f"of shape {shape}"
            raise CheckpointError(
                f"This looks like {self.title}, but {self.prefix + name} is {found}; {axes} axes were expected."
            )
        return shape

    def levels(self, header: Header, before: str, after: str) -> int:
        """How many tensors are named before + 0, 1, 2 ... + after."""
        pattern = re.compile(re.escape(self.prefix + before) + r"(\d+)" + re.escape(after))
        return sum(pattern.fullmatch(key) is not None for key in header.tensors)

    def expect_levels(self, asked: int, found: int) -> int:
        """`found`, if config.json asks for as many: a model is never built for more levels than its file holds."""
        if asked != found or not found:
            raise CheckpointError(
                f"This looks like {self.title}, but config.json asks for {count_of(asked, 'level')} and the file holds "
                f"{found}."
            )
        return found


def whole(config: Mapping[str, object], key: str, default: int, most: int = MOST) -> int:
    """A whole number from 1 to `most` of config.json, or CheckpointError."""
    value = config.get(key, default)
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not number or value != int(value) or not 1 <= value <= most:
        raise CheckpointError(f"config.json: {key} is {str(value)[:40]}; a whole number from 1 to {most} was expected.")
    return int(value)


def wholes(config: Mapping[str, object], key: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """A short list of whole numbers of config.json, such as ratios, or CheckpointError."""
    value = config.get(key)
    value = default if value is None else value
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= 16:
        raise CheckpointError(f"config.json: {key} is {str(value)[:40]}; a list of 1 to 16 numbers was expected.")
    numbers = tuple(whole({key: item}, key, 1, 2**16) for item in value)
    if math.prod(numbers) > MOST:
        raise CheckpointError(f"config.json: the product of {key} is {math.prod(numbers):,}; {MOST:,} is the most.")
    return numbers


def largest(config: Mapping[str, object], key: str, default: float) -> float:
    """The last number of a list of config.json, such as the highest bandwidth in kbit/s, or CheckpointError."""
    value = config.get(key, (default,))
    last = value[-1] if isinstance(value, (list, tuple)) and value else value
    if isinstance(last, bool) or not isinstance(last, (int, float)) or not 0 < last <= MOST:
        raise CheckpointError(f"config.json: {key} is {str(value)[:40]}; a list of positive numbers was expected.")
    return float(last)


def between(config: Mapping[str, object], key: str, low: float, high: float) -> float | None:
    """A number from `low` to `high` of config.json, None where none is given, or CheckpointError."""
    value = config.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise CheckpointError(f"config.json: {key} is {str(value)[:40]}; from {low} to {high} was expected.")
    return float(value)


def each_second(rate_hz: int, hop: int) -> str:
    """Tokens a second in words, such as "86.13"."""
    return f"{rate_hz / hop:.2f}".rstrip("0").rstrip(".")
