"""What the head of a picture file says of its colours and Pillow leaves out; it is put where Pillow keeps the rest.

`info["h273"]`: (primaries, transfer, full range) as numbers of ITU-T H.273, of a PNG's cICP or an AVIF or HEIC.
`info["icc_profile"]`: also of a BMP. `info["depth"]`: bits a channel, of AVIF and HEIC. `info["said"]`: what there is
to note of a head, one sentence each.
"""

from __future__ import annotations

import struct

from PIL import Image

from explorer.media.pictures import gif_blocks
from explorer.media.pictures.boxes import bits, coded_colour
from explorer.media.pictures.png_chunks import chunk

_V5_BYTES, _EMBEDDED = 124, 0x4D424544  # a BMP's header of version 5; "MBED"


def complete_header(image: Image.Image, data: bytes) -> Image.Image:
    """The opened picture with what its file says beyond Pillow. Never raises: a damaged head says less."""
    said: list[str] = []
    if image.format == "PNG":
        _from_png(image, data)
    elif image.format in ("AVIF", "HEIF"):
        image.info["depth"] = bits(data)
        found = coded_colour(data)
        if found is not None:
            image.info["h273"] = found
    elif image.format == "BMP":
        profile = _bmp_profile(data)
        if profile is not None:
            image.info["icc_profile"] = profile
    elif image.format == "GIF":
        if b"ICCRGBG1012" in data[:4096]:
            said.append("A colour profile inside a GIF is not read: colours are taken as sRGB, as browsers do.")
        if not gif_blocks.is_complete(data):
            said.append("It ends without its end mark: frames may be missing.")
    if said:
        image.info["said"] = tuple(said)
    return image


def _from_png(image: Image.Image, data: bytes) -> None:
    body = chunk(data, b"cICP")
    if body is not None and len(body) == 4:
        image.info["h273"] = (body[0], body[1], body[3] == 1)


def _bmp_profile(data: bytes) -> bytes | None:
    """The profile that a BMP of version 5 carries, b"" if it claims one that is not there, None if it claims none."""
    if len(data) < 14 + _V5_BYTES or struct.unpack_from("<I", data, 14)[0] < _V5_BYTES:
        return None
    if struct.unpack_from("<I", data, 14 + 56)[0] != _EMBEDDED:
        return None
    offset, size = struct.unpack_from("<2I", data, 14 + 112)
    return data[14 + offset : 14 + offset + size]
