"""How Cosmos DV lies in files. Its rates are in no tensor, so the name of the folder or the file must tell them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.convvq.plan import need
from explorer.public.cosmos.format import Cosmos, plain
from explorer.public.header import Header
from explorer.public.vit.shapes import count_parts

if TYPE_CHECKING:
    from explorer.public.cosmos.video import ClipTrunk, CosmosVideo

Shapes = dict[str, tuple[int, ...]]
NAMED_RATES = re.compile(r"(\d{1,2})x(\d{1,2})x(\d{1,2})(?!\d)")  # frames, rows, columns of a token
WIDTH = ".block.0.conv1.0.conv3d.weight"


class CosmosDv(Cosmos):
    """nvidia/Cosmos-0.1-Tokenizer-DV4x8x8, -DV8x8x8, -DV8x16x16 and Cosmos-1.0-Tokenizer-DV8x16x16."""

    id, title, modality = "cosmos-dv", "Cosmos DV", "video"
    axes, first, codes = 5, "encoder.conv_in.0.conv3d.weight", "quant_conv.conv3d.weight"

    def rename(self, key: str) -> str | None:
        return plain(key)

    def describe(self, header: Header) -> TokenizerSpec:
        shapes = self._shapes(header)
        self._both_halves(shapes)
        levels, (frames, side) = self._levels(shapes), self._rates(header)
        self._resamples(shapes, frames, side)
        return self._spec(
            header,
            levels,
            side,
            title=f"{self.title} {frames}x{side}x{side}",
            summary=f"{frames} frames of {side} x {side} pixels a token after a first frame alone, causal in time.",
            layout="grid3d",
            time_step=frames,
            first_frame_alone=True,
        )

    def build(self, header: Header) -> CosmosVideo:
        from explorer.public.cosmos.video import CosmosVideo, CosmosVideoConfig  # torch

        shapes = self._shapes(header)
        halving, doubling = self._resamples(shapes, *self._rates(header))
        config = CosmosVideoConfig(
            self._trunk(shapes, "encoder", "down", halving),
            self._trunk(shapes, "decoder", "up", doubling),
            self._splits(shapes[self.first][1]),
            self._levels(shapes),
        )
        return CosmosVideo(config)

    def _rates(self, header: Header) -> tuple[int, int]:
        """Frames, and pixels a side, of a token: from config.json, or from the name of the file or of its folders."""
        said = [header.config.get(f"{axis}_compression") for axis in ("temporal", "spatial")]
        if all(isinstance(value, int) and value > 0 for value in said):
            return said[0], said[1]
        for part in reversed(header.path.absolute().parts):
            if match := NAMED_RATES.search(part):
                return int(match[1]), int(match[2])
        raise CheckpointError(
            f"{self.title} comes with 4x8x8, 8x8x8 or 8x16x16 frames, rows and columns a token, which its tensors do "
            "not tell: name the folder or the file after it, such as Cosmos-0.1-Tokenizer-DV8x16x16."
        )

    def _resamples(self, shapes: Shapes, frames: int, side: int) -> tuple[list, list]:
        """(in space, in time) between levels, of the encoder and of the decoder, as the rates ask for.

        What the wavelets leave is halved in the encoder's first levels. The decoder doubles time one level later than
        space, unless as many halvings remain in both.
        """
        splits, counts = self._splits(shapes[self.first][1]), []
        for rate in (side, frames):
            left = math.log2(rate) - splits
            counts.append(int(left))
            most = min(count_parts(shapes, "encoder.down."), count_parts(shapes, "decoder.up.")) - 1
            if left != int(left) or not 0 <= left <= most:
                raise CheckpointError(
                    f"{self.title} with {rate} frames or pixels a token does not fit: wavelets take {2**splits}, and "
                    f"its levels up to {2**most} times that."
                )
        space, time = counts
        halving = [(i < space, i < time) for i in range(count_parts(shapes, "encoder.down.") - 1)]
        last, doubling = count_parts(shapes, "decoder.up.") - 1, []
        for level in range(1, last + 1):
            step = last - level  # the coarsest level runs first
            in_time = 0 < step < time + 1
            doubling.append((in_time or (step < space and space > time), in_time))
        if sum(in_space for in_space, _ in doubling) != space or sum(in_time for _, in_time in doubling) != time:
            raise CheckpointError(f"{self.title} with {frames}x{side}x{side} needs more levels in its decoder.")
        return halving, doubling

    def _trunk(self, shapes: Shapes, side: str, where: str, resamples: list) -> ClipTrunk:
        from explorer.public.cosmos.video import ClipTrunk  # torch

        numbers = range(count_parts(shapes, f"{side}.{where}."))
        return ClipTrunk(
            inputs=need(shapes, f"{side}.conv_in.0.conv3d.weight", 5)[1],
            outputs=need(shapes, f"{side}.conv_out.0.conv3d.weight", 5)[0],
            first=need(shapes, f"{side}.conv_in.0.conv3d.weight", 5)[0],
            widths=tuple(need(shapes, f"{side}.{where}.{i}{WIDTH}", 5)[0] for i in numbers),
            blocks=tuple(count_parts(shapes, f"{side}.{where}.{i}.block.") for i in numbers),
            attention=tuple(count_parts(shapes, f"{side}.{where}.{i}.attn.") > 0 for i in numbers),
            resamples=tuple(resamples),
        )


COSMOS_DV = CosmosDv()
