"""Codec2 700C and LPCNet of Debian's libcodec2: no file, but a library of this machine, named `codec2:700C`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.foundation.errors import CheckpointError
from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.codec2.library import ABSENT, library_name
from explorer.public.codec2.modes import MODES, Mode
from explorer.public.format import Format
from explorer.public.header import Header

if TYPE_CHECKING:
    from explorer.public.codec2.codec import LibraryCodec


class Codec2(Format):
    """Told by its name, which the header has as `scalars["mode"]`."""

    id, title, modality = "codec2", "libcodec2", "audio"

    def recognises(self, header: Header) -> bool:
        return header.container == "library" and header.scalars.get("library") == "codec2"

    def describe(self, header: Header) -> TokenizerSpec:
        mode = _mode(header)
        if not library_name():
            raise CheckpointError(ABSENT)
        return TokenizerSpec(
            id="codec2",
            title=mode.title,
            summary=mode.summary,
            modality="audio",
            quantizer="rvq",
            codebook_size=max(mode.codes),
            codebook_dim=mode.dim,
            num_quantizers=len(mode.codes),
            combination="sum",
            downsampling=mode.hop,
            parameters=mode.stages * mode.codes[0] * mode.width + mode.more_numbers,
            licence="LGPL-2.1 (the library)",
            layout="sequence",
            sample_rate_hz=mode.rate_hz,
            shortest=mode.hop,
            delay_samples=mode.delay_samples,
            source="file",
        )

    def build(self, header: Header) -> LibraryCodec:
        from explorer.public.codec2.codec import LibraryCodec  # torch

        return LibraryCodec(_mode(header))


def _mode(header: Header) -> Mode:
    name = str(header.scalars.get("mode", ""))
    if name.lower() not in MODES:
        raise CheckpointError(
            f"codec2:{name[:40]} is not known here; codec2:700C and codec2:lpcnet are. The other modes of Codec2 send "
            "line spectrum pairs, whose tables are not read out."
        )
    return MODES[name.lower()]


CODEC2 = Codec2()
