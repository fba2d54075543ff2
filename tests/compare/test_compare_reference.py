"""JPEG and WebP at measured bits: counted by hand, against bytes cut by hand and every quality tried."""

import io
import math

import numpy as np
import pytest
from made_tokenizers import picture
from PIL import Image

from explorer.compare.reference import Codec, jpeg_payload_bytes, references, webp_payload_bytes
from explorer.foundation.errors import SettingsError, UnknownIdError
from explorer.media.pictures.image import to_pil
from explorer.media.quality.fidelity import Original, fidelity


class Judged:
    """A picture that codecs are held against."""

    def __init__(self, original):
        self.fidelity, self._picture = original.fidelity, original.picture

    def codec(self, name):
        return Codec(name, self._picture)


def encoded(pixels, form, **options):
    buffer = io.BytesIO()
    to_pil(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def test_the_payload_of_a_jpeg_by_hand():
    scan = b"\x12\xff\x00\x34\xff\xd0\x56"  # a stuffed zero and a restart marker belong to the data
    table = b"\xff\xdb\x00\x05abc"
    header = b"\xff\xda\x00\x04xy"
    assert jpeg_payload_bytes(b"\xff\xd8" + table + header + scan + b"\xff\xd9") == len(scan)
    two = b"\xff\xd8" + header + scan + table + header + b"\x77" + b"\xff\xd9"  # scans add up
    assert jpeg_payload_bytes(two) == len(scan) + 1


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"quality": 5}, {"restart_marker_rows": 1}])
def test_the_payload_of_a_real_jpeg_is_what_follows_its_only_scan_header(options):
    data = encoded(picture().pixels, "JPEG", **options)
    start = data.index(b"\xff\xda")
    header = int.from_bytes(data[start + 2 : start + 4], "big")
    assert data.endswith(b"\xff\xd9")
    assert jpeg_payload_bytes(data) == len(data) - 2 - (start + 2 + header)


def test_the_payload_of_a_progressive_jpeg_is_all_its_scans():
    data = encoded(picture().pixels, "JPEG", progressive=True)
    assert data.count(b"\xff\xda") > 3
    assert 0.5 * len(data) < jpeg_payload_bytes(data) < len(data) - 2 * data.count(b"\xff\xda")


def test_the_payload_of_a_webp_is_its_frame_without_its_headers():
    data = encoded(picture().pixels, "WEBP", quality=60)
    assert data[12:16] == b"VP8 "  # RIFF 12, chunk 8, frame header 10, and a byte where the size is odd
    size = int.from_bytes(data[16:20], "little")
    assert len(data) == 20 + size + size % 2 and webp_payload_bytes(data) == size - 10


def test_other_bytes_are_refused():
    lossless = encoded(picture().pixels, "WEBP", lossless=True)
    for data in (b"", b"\x89PNG", b"\xff\xd8", b"\xff\xd8\xff\xd9", lossless[:20]):
        with pytest.raises(SettingsError, match="not a JPEG"):
            jpeg_payload_bytes(data)
    for data in (b"", b"RIFF\x04\0\0\0WEBP", lossless):
        with pytest.raises(SettingsError, match="not a lossy WebP"):
            webp_payload_bytes(data)


@pytest.mark.parametrize("counted", ["file", "payload"])
@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_the_bits_are_those_of_the_bytes_and_the_nearest_of_all_qualities(name, counted):
    pixels = picture(96, 128).pixels
    options = {"optimize": True, "subsampling": "4:2:0"} if name == "jpeg" else {"method": 4}
    every = {
        q: encoded(pixels, name.upper(), quality=q, **options) for q in (range(1, 96) if name == "jpeg" else range(101))
    }
    payload = jpeg_payload_bytes if name == "jpeg" else webp_payload_bytes
    bits = {q: 8 * (len(data) if counted == "file" else payload(data)) for q, data in every.items()}
    codec = Codec(name, pixels)
    for wanted in (2_000, 9_000, 30_000, 10**7):
        found = codec.nearest(wanted, counted)
        best = min(abs(math.log(value / wanted)) for value in bits.values())
        assert found.file_bits == 8 * len(found.data) and found.bits(counted) > 0
        assert abs(math.log(found.bits(counted) / wanted)) <= max(best + 1e-9, 0.01)  # closer than any whole quality
    assert codec.nearest(1, counted).quality == (1 if name == "jpeg" else 0)


def test_references_share_equal_bits_and_measure_what_was_decoded():
    original = Original(picture().pixels)
    wanted = [("a", 8_000.0), ("b, 1 level", 8_000.0), ("b", 16_000.0)]
    found = references(Judged(original), wanted)
    assert [(one.codec, one.wanted_bits, one.counted, one.names) for one, _ in found[:4]] == [
        ("jpeg", 8_000, "payload", ("a", "b, 1 level")), ("jpeg", 8_000, "file", ("a", "b, 1 level")),
        ("jpeg", 16_000, "payload", ("b",)), ("jpeg", 16_000, "file", ("b",)),
    ]  # fmt: skip
    assert len(found) == 8
    for one, pixels in found:
        assert one.payload_bits < one.file_bits and one.fidelity == fidelity(original.picture, pixels)
        assert one.reached == (abs(one.bits / one.wanted_bits - 1) <= 0.1)
        data = Codec(one.codec, original.picture).encode(one.quality).data
        with Image.open(io.BytesIO(data)) as image:
            assert np.array_equal(np.asarray(image.convert("RGB")), np.round(pixels * 255).astype(np.uint8))


def test_bits_below_the_lowest_quality_are_said_not_to_be_reached():
    found = references(Judged(Original(picture().pixels)), [("tiny", 10.0)], ["jpeg"])
    assert [one.reached for one, _ in found] == [False, False] and all(one.quality == 1 for one, _ in found)


def test_what_cannot_be():
    with pytest.raises(UnknownIdError, match="jpeg, webp"):
        Codec("heic", picture().pixels)
    for bits in (0, -1, math.inf, math.nan):
        with pytest.raises(SettingsError, match="above 0"):
            Codec("jpeg", picture().pixels).nearest(bits, "file")
    with pytest.raises(SettingsError, match="cannot encode"):  # 16,384 pixels a side are more than WebP takes
        Codec("webp", np.zeros((8, 16_384, 3), np.float32)).encode(50)
