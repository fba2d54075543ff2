"""NativeTokenizer: a checkpoint of the zoo behind the Tokenizer interface."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.device import pick_device
from explorer.foundation.errors import MediaError, RecordError
from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord
from explorer.joints.table_faults import lost_codes
from explorer.joints.tokenizer import Tokenizer
from explorer.quantizers.base import QuantizerOutput
from explorer.tokenizers.clock import Clock
from explorer.tokenizers.native.autoencoder import decoder_reach, from_network, to_network
from explorer.tokenizers.native.checkpoint import load_model
from explorer.tokenizers.native.specs import read_config, spec_of

DECODE_BATCH = 64  # fields of codes decoded at a time
RANGE_SLACK = 0.01  # resampling may overshoot a little


class NativeTokenizer(Tokenizer):
    """Encoder, quantizer and decoder read from `folder`, on `device` ("auto", "cpu", "cuda", "mps")."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        config = read_config(folder)
        self.spec = spec_of(config)
        self._device = pick_device(device)
        self._model = load_model(folder).to(self._device)
        self._codebooks = self._model.quantizer.codebooks()
        self._lost = lost_codes(self._codebooks, "group" if self.spec.combination == "concatenate" else "level")
        self.device = str(self._device)
        self.token_reach = decoder_reach(tuple(config["architecture"]["blocks"]))

    def codebooks(self) -> tuple[Codebook, ...]:
        return self._codebooks

    @torch.inference_mode()
    def tokenize(self, media: np.ndarray) -> TokenRecord:
        media = self._checked_media(media)
        clock = Clock(self._device)
        pixels = torch.from_numpy(media).to(self._device)
        z = self._model.encode(to_network(pixels.permute(2, 0, 1)[None]))  # (1, h, w, D)
        clock.lap("encode")
        output = self._model.quantizer(z)
        clock.lap("quantize")
        decoded = from_network(self._model.decode(output.z_q))[0].permute(1, 2, 0).cpu().numpy()
        clock.lap("decode")
        levels = self._levels(output, media.shape[:2])[0]
        return TokenRecord(
            media,
            self.spec.id,
            levels,
            decoded,
            clock.seconds,
            self.spec.combination,
            device=self.device,
            notes=self._lost,
        )

    @torch.inference_mode()
    def encode(self, media: Sequence[np.ndarray]) -> list[tuple[TokenLevel, ...]]:
        checked = [self._checked_media(medium) for medium in media]
        if len({medium.shape for medium in checked}) > 1:
            raise MediaError("media that are encoded together must be of one size")
        if not checked:
            return []
        pixels = torch.from_numpy(np.stack(checked)).to(self._device)  # (B, H, W, 3)
        output = self._model.quantizer(self._model.encode(to_network(pixels.permute(0, 3, 1, 2))))
        return self._levels(output, checked[0].shape[:2])

    def _checked_media(self, media: np.ndarray) -> np.ndarray:
        """(H, W, 3) float32, or a MediaError that says what does not fit."""
        factor = self.spec.downsampling
        shape = np.shape(media)
        if len(shape) != 3 or shape[2] != 3 or shape[0] % factor or shape[1] % factor or 0 in shape:
            raise MediaError(f"{self.spec.id} needs (H, W, 3) with sides that are multiples of {factor}, got {shape}")
        media = np.ascontiguousarray(media, np.float32)
        low, high = float(media.min()), float(media.max())
        if not (low >= -RANGE_SLACK and high <= 1 + RANGE_SLACK):  # also True for NaN, which compares with nothing
            raise MediaError(f"{self.spec.id} needs pixel values from 0 to 1, got {low:g} to {high:g}")
        return media

    def _levels(self, output: QuantizerOutput, media_shape: tuple[int, ...]) -> list[tuple[TokenLevel, ...]]:
        """The levels of each picture of a batch, with arrays of their own."""
        layout = TokenLayout("grid2d", tuple(output.indices.shape[1:3]), tuple(media_shape))
        stages = [
            (
                stage.indices.cpu().numpy(),  # (B, h, w)
                stage.z_e.flatten(1, 2).float().cpu().numpy(),  # (B, N, d)
                stage.z_q.flatten(1, 2).float().cpu().numpy(),
                codebook,
            )
            for stage, codebook in zip(output.stages, self._codebooks, strict=True)
        ]
        return [
            tuple(TokenLevel(indices[b], z_e[b], z_q[b], codebook, layout) for indices, z_e, z_q, codebook in stages)
            for b in range(len(output.indices))
        ]

    @torch.inference_mode()
    def detokenize(self, indices: Sequence[np.ndarray]) -> np.ndarray:
        stacked = self._checked_indices(indices)  # (h, w, Q)
        return self._decode(self._model.quantizer.lookup(stacked[None]))[0]

    @torch.inference_mode()
    def decode_kept(self, indices: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> np.ndarray:
        stacked = self._checked_indices(indices)
        if len(kept) != len(indices) or any(np.shape(mask) != tuple(stacked.shape[:2]) for mask in kept):
            raise RecordError("the masks of what is kept need the shapes of the indices")
        vectors = self._model.quantizer.level_vectors(stacked[None])
        masks = [torch.from_numpy(np.asarray(mask, bool)).to(self._device)[None, ..., None] for mask in kept]
        chosen = [torch.where(mask, v, self._absent(q)) for q, (v, mask) in enumerate(zip(vectors, masks, strict=True))]
        return self._decode(self._model.quantizer.combine(chosen))[0]

    @torch.inference_mode()
    def decode_levels(self, record: TokenRecord, levels: Sequence[int]) -> np.ndarray:
        stacked = self._checked_indices([level.indices for level in record.levels])
        self._check_levels(levels)
        vectors = self._model.quantizer.level_vectors(stacked[None])
        kept = [v if q in levels else self._absent(q).expand_as(v) for q, v in enumerate(vectors)]
        return self._decode(self._model.quantizer.combine(kept))[0]

    def decode_alone(self, level: int, codes: Sequence[int], tokens: int = 3) -> np.ndarray:
        self._check_levels([level])
        if tokens < 1 or any(not 0 <= code < self.spec.codebook_size for code in codes):
            raise RecordError(f"codes must lie in 0..{self.spec.codebook_size - 1}, on a field of at least one token")
        factor, middle = self.spec.downsampling, tokens // 2 * self.spec.downsampling
        fields = np.broadcast_to(np.asarray(codes, np.int64).reshape(-1, 1, 1), (len(codes), tokens, tokens))
        return self.decode_fields(level, fields)[:, middle : middle + factor, middle : middle + factor]

    @torch.inference_mode()
    def decode_fields(self, level: int, fields: np.ndarray) -> np.ndarray:
        self._check_levels([level])
        fields, factor = np.asarray(fields), self.spec.downsampling
        if fields.ndim != 3 or 0 in fields.shape[1:] or not np.issubdtype(fields.dtype, np.integer):
            raise RecordError(f"fields must be (n, rows, columns) integers, got {fields.shape} {fields.dtype}")
        if fields.size and (fields.min() < 0 or fields.max() >= self.spec.codebook_size):
            raise RecordError(f"codes of fields must lie in 0..{self.spec.codebook_size - 1}")
        decoded = [np.empty((0, fields.shape[1] * factor, fields.shape[2] * factor, 3), np.float32)]
        for start in range(0, len(fields), DECODE_BATCH):
            chunk = torch.from_numpy(fields[start : start + DECODE_BATCH].astype(np.int64)).to(self._device)
            vectors = self._model.quantizer.level_vectors(
                chunk[..., None].expand(*chunk.shape, self.spec.num_quantizers)
            )
            kept = [v if q == level else self._absent(q).expand_as(v) for q, v in enumerate(vectors)]
            decoded.append(self._decode(self._model.quantizer.combine(kept)))
        return np.concatenate(decoded)

    def _decode(self, z_q: Tensor) -> np.ndarray:
        """z_q (B, h, w, D) -> (B, H, W, 3) float32 in [0, 1]."""
        return from_network(self._model.decode(z_q)).permute(0, 2, 3, 1).cpu().numpy()

    def _absent(self, level: int) -> Tensor:
        """What stands for a level that is left out: nothing in a sum, the mean of its codes in a concatenation."""
        codebook = self._codebooks[level]
        if self.spec.combination == "sum" or codebook.vectors is None:
            return torch.zeros(codebook.codebook_dim, device=self._device)
        present = np.isfinite(codebook.vectors).all(1)
        return torch.from_numpy(codebook.vectors[present].mean(0)).to(self._device)

    def _check_levels(self, levels: Sequence[int]) -> None:
        """Raise RecordError for a level that the tokenizer does not have."""
        if any(not 0 <= level < self.spec.num_quantizers for level in levels):
            raise RecordError(f"{self.spec.id} has levels 0..{self.spec.num_quantizers - 1}, got {list(levels)}")

    def _checked_indices(self, indices: Sequence[np.ndarray]) -> Tensor:
        """Stack (h, w) arrays of all levels to (h, w, Q), or say what does not fit."""
        if len(indices) != self.spec.num_quantizers:
            raise RecordError(f"{self.spec.id} has {self.spec.num_quantizers} levels, got {len(indices)}")
        shapes = {np.shape(level) for level in indices}
        if len(shapes) != 1 or len(next(iter(shapes))) != 2 or 0 in next(iter(shapes)):
            raise RecordError(f"indices must be one (rows, columns) array a level, got shapes {sorted(shapes)}")
        stacked = np.stack([np.asarray(level) for level in indices], axis=-1)
        if not np.issubdtype(stacked.dtype, np.integer):
            raise RecordError(f"indices must be integers, got {stacked.dtype}")
        if stacked.min() < 0 or stacked.max() >= self.spec.codebook_size:
            raise RecordError(
                f"indices reach from {stacked.min()} to {stacked.max()}, outside 0..{self.spec.codebook_size - 1}"
            )
        return torch.from_numpy(stacked.astype(np.int64)).to(self._device)
