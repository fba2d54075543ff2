"""JPEG and WebP at the bits of a tokenizer: a reference that everybody knows, at *measured* bits.

The picture is encoded by Pillow again and again until the bits of the encoded bytes are nearest to what is wanted. A
token file has no header, and its decoder and codebook count as known; so bits are counted in two ways, and both are
kept: "file", every byte, and "payload", without headers:

- JPEG (ITU-T T.81): baseline, 4:2:0, optimized Huffman tables; payload is the entropy-coded data of its scans, without
  markers, quantization and Huffman tables.
- WebP (RFC 9649, lossy VP8, RFC 6386): method 4; payload is the VP8 frame without the RIFF container and the ten bytes
  of frame header.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from PIL import Image, features

from explorer.compare.kinds import KINDS
from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.media.pictures.image import to_pil
from explorer.media.quality.fidelity import Fidelity
from explorer.media.quality.sound_fidelity import SoundQuality

Counted = Literal["file", "payload"]
COUNTED: tuple[Counted, ...] = ("payload", "file")
CODECS = KINDS["image"].codecs
CLOSE = 0.01  # share of the wanted bits by which they may be missed before the search goes on
FINER_STEPS = 5  # halvings between two whole qualities, where the codec takes fractions
_QUALITIES = {"jpeg": (1.0, 95.0), "webp": (0.0, 100.0)}  # above 95 Pillow's JPEG turns parts of the method off
_VP8_HEADER_BYTES = 10


@dataclass(frozen=True)
class Encoding:
    """One encoding. quality: as given to the encoder. file_bits, payload_bits: see the module's first lines."""

    quality: float
    file_bits: int
    payload_bits: int
    data: bytes

    def bits(self, counted: Counted) -> int:
        """The bits counted that way."""
        return self.file_bits if counted == "file" else self.payload_bits

    def pixels(self) -> np.ndarray:
        """Decoded: (H, W, 3) float32 in [0, 1]."""
        with Image.open(io.BytesIO(self.data)) as image:
            return np.asarray(image.convert("RGB"), np.float32) / 255


@dataclass(frozen=True)
class Reference:
    """A codec at the bits of tokenizers.

    names: whose bits they are, such as "rvq-4, level 1". counted: which of its bits were held against `wanted_bits`.
    reached: False if even the lowest or highest quality is more than a tenth away from them.
    """

    codec: str
    counted: Counted
    names: tuple[str, ...]
    wanted_bits: float
    quality: float
    file_bits: int
    payload_bits: int
    fidelity: Fidelity | SoundQuality

    @property
    def bits(self) -> int:
        return self.file_bits if self.counted == "file" else self.payload_bits

    @property
    def reached(self) -> bool:
        return abs(self.bits - self.wanted_bits) <= 0.1 * self.wanted_bits


class Codec:
    """One codec on one picture (H, W, 3) in [0, 1], which is rounded to 8 bits. Remembers what it has encoded.

    qualities: the lowest and the highest that the encoder takes. finer: halvings between two whole ones.

    Raises UnknownIdError for another codec, SettingsError if this build of Pillow lacks it or the picture is too large
    for it.
    """

    def __init__(self, name: str, picture: np.ndarray) -> None:
        if name not in CODECS:
            raise UnknownIdError(unknown_id_message("codec", name, list(CODECS)))
        if name == "webp" and not features.check("webp"):
            raise SettingsError("This build of Pillow has no WebP; install the wheel of pillow.")
        self.name, self.title, self._image = name, CODECS[name], to_pil(picture)
        self.qualities, self.finer = _QUALITIES[name], FINER_STEPS if name == "webp" else 0
        self._made: dict[float, Encoding] = {}

    def encode(self, quality: float) -> Encoding:
        """At that quality; raises SettingsError if the encoder refuses the medium."""
        if quality not in self._made:
            self._made[quality] = self._encoded(quality)
        return self._made[quality]

    def decoded(self, one: Encoding) -> np.ndarray:
        """What comes out again, as the reference is."""
        return one.pixels()

    def _encoded(self, quality: float) -> Encoding:
        buffer = io.BytesIO()
        try:
            if self.name == "jpeg":
                self._image.save(buffer, "JPEG", quality=int(quality), optimize=True, subsampling="4:2:0")
            else:
                self._image.save(buffer, "WEBP", quality=quality, method=4)
        except (OSError, ValueError) as error:
            raise SettingsError(f"{self.title} cannot encode this picture: {error}") from error
        data = buffer.getvalue()
        payload = jpeg_payload_bytes(data) if self.name == "jpeg" else webp_payload_bytes(data)
        return Encoding(quality, 8 * len(data), 8 * payload, data)

    def nearest(self, bits: float, counted: Counted) -> Encoding:
        """The encoding whose bits are nearest to `bits` (as a ratio) among those the search tried.

        Halves the range of whole qualities, then, for those that take fractions, the step between the two nearest.
        """
        if not (math.isfinite(bits) and bits > 0):
            raise SettingsError(f"bits to match must be above 0, not {bits:g}")
        low, high = self.qualities
        tried = [self.encode(low), self.encode(high)]
        while _miss(tried[-1], bits, counted) > CLOSE and high - low > 0.5**self.finer:
            middle = (low + high) // 2 if high - low > 1 else (low + high) / 2
            tried.append(self.encode(middle))
            low, high = (middle, high) if tried[-1].bits(counted) <= bits else (low, middle)
        return min(tried, key=lambda one: _miss(one, bits, counted))


