"""LyraCodec: the three graphs of Lyra v2 as a Codec. Residual vector quantization, searched here as elsewhere.

SoundStream (Zeghidour et al. 2021, arXiv 2107.03312) and its release as Lyra v2. Encoder and decoder keep their state
from frame to frame inside their graphs, and no call gives them back all of the first one: each medium has interpreters
of its own (3 ms), which visitors then do not share either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.foundation.errors import CheckpointError
from explorer.foundation.owners import EVERYBODY, owner
from explorer.joints.record import Codebook
from explorer.public.lyra.format import CODES, FEATURES, GRAPHS, HOP, LEVELS, PUBLISHED
from explorer.tokenizers.codec import Codec, CodecLevel, flat, lookup, nearest

PACKAGE = "ai-edge-litert"
LATENT = (1, 1, FEATURES)
TABLE = "transpose"  # constants of the quantizer's graph: transpose, transpose_1, ... (16, 64), one a level


class LyraCodec(Codec):
    """sizes: bytes of each graph. Its tensors are the graphs themselves; `ready` makes interpreters of them."""

    half_precision = False

    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__()
        for stem in GRAPHS:
            self.register_buffer(stem, torch.empty(sizes[stem], dtype=torch.uint8))
        self.register_buffer("tables", torch.empty(LEVELS, CODES, FEATURES), persistent=False)  # (Q, K, D)
        self._contents: dict[str, bytes] = {}

    def ready(self) -> None:
        """Read the codebooks out of the quantizer's graph, and keep the two others to be run.

        Raises CheckpointError for graphs that are not to be run, without the package that runs them, and where one is
        not what its name says.
        """
        contents = {stem: getattr(self, stem).numpy().tobytes() for stem in GRAPHS}
        check_trusted(contents)
        self.tables = torch.from_numpy(_tables(_interpreter("quantizer", contents.pop("quantizer"))))
        for stem, given, made in (("soundstream_encoder", (1, HOP), LATENT), ("lyragan", LATENT, (1, HOP))):
            _check_ends(_interpreter(stem, contents[stem]), given, made, stem)
        self._contents = contents
        for stem in GRAPHS:  # not kept twice
            setattr(self, stem, torch.empty(0, dtype=torch.uint8))

    def latents(self, media: Tensor) -> Tensor:
        frames = media[:, 0].reshape(len(media), -1, 1, HOP)  # (B, T, 1, hop)
        return self._run("soundstream_encoder", frames).flatten(2).transpose(1, 2)  # (B, D, T)

    def quantize(self, latents: Tensor) -> list[CodecLevel]:
        residual, found = flat(latents), []  # (B, T, D)
        for table in self.tables:
            indices = nearest(residual, table)
            codes = table[indices]
            found.append(CodecLevel(indices, residual, codes))
            residual = residual - codes
        return found

    def embed(self, level: int, indices: Tensor, kept: Tensor | None = None) -> Tensor:
        return lookup(self.tables[level], indices, kept)  # (B, D, T)

    def decode(self, embedded: Sequence[Tensor]) -> Tensor:
        features = torch.stack(list(embedded)).sum(0).transpose(1, 2)  # (B, T, D)
        return self._run("lyragan", features[:, :, None, None]).flatten(1)[:, None]  # (B, 1, samples)

    def codebooks(self) -> tuple[Codebook, ...]:
        return tuple(Codebook(CODES, FEATURES, "euclidean", table.cpu().numpy().copy()) for table in self.tables)

    def _run(self, stem: str, frames: Tensor) -> Tensor:
        """Each medium of `frames` (B, T, *shape of an input) through a graph: (B, T, *shape of its output)."""
        each = []
        for medium in frames.cpu().numpy().astype(np.float32):
            graph, outputs = _interpreter(stem, self._contents[stem]), []
            given, made = graph.get_input_details()[0]["index"], graph.get_output_details()[0]["index"]
            for frame in medium:
                graph.set_tensor(given, frame)
                graph.invoke()
                outputs.append(graph.get_tensor(made))
            each.append(np.stack(outputs))
        return torch.from_numpy(np.stack(each)).to(frames.device)


def check_trusted(contents: Mapping[str, bytes]) -> None:
    """Raise CheckpointError unless the graphs may be run: published ones for anybody, others for the person whose
    machine it is, who named them.
    """
    strange = [stem for stem, content in contents.items() if sha256(content).hexdigest() != PUBLISHED[stem]]
    if strange and owner() != EVERYBODY:
        raise CheckpointError(
            f"{', '.join(f'{stem}.tflite' for stem in strange)} is not the published file of Lyra 1.3.2. A graph is a "
            "program: others run only where the person who starts the app names their folder."
        )


def _interpreter(stem: str, content: bytes) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter  # optional, and 0.3 s
    except ImportError as error:
        raise CheckpointError(
            f"Lyra's graphs are run by the package {PACKAGE}, which is not installed: `pip install {PACKAGE}`."
        ) from error
    try:
        graph = Interpreter(model_content=content, num_threads=1)
        graph.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise CheckpointError(f"{stem}.tflite is no graph that can be run: {str(error)[:200]}") from error
    return graph


def _tables(graph: Any) -> np.ndarray:
    """The codebooks (Q, K, D) of the quantizer, in the order of its levels."""
    found = {one["name"]: one for one in graph.get_tensor_details()}
    names = [TABLE, *(f"{TABLE}_{level}" for level in range(1, LEVELS))]
    lost = [name for name in names if name not in found or found[name]["shape"].tolist() != [CODES, FEATURES]]
    if lost:
        raise CheckpointError(f"quantizer.tflite has no codebook {lost[0]!r} of {CODES} codes and {FEATURES} numbers.")
    return np.stack([graph.get_tensor(found[name]["index"]) for name in names]).astype(np.float32)


def _check_ends(graph: Any, given: tuple[int, ...], made: tuple[int, ...], stem: str) -> None:
    ends = tuple(tuple(one[0]["shape"].tolist()) for one in (graph.get_input_details(), graph.get_output_details()))
    if ends != (given, made):
        raise CheckpointError(f"{stem}.tflite takes {ends[0]} and gives {ends[1]}; {given} and {made} were expected.")
