"""Opus and Ogg Vorbis at the bits of a tokenizer: what everybody hears every day, at *measured* bits.

libsndfile encodes (RFC 6716 Opus, Vorbis I) at one quality after another until the bits of the encoded bytes are
nearest to what is wanted. Bits are counted as for pictures: "file", every byte, and "payload", the packets of sound
without the pages of the Ogg container (RFC 3533) and without the packets of headers.
"""

from __future__ import annotations

import io
import math

import numpy as np

from explorer.compare.kinds import KINDS
from explorer.compare.reference import Codec, Encoding
from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.foundation.registry import unknown_id_message

SUBTYPES = {"opus": "OPUS", "vorbis": "VORBIS"}
HEADER_PACKETS = {"opus": 2, "vorbis": 3}  # RFC 7845, section 3; Vorbis I, section 4.2
OPUS_RATES_HZ = (8_000, 12_000, 16_000, 24_000, 48_000)
HIGHEST = 100.0  # quality; libsndfile's "compression level" is 1 - (quality / 100)^2, finer where bits are few


class SoundCodec(Codec):
    """One codec on one sound (S, C). Remembers what it has encoded.

    Raises UnknownIdError for another codec, SettingsError if this build of libsndfile lacks it.
    """

    qualities = (0.0, HIGHEST)
    finer = 0  # whole ones are near enough, and each costs a tenth of the time of the sound

    def __init__(self, name: str, samples: np.ndarray, sample_rate_hz: int) -> None:
        import soundfile  # lazy: loads libsndfile

        title = KINDS["audio"].codecs.get(name)
        if title is None:
            raise UnknownIdError(unknown_id_message("codec", name, list(SUBTYPES)))
        if SUBTYPES[name] not in soundfile.available_subtypes("OGG"):
            raise SettingsError(f"This build of libsndfile has no {title}; install the wheel of soundfile.")
        self.name, self.title, self._length, self._rate = name, title, len(samples), sample_rate_hz
        self._coded_rate = sample_rate_hz
        if name == "opus" and sample_rate_hz not in OPUS_RATES_HZ:
            self._coded_rate = next((rate for rate in OPUS_RATES_HZ if rate >= sample_rate_hz), OPUS_RATES_HZ[-1])
        self._samples = _resampled(samples, sample_rate_hz, self._coded_rate)
        self._made: dict[float, Encoding] = {}

    def _encoded(self, quality: float) -> Encoding:
        import soundfile

        buffer = io.BytesIO()
        try:
            soundfile.write(
                buffer, np.clip(self._samples, -1, 1), self._coded_rate, format="OGG", subtype=SUBTYPES[self.name],
                compression_level=1 - (quality / HIGHEST) ** 2,
            )  # fmt: skip
        except (RuntimeError, ValueError) as error:
            raise SettingsError(f"{self.title} cannot encode this sound: {error}") from error
        data = buffer.getvalue()
        return Encoding(quality, 8 * len(data), 8 * ogg_payload_bytes(data, HEADER_PACKETS[self.name]), data)

    def decoded(self, one: Encoding) -> np.ndarray:
        """(S, C) at the rate of the reference, as long as it."""
        import soundfile

        samples, rate = soundfile.read(io.BytesIO(one.data), dtype="float32", always_2d=True)
        back = _resampled(samples, rate, self._rate)
        missing = self._length - len(back)
        return np.pad(back, ((0, max(0, missing)), (0, 0)))[: self._length]


def ogg_payload_bytes(data: bytes, header_packets: int) -> int:
    """Bytes of the packets after the first `header_packets` in one Ogg stream, page headers left out.

    Raises SettingsError if it is none.
    """
    at, packets, size, total = 0, 0, 0, 0
    while at + 27 <= len(data) and data[at : at + 4] == b"OggS":
        count = data[at + 26]
        lacing = data[at + 27 : at + 27 + count]
        for value in lacing:
            size += value
            if value < 255:  # the packet ends here
                total += size if packets >= header_packets else 0
                packets, size = packets + 1, 0
        at += 27 + count + sum(lacing)
    if packets <= header_packets or at != len(data):
        raise SettingsError("these bytes are not an Ogg stream with packets of sound")
    return total


def _resampled(samples: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    if from_hz == to_hz:
        return samples
    from scipy.signal import resample_poly  # lazy: scipy.signal costs a third of a second

    shared = math.gcd(from_hz, to_hz)
    return resample_poly(samples.astype(np.float64), to_hz // shared, from_hz // shared, axis=0).astype(np.float32)
