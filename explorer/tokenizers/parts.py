"""Long sounds in parts: what a codec that looks back only gives for a part, once enough of what came before is shown.

A causal encoder's token depends on its own samples and on those of `Codec.context` tokens before; so a part is encoded
with these in front, and what they gave again is dropped. Decoding is the same the other way round, with `token_reach`.
Memory is then that of one part, however long the sound. In exact arithmetic the result is that of the whole sound; in
floats a latent may differ by rounding, so that a tie between two codes can fall otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from explorer.tokenizers.codec import Codec, CodecLevel

PART = 500  # tokens at a time: 10 s of a codec of 50 tokens a second


def spans(tokens: int, before: int, part: int = PART) -> Iterator[tuple[int, int, int]]:
    """(start, skip, stop) of each part: tokens start..stop are worked on, and the first `skip` of them dropped."""
    for at in range(0, tokens, part):
        start = max(0, at - before)
        yield start, at - start, min(tokens, at + part)


def goes_in_parts(codec: Codec, tokens: int) -> bool:
    """Whether a sound of so many tokens is worked on in parts."""
    return codec.context is not None and codec.token_reach is not None and tokens > PART


def encode_parts(codec: Codec, media: Tensor, lap: Callable[[str], None]) -> list[CodecLevel]:
    """What latents and quantize give for media (B, C, S), part by part. lap: told "encode" and "quantize" each time."""
    hop, found = codec.spec.downsampling, []
    for start, skip, stop in spans(media.shape[-1] // hop, codec.context or 0):
        latents = codec.latents(media[..., start * hop : stop * hop])
        lap("encode")
        found.append([_without(stage, skip) for stage in codec.quantize(latents)])
        lap("quantize")
    return [
        CodecLevel(*(torch.cat([getattr(stage, name) for stage in level], 1) for name in ("indices", "z_e", "z_q")))
        for level in zip(*found, strict=True)
    ]


def decode_parts(codec: Codec, indices: Sequence[Tensor], kept: Sequence[Tensor | None]) -> Tensor:
    """What embed and decode give for indices (B, T) of each level, with masks of that shape or None, part by part."""
    hop, found = codec.spec.downsampling, []
    for start, skip, stop in spans(indices[0].shape[1], codec.token_reach or 0):
        made = codec.decode(
            [
                codec.embed(q, level[:, start:stop], None if mask is None else mask[:, start:stop])
                for q, (level, mask) in enumerate(zip(indices, kept, strict=True))
            ]
        )
        found.append(made[..., skip * hop :])
    return torch.cat(found, -1)


def _without(stage: CodecLevel, skip: int) -> CodecLevel:
    """Without the first tokens, which belong to the part before."""
    return CodecLevel(stage.indices[:, skip:], stage.z_e[:, skip:], stage.z_q[:, skip:])


@torch.inference_mode()
def stream_codes(
    codec: Codec, blocks: Iterable[np.ndarray], device: torch.device, part: int = PART
) -> Iterator[np.ndarray]:
    """Blocks (S, C) of one sound, of any lengths -> indices (T, Q) int64 of each part; silence fills the last token."""
    hop, context = codec.spec.downsampling, codec.context or 0
    waiting, before = [], np.zeros((0, codec.spec.channels), np.float32)

    def codes(samples: np.ndarray) -> np.ndarray:
        shown = torch.from_numpy(np.concatenate([before, samples]).T[None].copy()).to(device)
        stages = codec.quantize(codec.latents(shown))
        return torch.stack([stage.indices[0, len(before) // hop :] for stage in stages], -1).cpu().numpy()

    for block in blocks:
        waiting.append(np.asarray(block, np.float32))
        while sum(map(len, waiting)) >= part * hop:
            joined = np.concatenate(waiting)
            samples, waiting = joined[: part * hop], [joined[part * hop :]]
            yield codes(samples)
            before = np.concatenate([before, samples])[-context * hop :] if context else before
    rest = np.concatenate(waiting) if waiting else before[:0]
    if len(rest):
        yield codes(np.pad(rest, ((0, -len(rest) % hop), (0, 0))))


@torch.inference_mode()
def stream_sound(codec: Codec, parts: Iterable[np.ndarray], device: torch.device) -> Iterator[np.ndarray]:
    """Indices (T, Q) of one sound, in parts of any lengths -> samples (S, C) float32 of each part."""
    hop, reach = codec.spec.downsampling, codec.token_reach or 0
    before = np.zeros((0, codec.spec.num_quantizers), np.int64)
    for part in parts:
        shown = np.concatenate([before, np.asarray(part, np.int64)])
        levels = torch.from_numpy(shown.T.copy()).to(device)[:, None]  # (Q, 1, T)
        made = codec.decode([codec.embed(q, level) for q, level in enumerate(levels)])
        yield made[0, :, len(before) * hop :].float().cpu().numpy().T
        before = shown[-reach:] if reach else before