class Judge(Protocol):
    """What references are held against: makes codecs of its medium, and measures what they decode."""

    def codec(self, name: str) -> Codec: ...

    def fidelity(self, judged: np.ndarray) -> Fidelity | SoundQuality: ...


def references(
    judge: Judge, wanted: Sequence[tuple[str, float]], codecs: Sequence[str] = tuple(CODECS)
) -> list[tuple[Reference, np.ndarray]]:
    """Each codec at each of the `wanted` (name, bits), counted both ways; with what it decodes to.

    Names of equal bits share one. Raises as `Codec` does.
    """
    shared: dict[float, list[str]] = {}
    for name, bits in wanted:
        shared.setdefault(bits, []).append(name)
    found = []
    for name in codecs:
        codec = judge.codec(name)
        measured: dict[float, tuple[Fidelity | SoundQuality, np.ndarray]] = {}
        for bits in sorted(shared):
            for counted in COUNTED:
                one = codec.nearest(bits, counted)
                if one.quality not in measured:
                    decoded = codec.decoded(one)
                    measured[one.quality] = judge.fidelity(decoded), decoded
                fidelity, decoded = measured[one.quality]
                names = tuple(shared[bits])
                facts = (name, counted, names, bits, one.quality, one.file_bits, one.payload_bits, fidelity)
                found.append((Reference(*facts), decoded))
    return found


def jpeg_payload_bytes(data: bytes) -> int:
    """Bytes of entropy-coded data in a JPEG file, stuffed zeros and restart markers with them.

    Raises SettingsError if it is none.
    """
    at, total = 2, 0
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xD9:  # end of image
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:  # start of scan: what follows its header is entropy-coded
            start = at
            while at + 1 < len(data) and not (data[at] == 0xFF and data[at + 1] not in (0, *range(0xD0, 0xD8))):
                at = _next_mark(data, at + 1)
            total += at - start
    if not data.startswith(b"\xff\xd8") or not total:
        raise SettingsError("these bytes are not a JPEG file with a scan")
    return total


def webp_payload_bytes(data: bytes) -> int:
    """Bytes of the VP8 frame in a lossy WebP file without its header. Raises SettingsError if it is none."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        at = 12
        while at + 8 <= len(data):
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            if data[at : at + 4] == b"VP8 " and size >= _VP8_HEADER_BYTES and at + 8 + size <= len(data):
                return size - _VP8_HEADER_BYTES
            at += 8 + size + size % 2
    raise SettingsError("these bytes are not a lossy WebP file")


def _miss(one: Encoding, bits: float, counted: Counted) -> float:
    """How far its bits are from those wanted, as the logarithm of the ratio."""
    return abs(math.log(max(1, one.bits(counted)) / bits))


def _next_mark(data: bytes, start: int) -> int:
    found = data.find(b"\xff", start)
    return found if found >= 0 else len(data)
