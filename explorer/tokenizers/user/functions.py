"""`adapt`: a user's own functions that encode media to indices and decode them, as a Codec."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from explorer.foundation.errors import AdapterError, RecordError
from explorer.foundation.words import count_of
from explorer.joints.record import Codebook, Combination, LatticeRule, Metric, TokenLayout
from explorer.joints.table_faults import not_finite, table_fault
from explorer.joints.tokenizer import TokenizerSpec
from explorer.tokenizers.codec import Codec, CodecLevel
from explorer.tokenizers.user.codec import UserCodec, range_of
from explorer.tokenizers.user.facts import call_user, calling_line, checked_shape, spec_from

STANDS_IN = (
    "The adapter's decode cannot leave tokens out: where a token or a level is left out, the code that comes nearest "
    "to nothing stands in for it."
)
NO_LATENTS = "The adapter gives no latents before quantization, so none are shown: each token stands at its own code."


def adapt(
    encode: Callable,
    decode: Callable | None = None,
    *,
    codebook: object,
    metric: Metric = "euclidean",
    combination: Combination | None = None,
    module: nn.Module | None = None,
    arrays: bool = False,
    pixel_range: tuple[float, float] = (0.0, 1.0),
    tokens: int | None = None,
    **facts: object,
) -> Codec:
    """A tokenizer made of two functions.

    encode(media) -> indices (B, *token shape); or a list of them, one a level; or {"indices": the same, "latents":
    (B, D, *token shape) or a list}, which shows latents before quantization, in the space of the codebook.
    decode(indices) -> media, given what `encode` gave. With a parameter `kept` it also gets booleans that leave tokens
    out; else the code that comes nearest to nothing stands in for those. None if there is no decoder.
    Media: (B, 3, H, W) in `pixel_range`, (B, channels, samples), or (B, 3, frames, H, W).

    codebook: (K, D) vectors, or K alone where there is no table; a list of either for several levels. metric: of its
    search. combination: how levels are joined; "sum" if there are several and nothing is said. module: whose
    parameters are counted and moved to the device (default: the object whose methods are given). arrays: the functions
    take and give numpy arrays. tokens: how many, where they have no place of their own (with layout="set1d" and
    fixed_size). facts: fields of TokenizerSpec; `downsampling` is needed, and `sample_rate_hz` for sound.

    Raises AdapterError for facts that are missing or unknown.
    """
    if not callable(encode) or not (decode is None or callable(decode)):
        raise AdapterError("adapt() needs functions: encode(media) -> indices and decode(indices) -> media.")
    owner = getattr(encode, "__self__", encode)
    module = module if module is not None else owner if isinstance(owner, nn.Module) else None
    books = codebooks_of(codebook, metric)
    joined: Combination = combination or ("single" if len(books) == 1 else "sum")
    count = sum(p.numel() for p in module.parameters()) if module is not None else 0
    kind = str(facts.pop("quantizer", "vq" if len(books) == 1 else "rvq"))
    spec = spec_from(books, joined, count, kind, facts | {"decodes": decode is not None})
    codec = Functions(encode, decode, books, spec, module, arrays, pixel_range, tokens)
    codec.made_at = calling_line()
    return codec


def codebooks_of(codebook: object, metric: Metric) -> tuple[Codebook, ...]:
    """The codebooks that a user gave: tables (K, D), or sizes."""
    several = isinstance(codebook, (list, tuple)) and not all(isinstance(one, (int, float)) for one in codebook)
    ints = isinstance(codebook, (list, tuple)) and all(isinstance(one, int) for one in codebook)
    books = tuple(_codebook(one, metric) for one in (codebook if several or ints else [codebook]))  # type: ignore[union-attr]
    if not books:
        raise AdapterError("codebook is an empty list.")
    return books


def _codebook(one: object, metric: Metric) -> Codebook:
    if isinstance(one, int) and not isinstance(one, bool):
        if not 0 < one < 2**20:
            raise AdapterError(f"codebook={one}: a size lies between 1 and {2**20:,}.")
        values = tuple(float(number) for number in range(one))
        return Codebook(one, 1, "implicit", rule=LatticeRule("numbers", (values,), True))
    table = one.detach().cpu().float().numpy() if isinstance(one, Tensor) else np.asarray(one, np.float32)
    if table.ndim != 2 or 0 in table.shape:
        raise AdapterError(
            f"codebook has shape {table.shape}; (codes, dimensions) was expected, or the number of codes."
        )
    if not_finite(table) == len(table):
        raise AdapterError(f"codebook: {table_fault(table)}, and there is nothing to show of it.")
    try:
        return Codebook(len(table), table.shape[1], metric, np.ascontiguousarray(table))
    except RecordError as error:
        raise AdapterError(str(error)) from error


class Functions(UserCodec):
    """The functions of `adapt`. What `embed` gives is the indices themselves, with what is kept of them."""

    def __init__(
        self,
        encode: Callable,
        decode: Callable | None,
        books: tuple[Codebook, ...],
        spec: TokenizerSpec,
        module: nn.Module | None,
        arrays: bool,
        pixel_range: tuple[float, float],
        tokens: int | None,
    ) -> None:
        super().__init__()
        self.spec, self.module = spec, module
        self._encode, self._decode, self._books, self._arrays = encode, decode, books, arrays
        self._low, self._span = range_of(pixel_range, spec)
        self._tokens = tokens
        self._leaves_out = decode is not None and "kept" in inspect.signature(decode).parameters
        self._absent = [nothing_of(book, spec.combination) for book in books]
        self.register_buffer("_place", torch.zeros(0), persistent=False)  # tells on which device the rest is
        check_tokens(spec, tokens)

    def codebooks(self) -> tuple[Codebook, ...]:
        return self._books

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        return set_layouts(self.spec, self._tokens) or super().layouts(extent)

    def latents(self, media: Tensor) -> object:
        """What the user's function gives, with the extent of the media."""
        given = call_user("encode", self._encode, self._out(media * self._span + self._low))
        return given, tuple(media.shape[2:]), len(media)

    def quantize(self, latents: object) -> list[CodecLevel]:
        (given, extent, batch), parts = latents, None  # type: ignore[misc]
        if isinstance(given, dict):
            given, parts = given.get("indices"), given.get("latents")
        levels = list(given) if isinstance(given, (list, tuple)) else [given]
        if len(levels) != len(self._books):
            raise AdapterError(f"encode gave {count_of(len(levels), 'level')}; codebook has {len(self._books)}.")
        parts = [None] * len(levels) if parts is None else parts if isinstance(parts, (list, tuple)) else [parts]
        stands_in = len(levels) > 1 and self._decode is not None and not self._leaves_out
        self.notes = (NO_LATENTS,) * (parts[0] is None) + (STANDS_IN,) * stands_in
        layouts = self.layouts(extent)
        return [
            self._stage(indices, z, book, (batch, *layout.shape))
            for indices, z, book, layout in zip(levels, parts, self._books, layouts, strict=True)
        ]

    def _stage(self, indices: object, z: object, book: Codebook, shape: tuple[int, ...]) -> CodecLevel:
        codes = self._in(indices, "what encode gave").long()
        spec = self.spec
        why = f"media by downsampling {spec.downsampling}" if spec.layout != "set1d" else "the tokens of this set"
        checked_shape("what encode gave", codes.shape, shape, why)
        if int(codes.min()) < 0 or int(codes.max()) >= book.codebook_size:
            raise AdapterError(
                f"encode gave codes from {int(codes.min())} to {int(codes.max())}; the codebook has 0 to "
                f"{book.codebook_size - 1}."
            )
        rows = torch.from_numpy(book.rows(codes.cpu().numpy())).to(codes.device).flatten(1, -2)  # (B, N, D)
        if z is None:
            return CodecLevel(codes, rows, rows)
        latents = self._in(z, "the latents of encode").float()
        expected = (shape[0], book.codebook_dim, *shape[1:])
        checked_shape("the latents of encode", latents.shape, expected, "(media, dimensions of the codebook, tokens)")
        return CodecLevel(codes, latents.flatten(2).transpose(1, 2), rows)

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> object:
        return indices, kept

    def decode(self, embedded: Sequence[object]) -> Tensor:
        indices, kept = zip(*embedded, strict=True)  # type: ignore[misc]
        named = {}
        if any(mask is not None for mask in kept):
            pairs = list(zip(indices, kept, strict=True))
            if self._leaves_out:
                masks = [torch.ones_like(level, dtype=torch.bool) if m is None else m for level, m in pairs]
                named["kept"] = self._out(masks[0]) if len(masks) == 1 else [self._out(mask) for mask in masks]
            else:
                indices = [
                    level if mask is None else torch.where(mask, level, absent)
                    for (level, mask), absent in zip(pairs, self._absent, strict=True)
                ]
        given = self._out(indices[0]) if len(indices) == 1 else [self._out(level) for level in indices]
        media = self._in(call_user("decode", self._decode, given, **named), "what decode gave").float()  # type: ignore[arg-type]
        extent = self.extent([tuple(level.shape[1:]) for level in indices])
        check_media(self.spec, media, len(indices[0]), extent)
        return (media - self._low) / self._span

    def _out(self, tensor: Tensor) -> object:
        return tensor.cpu().numpy() if self._arrays else tensor

    def _in(self, value: object, what: str) -> Tensor:
        """A tensor on the device of the rest. Raises AdapterError for what is none."""
        try:
            return torch.as_tensor(value).to(self._place.device)  # type: ignore[arg-type]
        except (TypeError, ValueError, RuntimeError) as error:
            raise AdapterError(f"{what} is {type(value).__name__}; a tensor or an array was expected.") from error


