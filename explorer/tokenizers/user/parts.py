"""`attach`: a user's own encoder, quantizer and decoder as a Codec, so that everything can be shown of them.

The quantizer is a module of vector-quantize-pytorch (see `vqpytorch.py`), or a table that is searched here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.foundation.errors import AdapterError
from explorer.joints.record import Codebook, Combination, Metric, TokenLayout
from explorer.joints.tokenizer import TokenizerSpec
from explorer.tokenizers.codec import Codec, CodecLevel, flat, nearest
from explorer.tokenizers.user.codec import UserCodec, range_of
from explorer.tokenizers.user.facts import call_user, calling_line, spec_from
from explorer.tokenizers.user.functions import check_media, check_tokens, codebooks_of, set_layouts

PROBE_PX = 64  # about: the side of the empty picture that is encoded once, to see how the encoder lays out its latents


@dataclass(frozen=True)
class LevelCodes:
    """One level of a batch: codes (B, N) int64; z_e, z_q (B, N, D) in the space of its codebook."""

    codes: Tensor
    z_e: Tensor
    z_q: Tensor


class Levels(nn.Module, ABC):
    """What stands between encoder and decoder. All levels give to one sum, in a space of their own.

    kind: the field's word for it. channels: of the latents. combination: how a reader should think of the levels.
    """

    kind: str
    channels: int
    combination: Combination

    @abstractmethod
    def codebooks(self) -> tuple[Codebook, ...]:
        """One a level."""

    @abstractmethod
    def quantize(self, latents: Tensor) -> list[LevelCodes]:
        """Latents (B, N, C) -> what each level found."""

    @abstractmethod
    def embed(self, level: int, codes: Tensor, kept: Tensor | None) -> Tensor:
        """codes, kept (B, N) -> what they give to the sum, (B, N, C')."""

    @abstractmethod
    def output(self, total: Tensor) -> Tensor:
        """The sum (B, N, C') -> what the decoder takes, (B, N, C)."""


class Table(Levels):
    """One table (K, D), searched by `metric`; for cosine both sides get length 1, and so does what is decoded."""

    combination: Combination = "single"

    def __init__(self, book: Codebook) -> None:
        super().__init__()
        rows = torch.from_numpy(book.vectors)
        self.register_buffer("rows", functional.normalize(rows, dim=1) if book.metric == "cosine" else rows)
        self.kind, self.channels, self._metric = "vq", book.codebook_dim, book.metric

    def codebooks(self) -> tuple[Codebook, ...]:
        return (Codebook(len(self.rows), self.channels, self._metric, self.rows.cpu().numpy()),)

    def quantize(self, latents: Tensor) -> list[LevelCodes]:
        z = functional.normalize(latents, dim=-1) if self._metric == "cosine" else latents
        codes = nearest(z, self.rows, self._metric)
        return [LevelCodes(codes, z, self.rows[codes])]

    def embed(self, level: int, codes: Tensor, kept: Tensor | None) -> Tensor:
        rows = self.rows[codes]
        return rows if kept is None else rows * kept[..., None]

    def output(self, total: Tensor) -> Tensor:
        return total


def attach(
    encoder: Callable,
    decoder: Callable | None,
    quantizer: nn.Module | None = None,
    *,
    codebook: object = None,
    metric: Metric = "euclidean",
    pixel_range: tuple[float, float] = (0.0, 1.0),
    tokens: int | None = None,
    **facts: object,
) -> Codec:
    """A tokenizer made of its three parts; latents, codes and decoding of single levels are then all shown.

    encoder(media) -> latents (B, C, *token shape), (B, *token shape, C) or (B, N, C), whichever it is: it is tried on
    an empty medium. decoder(the quantized latents, laid out alike) -> media; None if there is none. quantizer: a module
    of vector-quantize-pytorch; or leave it out and give `codebook`, a table (K, D) searched by `metric`.
    The rest is as for `adapt`. Raises AdapterError.
    """
    if (quantizer is None) == (codebook is None):
        raise AdapterError("attach() needs either a quantizer of vector-quantize-pytorch, or a codebook (K, D).")
    for name, part in (("encoder", encoder), ("decoder", decoder)):
        if not (callable(part) or (part is None and name == "decoder")):
            raise AdapterError(f"the {name} is {type(part).__name__}, which cannot be called.")
    if quantizer is not None:
        from explorer.tokenizers.user.vqpytorch import levels_of

        levels: Levels = levels_of(quantizer)
    else:
        levels = Table(one_table(codebook, metric))
    parts = [part for part in (encoder, quantizer, decoder) if isinstance(part, nn.Module)]
    counted = {id(p): p.numel() for part in parts for p in part.parameters()}
    kind = str(facts.pop("quantizer_kind", levels.kind))
    spec = spec_from(
        levels.codebooks(), levels.combination, sum(counted.values()), kind, facts | {"decodes": decoder is not None}
    )
    codec = Parts(encoder, levels, decoder, spec, pixel_range, tokens)
    codec.made_at = calling_line()
    return codec


def one_table(codebook: object, metric: Metric) -> Codebook:
    """The one table that a user gave. Raises AdapterError for several, or none."""
    books = codebooks_of(codebook, metric)
    if len(books) != 1 or books[0].vectors is None:
        raise AdapterError("attach() takes one table of vectors as codebook; adapt() takes anything else.")
    return books[0]


class Parts(UserCodec):
    """Encoder, `Levels` and decoder."""

    def __init__(
        self,
        encoder: Callable,
        levels: Levels,
        decoder: Callable | None,
        spec: TokenizerSpec,
        pixel_range: tuple[float, float],
        tokens: int | None,
    ) -> None:
        super().__init__()
        self.spec, self.levels = spec, levels
        self.encoder, self.decoder = encoder, decoder  # modules among them are moved with this one
        self._low, self._span = range_of(pixel_range, spec)
        self._tokens = tokens
        check_tokens(spec, tokens)
        self.eval()
        self._to_first, self._from_first = self._arrangement()

    def codebooks(self) -> tuple[Codebook, ...]:
        return self.levels.codebooks()

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        return set_layouts(self.spec, self._tokens) or super().layouts(extent)

    def latents(self, media: Tensor) -> Tensor:
        found = self._encoded(media)
        shape = self.layouts(tuple(media.shape[2:]))[0].shape
        expected = self._from_first(torch.empty(len(media), self.levels.channels, *shape, device="meta")).shape
        if found.shape != expected:
            raise AdapterError(
                f"the encoder gave {tuple(found.shape)} for {tuple(media.shape)}; {tuple(expected)} was expected."
            )
        return self._to_first(found, shape)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        shape = latents.shape[2:]
        return [
            CodecLevel(found.codes.reshape(len(latents), *shape), found.z_e, found.z_q)
            for found in self.levels.quantize(flat(latents))
        ]

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        given = self.levels.embed(level, indices.flatten(1), None if kept is None else kept.flatten(1))
        return given.transpose(1, 2).unflatten(2, indices.shape[1:])  # (B, C', *shape)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        total = sum(embedded[1:], embedded[0])
        shape = tuple(total.shape[2:])
        latents = self.levels.output(flat(total)).transpose(1, 2).unflatten(2, shape)
        media = call_user("decoder", self.decoder, self._from_first(latents))  # type: ignore[arg-type]
        if not isinstance(media, Tensor):
            raise AdapterError(f"the decoder gave {type(media).__name__}; a tensor was expected.")
        check_media(self.spec, media, len(total), self.extent([shape] * self.spec.num_quantizers))
        return (media - self._low) / self._span

    def _encoded(self, media: Tensor) -> Tensor:
        found = call_user("encoder", self.encoder, media * self._span + self._low)
        if not isinstance(found, Tensor):
            raise AdapterError(f"the encoder gave {type(found).__name__}; a tensor of latents was expected.")
        return found

    @torch.inference_mode()
    def _arrangement(self) -> tuple[Callable, Callable]:
        """How the encoder lays out its latents, seen by trying it: functions to channels first, and back."""
        media = self._probe()
        found, channels = self._encoded(media), self.levels.channels
        shape = self.layouts(tuple(media.shape[2:]))[0].shape
        count = torch.Size(shape).numel()
        ways = {
            (1, channels, *shape): (lambda z, shape: z, lambda z: z),
            (1, *shape, channels): (lambda z, shape: z.movedim(-1, 1), lambda z: z.movedim(1, -1)),
            (1, count, channels): (lambda z, shape: z.transpose(1, 2).unflatten(2, shape), flat),
            (1, channels, count): (lambda z, shape: z.unflatten(2, shape), lambda z: z.flatten(2)),
        }
        if tuple(found.shape) not in ways:
            raise AdapterError(
                f"the encoder gave {tuple(found.shape)} for {tuple(media.shape)}; expected was one of "
                f"{', '.join(map(str, ways))}: {count} tokens by downsampling {self.spec.downsampling}, and "
                f"{channels} channels for the quantizer."
            )
        return ways[tuple(found.shape)]

    def _probe(self) -> Tensor:
        """An empty medium, about as small as can be; on the device of the encoder."""
        spec, step = self.spec, self.spec.media_multiple
        if spec.modality == "audio":
            extent: tuple[int, ...] = spec.fixed_size or (-(-max(spec.shortest, 8 * step) // step) * step,)
        else:
            side = step * max(4, -(-PROBE_PX // step))
            frames = (spec.time_step + spec.first_frame_alone,) if spec.modality == "video" else ()
            extent = spec.fixed_size or (*frames, side, side + step)
        first = next(iter(self.parameters()), torch.zeros(0))
        channels = spec.channels if spec.modality == "audio" else 3
        return torch.full((1, channels, *extent), 0.0 if spec.modality == "audio" else 0.5, device=first.device)
