"""AdaptedTokenizer: a Codec behind the Tokenizer interface. Checks, masks, batches and numpy, once for all codecs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.device import pick_device
from explorer.foundation.errors import MediaError, RecordError
from explorer.foundation.words import count_of
from explorer.joints.record import TokenLayout, TokenLevel, TokenRecord
from explorer.joints.table_faults import DIVERGED, codebook_faults, lost_codes
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec, extent_of
from explorer.quantizers.nearest import finite_rows
from explorer.tokenizers.clipping import clipping_note
from explorer.tokenizers.clock import Clock
from explorer.tokenizers.codec import Codec, CodecLevel
from explorer.tokenizers.parts import decode_parts, encode_parts, goes_in_parts, stream_codes, stream_sound
from explorer.tokenizers.precision import place
from explorer.tokenizers.user.trial import try_quietly

NO_DECODER = "This tokenizer has no decoder: the empty medium beside this one is not a reconstruction."
RANGE_SLACK = 0.01  # resampling may overshoot a little

_AXES = {"image": 3, "audio": 2, "video": 4}


class AdaptedTokenizer(Tokenizer):
    """`codec`, with its weights, on `device` ("auto", "cpu", "cuda", "mps"); in half precision on CUDA if it may."""

    def __init__(self, codec: Codec, spec: TokenizerSpec, device: str = "auto") -> None:
        try_quietly(codec)
        self._device = pick_device(device)
        self._codec, self._dtype = codec, place(codec, self._device)
        codec.spec = spec
        tensors = [*codec.parameters(), *codec.buffers()]
        self.spec = replace(spec, memory_bytes=sum(t.numel() * t.element_size() for t in tensors))
        self.device, self.token_reach = str(self._device), codec.token_reach
        self.looks_back = spec.modality == "audio" and codec.context is not None
        self._codebooks = codec.codebooks()
        noun = "group" if spec.combination == "concatenate" else "level"
        self._lost, faults = lost_codes(self._codebooks, noun), codebook_faults(self._codebooks, noun)
        self.spec = replace(self.spec, warnings=tuple(dict.fromkeys((*spec.warnings, *codec.warnings, *faults))))
        # That codes are not finite is said by `_lost`, in other words.
        self._warned = tuple(words for words in self.spec.warnings if not words.endswith(DIVERGED))

    def codebooks(self):
        return self._codebooks

    def layouts(self, extent: tuple[int, ...]) -> tuple[TokenLayout, ...]:
        return self._codec.layouts(tuple(extent))

    @torch.inference_mode()
    def tokenize(self, media: np.ndarray) -> TokenRecord:
        media, spec = self._checked_media(media), self.spec
        clock = Clock(self._device)
        tensor = self._tensor([media])
        stages = self._stages(tensor, clock.lap)
        clipped: tuple[str, ...] = ()
        if spec.decodes:
            indices = [stage.indices for stage in stages]
            made = self._decoded(indices, [None] * len(indices), self._codec.aside(tensor))
            decoded = self._array(made, self._extent(media.shape))[0]
            clipped = clipping_note(made) if spec.modality in ("image", "video") else ()
        else:
            decoded = np.zeros_like(media)
        clock.lap("decode")
        return TokenRecord(
            media,
            spec.id,
            self._levels(stages, media.shape)[0],
            decoded,
            clock.seconds,
            spec.combination,
            spec.modality,
            self.device,
            spec.sample_rate_hz,
            self._notes(stages) + clipped,
        )

    def _notes(self, stages: Sequence[CodecLevel]) -> tuple[str, ...]:
        """What a reader of a record of these stages should know."""
        lost = sum(int((~finite_rows(stage.z_e)).sum()) for stage in stages)
        every = sum(stage.indices.numel() for stage in stages)
        unplaced = (f"{lost:,} of {every:,} latents are not finite (NaN or infinity): no code is theirs.",) * (lost > 0)
        return self._codec.notes + (() if self.spec.decodes else (NO_DECODER,)) + self._warned + self._lost + unplaced

    @torch.inference_mode()
    def encode(self, media: Sequence[np.ndarray]) -> list[tuple[TokenLevel, ...]]:
        checked = [self._checked_media(medium) for medium in media]
        if len({medium.shape for medium in checked}) > 1:
            raise MediaError("media that are encoded together must be of one size")
        if not checked:
            return []
        return self._levels(self._stages(self._tensor(checked)), checked[0].shape)

    @property
    def streams(self) -> bool:
        """Whether a sound of any length can go through it in parts."""
        return self._codec.context is not None and self._codec.token_reach is not None

    def stream_codes(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """See `parts.stream_codes`, of a tokenizer that `streams`."""
        return stream_codes(self._codec, blocks, self._device)

    def stream_sound(self, parts: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """See `parts.stream_sound`, of a tokenizer that `streams`."""
        return stream_sound(self._codec, parts, self._device)

    def detokenize(self, indices: Sequence[np.ndarray]) -> np.ndarray:
        return self._decode([level[None] for level in self._checked_indices(indices)], None)[0]

    def decode_kept(self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> np.ndarray:
        return self._decode_kept(indices, kept, None)

    def decode_levels(self, record: TokenRecord, levels: Sequence[int]) -> np.ndarray:
        self._check_levels(levels)
        indices = [level.indices for level in record.levels]
        kept = [np.full(np.shape(level), q in levels) for q, level in enumerate(indices)]
        return self._decode_kept(indices, kept, np.asarray(record.media, np.float32))

    @torch.inference_mode()
    def _decode_kept(
        self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray], media: np.ndarray | None
    ) -> np.ndarray:
        """media: what was tokenized, where it is known, for what the codec sends beside its tokens."""
        checked = self._checked_indices(indices)
        if [np.shape(mask) for mask in kept] != [level.shape for level in checked]:
            raise RecordError("the masks of what is kept need the shapes of the indices")
        masks = [np.asarray(mask, bool)[None] for mask in kept]
        extent = self._codec.extent([level.shape for level in checked])
        known = media is not None and self._extent(media.shape) == extent
        aside = self._codec.aside(self._tensor([media])) if known else None
        return self._decode([level[None] for level in checked], masks, aside)[0]

    def decode_alone(self, level: int, codes: Sequence[int], tokens: int = 3) -> np.ndarray:
        self._check_levels([level])
        if tokens < 1:
            raise RecordError("a field needs at least one token")
        shape = self._field_shape(level, tokens)
        fields = np.broadcast_to(np.asarray(codes, np.int64).reshape(-1, *[1] * len(shape)), (len(codes), *shape))
        decoded = self.decode_fields(level, fields)
        if self.spec.layout not in ("grid2d", "grid3d"):
            return decoded
        height, width = decoded.shape[-3:-1]
        rows, columns = shape[-2:]
        top, left = rows // 2 * height // rows, columns // 2 * width // columns
        return decoded[..., top : top + max(1, height // rows), left : left + max(1, width // columns), :]

    def decode_fields(self, level: int, fields: np.ndarray) -> np.ndarray:
        self._check_levels([level])
        self._check_decoder()
        fields, size = np.asarray(fields), self._codebooks[level].codebook_size
        axes = len(self._field_shape(level, 1))
        if fields.ndim != 1 + axes or 0 in fields.shape[1:] or not np.issubdtype(fields.dtype, np.integer):
            raise RecordError(f"fields must be (n, {axes} axes of tokens) integers, got {fields.shape} {fields.dtype}")
        if fields.size and (fields.min() < 0 or fields.max() >= size):
            raise RecordError(f"codes of fields must lie in 0..{size - 1}")
        shapes = self._shapes_beside(level, fields.shape[1:])
        decoded, batch = [], self._codec.decode_batch
        for start in range(0, len(fields), batch):
            chunk = fields[start : start + batch]
            indices = [chunk if q == level else np.zeros((len(chunk), *s), np.int64) for q, s in enumerate(shapes)]
            decoded.append(self._decode(indices, [np.full(a.shape, q == level) for q, a in enumerate(indices)]))
        if not decoded:
            extent = self._codec.extent(shapes)
            last = self.spec.channels if self.spec.modality == "audio" else 3
            return np.empty((0, *extent, last), np.float32)
        return np.concatenate(decoded)

    @torch.inference_mode()
    def _decode(
        self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray] | None, aside: Tensor | None = None
    ) -> np.ndarray:
        """Indices, and masks, (B, *shape) of each level -> B media. Raises RecordError where there is no decoder."""
        self._check_decoder()
        levels = [torch.from_numpy(level.astype(np.int64, copy=True)).to(self._device) for level in indices]
        masks = [
            None if kept is None or kept[q].all() else torch.from_numpy(kept[q].copy()).to(self._device)
            for q in range(len(levels))
        ]
        return self._array(self._decoded(levels, masks, aside), self._codec.extent([np.shape(i)[1:] for i in indices]))

    def _stages(self, media: Tensor, lap: Callable[[str], None] = lambda _: None) -> list[CodecLevel]:
        """Encoder and quantizer; a long sound goes through them in parts."""
        if goes_in_parts(self._codec, media.shape[-1] // self.spec.downsampling):
            return encode_parts(self._codec, media, lap)
        latents = self._codec.latents(media)
        lap("encode")
        stages = self._codec.quantize(latents)
        lap("quantize")
        return stages

    def _decoded(self, indices: Sequence[Tensor], kept: Sequence[Tensor | None], aside: Tensor | None) -> Tensor:
        """Indices, and masks or None, (B, *shape) of each level -> media; a long sound in parts."""
        if aside is None and goes_in_parts(self._codec, indices[0].shape[-1]):
            return decode_parts(self._codec, indices, kept)
        embedded = [self._codec.embed(q, *pair) for q, pair in enumerate(zip(indices, kept, strict=True))]
        return self._codec.decode(embedded) if aside is None else self._codec.decode(embedded, aside)

    def _tensor(self, media: Sequence[np.ndarray]) -> Tensor:
        """Media of one shape, channels first, on the device."""
        return torch.from_numpy(np.stack(media)).to(self._device, self._dtype).movedim(-1, 1)

    def _array(self, media: Tensor, extent: tuple[int, ...]) -> np.ndarray:
        """(B, C, *extent) -> (B, *extent, C) float32; pictures are clamped, sound is cut or filled to its length."""
        array = media.float().movedim(1, -1).cpu().numpy()
        if self.spec.modality == "audio":
            missing = extent[0] - array.shape[1]
            array = np.pad(array, ((0, 0), (0, missing), (0, 0))) if missing > 0 else array[:, : extent[0]]
        else:
            array = array.clip(0, 1)
        if array.shape[1:-1] != extent:
            raise RecordError(f"{self.spec.id} decoded to {array.shape[1:-1]}, expected {extent}")
        return np.ascontiguousarray(array)

    def _extent(self, media_shape: tuple[int, ...]) -> tuple[int, ...]:
        return extent_of(self.spec, tuple(media_shape))

    def _levels(self, stages: Sequence[CodecLevel], media_shape: tuple[int, ...]) -> list[tuple[TokenLevel, ...]]:
        """The levels of each medium of a batch, with arrays of their own."""
        layouts = self._codec.layouts(self._extent(media_shape))
        arrays = [
            (s.indices.cpu().numpy(), s.z_e.float().cpu().numpy(), s.z_q.float().cpu().numpy(), book, layout)
            for s, book, layout in zip(stages, self._codebooks, layouts, strict=True)
        ]
        return [
            tuple(TokenLevel(indices[b], z_e[b], z_q[b], book, layout) for indices, z_e, z_q, book, layout in arrays)
            for b in range(len(arrays[0][0]))
        ]

    def _field_shape(self, level: int, tokens: int) -> tuple[int, ...]:
        """The shape of a field of one level for `decode_alone`: small, unless only one size can be decoded."""
        spec = self.spec
        if spec.fixed_size:
            return self._codec.layouts(spec.fixed_size)[level].shape
        step = spec.media_multiple
        if spec.layout == "sequence":
            samples = max(tokens * spec.downsampling, spec.shortest)
            return self._codec.layouts((-(-samples // step) * step,))[level].shape
        side = -(-tokens * spec.downsampling // step) * step
        extent = (
            (side, side) if spec.layout == "grid2d" else (1 if spec.first_frame_alone else spec.time_step, side, side)
        )
        return self._codec.layouts(extent)[level].shape

    def _shapes_beside(self, level: int, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The shapes of all levels where one has `shape`. Raises RecordError if no medium has it."""
        layouts = self._layouts_for(level, shape)
        if layouts is None or layouts[level].shape != tuple(shape):
            raise RecordError(f"{self.spec.id} has no medium with tokens of shape {tuple(shape)} on level {level}")
        return [layout.shape for layout in layouts]

    def _layouts_for(self, level: int, shape: tuple[int, ...]) -> tuple[TokenLayout, ...] | None:
        """The layouts of the medium whose level has that many tokens, if there is one: the caller compares."""
        if self.spec.fixed_size:
            return self._codec.layouts(self.spec.fixed_size)
        spec, axes = self.spec, len(self._field_shape(level, 1))
        if len(shape) != axes:
            return None
        alone, step = int(spec.first_frame_alone), spec.media_multiple
        probe = (step,) * axes if spec.layout != "grid3d" else (alone + spec.time_step, step, step)
        per_side = self._codec.layouts(probe)[level].shape  # tokens of this level on the smallest sides
        extent = [-(-n * side // per) for n, side, per in zip(shape, probe, per_side, strict=True)]
        if spec.layout == "grid3d":
            extent[0] = (shape[0] - alone) * spec.time_step + alone
        return self._codec.layouts(tuple(extent))

    def _checked_media(self, media: np.ndarray) -> np.ndarray:
        """float32 of a shape that the codec takes, or a MediaError that says what does not fit."""
        spec, shape = self.spec, np.shape(media)
        channels = spec.channels if spec.modality == "audio" else 3
        if len(shape) != _AXES[spec.modality] or shape[-1] != channels or 0 in shape:
            raise MediaError(f"{spec.id} needs {spec.modality} with {channels} channels last, got shape {shape}")
        if spec.fixed_size and tuple(shape[:-1]) != tuple(spec.fixed_size):
            raise MediaError(f"{spec.id} takes {' x '.join(map(str, spec.fixed_size))} only, got shape {shape}")
        sides = shape[1:-1] if spec.modality == "video" else shape[:-1]
        if any(side % spec.media_multiple for side in sides):
            raise MediaError(f"{spec.id} needs extents that are multiples of {spec.media_multiple}, got shape {shape}")
        if spec.modality == "video" and (shape[0] - spec.first_frame_alone) % spec.time_step:
            after = "one frame and then " if spec.first_frame_alone else ""
            raise MediaError(f"{spec.id} needs {after}frames in steps of {spec.time_step}, got {shape[0]} frames")
        if spec.modality == "audio" and shape[0] < spec.shortest:
            raise MediaError(f"{spec.id} needs {spec.shortest:,} samples or more, got {shape[0]:,}")
        return self._checked_values(np.ascontiguousarray(media, np.float32))

    def _checked_values(self, media: np.ndarray) -> np.ndarray:
        low, high = float(media.min()), float(media.max())
        if self.spec.modality == "audio":
            if not (low > -np.inf and high < np.inf):  # also True for NaN, which compares with nothing
                raise MediaError(f"{self.spec.id} needs finite samples, got {low:g} to {high:g}")
        elif not (low >= -RANGE_SLACK and high <= 1 + RANGE_SLACK):
            raise MediaError(f"{self.spec.id} needs pixel values from 0 to 1, got {low:g} to {high:g}")
        return media

    def _check_decoder(self) -> None:
        if not self.spec.decodes:
            raise RecordError(f"{self.spec.id} has no decoder, so its tokens cannot be made into {self.spec.modality}")

    def _check_levels(self, levels: Sequence[int]) -> None:
        """Raise RecordError for a level that the tokenizer does not have."""
        if any(not 0 <= level < len(self._codebooks) for level in levels):
            raise RecordError(f"{self.spec.id} has levels 0..{len(self._codebooks) - 1}, got {list(levels)}")

    def _checked_indices(self, indices: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One integer array a level, of shapes that fit one medium and with codes in range; or a RecordError."""
        if len(indices) != len(self._codebooks):
            raise RecordError(f"{self.spec.id} has {count_of(len(self._codebooks), 'level')}, got {len(indices)}")
        arrays = [np.asarray(level) for level in indices]
        shapes = [array.shape for array in arrays]
        axes = len(self._field_shape(0, 1))
        if any(len(shape) != axes or 0 in shape for shape in shapes):
            raise RecordError(f"indices of {self.spec.id} have {axes} axes, none of them empty, got shapes {shapes}")
        expected = [layout.shape for layout in self._codec.layouts(self._codec.extent(shapes))]
        if shapes != expected:
            raise RecordError(f"indices of {self.spec.id} need the shapes {expected}, got {shapes}")
        for array, book in zip(arrays, self._codebooks, strict=True):
            if not np.issubdtype(array.dtype, np.integer):
                raise RecordError(f"indices must be integers, got {array.dtype}")
            if array.min() < 0 or array.max() >= book.codebook_size:
                raise RecordError(
                    f"indices reach from {array.min()} to {array.max()}, outside 0..{book.codebook_size - 1}"
                )
        return arrays