def nothing_of(book: Codebook, combination: Combination) -> int:
    """The code that comes nearest to nothing: to zero in a sum, to the mean of its codes in a concatenation; the first
    where codes have no vectors."""
    if book.vectors is None:
        return 0
    finite = np.isfinite(book.vectors).all(1)
    nothing = book.vectors[finite].mean(0) if combination == "concatenate" and finite.any() else 0.0
    away = np.square(book.vectors - nothing).sum(1)
    return int(np.where(np.isfinite(away), away, np.inf).argmin())


def check_tokens(spec: TokenizerSpec, tokens: int | None) -> None:
    """`tokens` and `fixed_size` belong to a set without places, and only `tokens` to nothing else."""
    if (spec.layout == "set1d") != (tokens is not None) or (spec.layout == "set1d" and not spec.fixed_size):
        raise AdapterError('layout="set1d" (tokens without places) goes with tokens=N and fixed_size=(H, W).')


def set_layouts(spec: TokenizerSpec, tokens: int | None) -> tuple[TokenLayout, ...]:
    """The layouts of a set without places; () for anything else."""
    return (TokenLayout("set1d", (tokens,)),) * spec.num_quantizers if tokens is not None else ()


def check_media(spec: TokenizerSpec, media: Tensor, batch: int, extent: tuple[int, ...]) -> None:
    """Raise AdapterError unless decoded media have the shape that their tokens ask for; sound may differ in length."""
    channels = spec.channels if spec.modality == "audio" else 3
    expected = (batch, channels, *extent)
    if spec.modality == "audio" and media.ndim == 3:
        expected = (batch, channels, media.shape[2])
    checked_shape("what decode gave", media.shape, expected, f"(media, channels, extents) of {spec.modality}")
