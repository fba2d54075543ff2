"""ConvFormat: one format of the convolutional family, by what shapes cannot tell of it. No torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.convvq.family import Family, Search, read_family
from explorer.public.convvq.names import places, prefix_of
from explorer.public.convvq.plan import Shapes
from explorer.public.format import BuiltCodec, Format
from explorer.public.header import Header

TABLE = "codes.embedding.weight"


@dataclass(frozen=True)
class Evidence:
    """What a fingerprint is taken from. keys: of the file, without the prefix. shapes: by canonical names."""

    keys: frozenset[str]
    shapes: Shapes
    config: Mapping[str, object]

    def has(self, *names: str) -> bool:
        """Whether all are keys, or canonical names."""
        return all(name in self.keys or name in self.shapes for name in names)

    @property
    def decoder(self) -> bool:
        return "decoder.conv_in.weight" in self.shapes

    @property
    def taming(self) -> bool:
        """taming's own dialect, with a table and a decoder."""
        return self.decoder and self.has("encoder.down.0.block.0.norm1.weight", "encoder.mid.block_1.conv1.weight")

    @property
    def encoder_blocks(self) -> int:
        return sum(bool(re.fullmatch(r"encoder\.down\.0\.block\.\d+\.conv1\.weight", name)) for name in self.shapes)


@dataclass(frozen=True)
class Recipe:
    """mark: whether the evidence is the format's, asked once an encoder was found under one of `prefixes`.

    note: a sentence for the person who loads. low, high: range of the pixels that the networks take and give.
    """

    id: str
    title: str
    search: Search
    mark: Callable[[Evidence], bool]
    note: str
    quantizer: str = "vq"
    prefixes: tuple[str, ...] = ("",)
    low: float = -1.0
    high: float = 1.0
    fixed_size: tuple[int, ...] = ()
    averaged_first: bool = False  # whether the original takes a dict of running averages where a file has it


class ConvFormat(Format):
    """One row of the table."""

    modality = "image"

    def __init__(self, recipe: Recipe) -> None:
        self.id, self.title, self.recipe = recipe.id, recipe.title, recipe
        self.averaged_first = recipe.averaged_first

    def recognises(self, header: Header) -> bool:
        prefix = prefix_of(header.tensors, self.recipe.prefixes)
        if prefix is None:
            return False
        keys = frozenset(key.removeprefix(prefix) for key in header.tensors if key.startswith(prefix))
        return self.recipe.mark(Evidence(keys, self.shapes(header), header.config))

    def places(self, header: Header) -> dict[str, str]:
        return places(header.tensors, prefix_of(header.tensors, self.recipe.prefixes) or "")

    def shapes(self, header: Header) -> Shapes:
        """Canonical name -> shape."""
        return {name: header.tensors[key].shape for key, name in self.places(header).items()}

    def family(self, header: Header) -> Family:
        """All that the file says of the model. Raises CheckpointError."""
        low, high = self.pixels(header)
        try:
            return read_family(self.shapes(header), self.recipe.search, low, high, self.groups(header))
        except CheckpointError as error:
            raise CheckpointError(f"This looks like {self.title}, but it cannot be loaded. {error}") from None

    def pixels(self, header: Header) -> tuple[float, float]:
        """The range of pixels that the networks take and give."""
        return self.recipe.low, self.recipe.high

    def groups(self, header: Header) -> int:
        """Groups of every group norm: 32, and no weight tells."""
        return 32

    def describe(self, header: Header) -> TokenizerSpec:
        family, recipe, kept = self.family(header), self.recipe, self.places(header)
        levels = len(family.scales) or family.levels
        # RQ-VAE's levels share one table under several keys: what lies at one place is counted once.
        weights = [header.tensors[key] for key, name in kept.items() if name not in family.counted]
        counted = {info.place or number: info.count for number, info in enumerate(weights)}
        return TokenizerSpec(
            id="",
            title=self.title,
            summary=recipe.note,
            modality="image",
            quantizer=recipe.quantizer,
            codebook_size=family.codebook_size,
            codebook_dim=family.codebook_dim,
            num_quantizers=levels,
            combination="sum" if levels > 1 else "single",
            downsampling=family.encoder.scale,
            parameters=sum(counted.values()),
            licence="",
            fixed_size=recipe.fixed_size,
            decodes=family.decoder is not None,
        )

    def build(self, header: Header) -> BuiltCodec:
        from explorer.public.convvq.codec import build  # torch

        return build(self.family(header))


class DiffusersFormat(ConvFormat):
    """diffusers' VQModel, whose config tells the groups of its norms, and by one flag the range of its pixels."""

    def recognises(self, header: Header) -> bool:
        return bool(header.config) and super().recognises(header)

    def resembles(self, header: Header) -> bool:
        return super().recognises(header)

    def pixels(self, header: Header) -> tuple[float, float]:
        # aMUSEd alone looks codes up in this way, and its pipeline does not bring pixels to [-1, 1].
        return (0.0, 1.0) if header.config.get("lookup_from_codebook") else (self.recipe.low, self.recipe.high)

    def groups(self, header: Header) -> int:
        groups = header.config.get("norm_num_groups", 32)
        if not isinstance(groups, int) or not 1 <= groups <= 4096:
            raise CheckpointError(f"norm_num_groups of config.json is {groups!r}; a whole number was expected.")
        return groups

    def family(self, header: Header) -> Family:
        act = header.config.get("act_fn", "silu")
        if act not in ("silu", "swish"):
            raise CheckpointError(f"act_fn of config.json is {act!r}; silu was expected.")
        return super().family(header)
