"""A user's tokenizer is tried when its file is read: encoder and decoder, and whether the range of pixels is right.

A wrong range raises no error: pixels come back pale or clipped, and codes for dark or bright stay unused. What can be
seen of that on black, grey, white and a picture of colours is said, with the range under which they come back better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor

from explorer.foundation.errors import AdapterError
from explorer.foundation.words import count_of
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.tokenizers.clipping import MANY, outside
from explorer.tokenizers.codec import Codec, CodecLevel
from explorer.tokenizers.user.codec import UserCodec
from explorer.tokenizers.user.facts import unheard

PROBE_PX = 64  # about: the side of the pictures that are tried
FLATS = (0.0, 128 / 255, 1.0)  # black, grey, white
RANGES = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0))  # what networks are trained on
# By which another range must be better to be named. The zoo, trained on -1 to 1 and tried as from 0 to 1, lost 0.9 to
# 1.3 dB, since those are greys that it knows; every other mistake cost 7 dB or more.
BETTER_DB = 0.5
EXPLAINED = 0.5  # of the variance of what was tried, at least: less may be a decoder that says nothing


@dataclass(frozen=True)
class RangeTrial:
    """What one range gave.

    codes: for each shade its codes, one a level, () where tokens have no places. clipped: of `decoded` values outside 0
    to 1, and wild: well outside. error, variance: mean squares of all that was tried, after clipping.
    """

    codes: tuple[tuple[int, ...], ...]
    decoded: int
    clipped: int
    wild: int
    error: float
    variance: float

    @property
    def psnr_db(self) -> float:
        return 99.0 if self.error < 1e-10 else -10 * math.log10(self.error)


def try_out(codec: Codec) -> None:
    """Let encoder and decoder run once, on small media; what of a wrong range is seen becomes `codec.warnings`.

    Raises AdapterError, or whatever the user's own code raises, for parts that do not do what they should.
    """
    codec.eval()  # a model left in training would change while it is tried
    if isinstance(codec, UserCodec):
        codec.tried = True
    if codec.spec.modality != "image":
        _once(codec, probe(codec.spec, _device(codec)))
        return
    seen = _seen(codec)
    said = _signs(seen, codec.spec)
    better = _better(codec, seen) if isinstance(codec, UserCodec) and codec.spec.decodes else ()
    if said or better:
        count = f"{seen.clipped:,} of {seen.decoded:,} decoded values lie outside 0 to 1 and are clipped"
        words = "; ".join([*said, *[count] * codec.spec.decodes])
        sentence = " ".join([f"Tried on black, grey, white and a picture of colours: {words}.", *better])
        codec.warnings = (*codec.warnings, sentence)


def try_whole(tokenizer: Tokenizer) -> None:
    """A whole Tokenizer is let through a small medium, if it decodes. Raises whatever it raises."""
    if tokenizer.spec.decodes and tokenizer.spec.modality in ("image", "audio", "video"):
        media = probe(tokenizer.spec, torch.device("cpu"))[0].movedim(0, -1).float().numpy()
        tokenizer.tokenize(media)


def try_quietly(codec: Codec) -> None:
    """The same once, for its warnings alone: what fails will say so where it is used."""
    if not isinstance(codec, UserCodec) or codec.tried:
        return
    with unheard(), suppress(Exception):
        try_out(codec)


def probe(spec: TokenizerSpec, device: torch.device) -> Tensor:
    """A medium about as small as can be, (1, C, *extent): colours for the eye, a soft tone for the ear."""
    step = spec.media_multiple
    if spec.modality == "audio":
        samples = (spec.fixed_size or (-(-max(spec.shortest, 8 * step) // step) * step,))[0]
        tone = 0.1 * torch.sin(2 * math.pi * 440 / (spec.sample_rate_hz or 16_000) * torch.arange(samples))
        return tone.expand(1, spec.channels, samples).to(device).contiguous()
    # Three shades side by side, each of two tokens at least.
    height = step * max(4, -(-PROBE_PX // step))
    width = 3 * step * max(2, -(-PROBE_PX // (3 * step)))
    height, width = spec.fixed_size[-2:] or (height, width)
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    wave = 0.5 + 0.5 * torch.sin(2 * math.pi * (2 * x + y))
    picture = torch.stack([x, wave, y])[None].to(device)  # (1, 3, H, W)
    if spec.modality == "image":
        return picture
    frames = spec.fixed_size[0] if spec.fixed_size else spec.time_step + spec.first_frame_alone
    return picture[:, :, None].expand(1, 3, frames, height, width).contiguous()


def shades(like: Tensor) -> Tensor:
    """Black, grey and white side by side, of the size of `like` (1, 3, H, W)."""
    width = like.shape[-1]
    columns = torch.tensor([FLATS[3 * x // width] for x in range(width)], device=like.device)
    return columns.expand_as(like).contiguous()


def _seen(codec: Codec) -> RangeTrial:
    """Three shades, and colours, through the codec."""
    picture = probe(codec.spec, _device(codec))
    codes: tuple[tuple[int, ...], ...] = ()
    decoded, clipped, wild, error, values = 0, 0, 0, 0.0, [shades(picture), picture]
    for number, media in enumerate(values):
        stages, back = _once(codec, media)
        if number == 0:
            codes = _of_shades(stages, codec.spec)
        if back is not None:
            over, far = outside(back)
            decoded, clipped, wild = decoded + back.numel(), clipped + over, wild + far
            error += float((back.clamp(0, 1) - media).square().sum())
    variance = float(torch.stack(values).var(unbiased=False))
    return RangeTrial(codes, decoded, clipped, wild, error / max(decoded, 1), variance)


def _of_shades(stages: Sequence[CodecLevel], spec: TokenizerSpec) -> tuple[tuple[int, ...], ...]:
    """The codes in the middle of each shade, one a level; () where tokens have no places."""
    if spec.layout != "grid2d":
        return ()
    found = []
    for shade in range(len(FLATS)):
        grids = [stage.indices[0] for stage in stages]  # (rows, columns)
        found.append(tuple(int(g[g.shape[0] // 2, (2 * shade + 1) * g.shape[1] // (2 * len(FLATS))]) for g in grids))
    return tuple(found)


@torch.inference_mode()
def _once(codec: Codec, media: Tensor) -> tuple[list[CodecLevel], Tensor | None]:
    """The stages of a medium, and its decode if there is a decoder. Raises AdapterError."""
    stages = codec.quantize(codec.latents(media))
    if not codec.spec.decodes:
        return stages, None
    back = codec.decode([codec.embed(q, stage.indices) for q, stage in enumerate(stages)])
    if not bool(torch.isfinite(back).all()):
        lost = int((~torch.isfinite(back)).sum())
        raise AdapterError(f"the decoder gave NaN or infinity for {lost:,} of {back.numel():,} values.")
    return stages, back


def _signs(seen: RangeTrial, spec: TokenizerSpec) -> list[str]:
    """What of a wrong range can be seen."""
    said, different = [], len(set(seen.codes))
    if seen.codes and different < min(len(FLATS), spec.codebook_size):
        said.append(f"black, grey and white get {count_of(different, 'different code')}")
    if seen.codes and spec.codebook_size <= len(FLATS):
        used = {codes[0] for codes in seen.codes}
        unused = [str(code) for code in range(spec.codebook_size) if code not in used]
        if unused:
            said.append(f"code {' and '.join(unused)} of {spec.codebook_size} never occurs on them")
    if seen.wild >= MANY * max(seen.decoded, 1):
        said.append("many decoded values are far off")
    return said


def _better(codec: UserCodec, seen: RangeTrial) -> tuple[str, ...]:
    """The range under which all comes back best, if another one is clearly better."""
    declared = codec.pixel_range
    found = []
    with unheard():  # what fails under a range that nobody declared is no fault
        for low, high in RANGES:
            if (low, high) == declared:
                continue
            codec.set_range(low, high)
            try:
                found.append(((low, high), _seen(codec)))
            except Exception:  # whatever the user's code makes of values that it was not made for
                continue
            finally:
                codec.set_range(*declared)
    best, other = min(found, key=lambda one: one[1].error, default=((0.0, 1.0), seen))
    enough = other.error <= (1 - EXPLAINED) * other.variance
    if not enough or other.psnr_db < seen.psnr_db + BETTER_DB:
        return ()
    return (
        f"With pixel_range=({best[0]:g}, {best[1]:g}) they come back at {other.psnr_db:.1f} dB instead of "
        f"{seen.psnr_db:.1f} dB: is that its range?",
    )


def _device(codec: Codec) -> torch.device:
    """Where its tensors lie."""
    return next(iter((*codec.parameters(), *codec.buffers())), torch.zeros(0)).device
