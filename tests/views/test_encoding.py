"""Packing: numpy -> text -> numpy, and -> node's typed arrays."""

import base64
import io
import struct

import numpy as np
import pytest
from PIL import Image

from explorer.foundation.errors import RecordError
from explorer.views.kit.wire import encoding
from explorer.views.kit.wire.encoding import DTYPES, lossless_data_url, pack, pack_indices, png_data_url, unpack


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0,), (7,), (3, 5), (2, 3, 4)])
def test_round_trip(dtype, shape):
    array = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    back = unpack(pack(array))
    assert back.dtype == array.dtype and back.shape == shape
    np.testing.assert_array_equal(back, array)


def test_bytes_are_little_endian_and_row_major_whatever_the_memory_order():
    array = np.array([[1, 2], [3, 260]], dtype=">u2").T
    packed = pack(array)
    assert base64.b64decode(packed["data"]) == struct.pack("<4H", 1, 3, 2, 260)
    assert packed["shape"] == [2, 2] and packed["dtype"] == "uint16"


def test_other_dtypes_are_refused():
    with pytest.raises(RecordError, match="float64"):
        pack(np.zeros(3))


@pytest.mark.parametrize(("size", "dtype"), [(256, "uint8"), (257, "uint16"), (65536, "uint16"), (65537, "uint32")])
def test_indices_take_the_smallest_type_that_holds_the_codebook(size, dtype):
    packed = pack_indices(np.array([0, size - 1]), size)
    assert packed["dtype"] == dtype
    assert unpack(packed).tolist() == [0, size - 1]


@pytest.mark.parametrize("bad", [-1, 10])
def test_indices_outside_the_codebook_are_refused(bad):
    with pytest.raises(RecordError, match=r"outside 0\.\.9"):
        pack_indices(np.array([3, bad]), 10)


@pytest.mark.parametrize(("write", "kind"), [(png_data_url, "png"), (lossless_data_url, "webp")])
def test_pictures_are_lossless(write, kind):
    pixels = np.random.default_rng(1).integers(0, 256, (9, 13, 3), dtype=np.uint8)
    for given in (pixels, (pixels / 255).astype(np.float32)):
        head, data = write(given).split(",")
        assert head == f"data:image/{kind};base64"
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), pixels)


def test_what_the_smaller_format_cannot_hold_or_nobody_writes_goes_as_png(monkeypatch):
    long = np.zeros((1, encoding.WEBP_SIDE_PX + 1, 3), np.uint8)
    assert (
        lossless_data_url(long).startswith("data:image/png;")
        and lossless_data_url(long[:, 1:])[:16] == "data:image/webp;"
    )
    monkeypatch.setattr(encoding.features, "check", lambda name: False)
    assert lossless_data_url(long[:, 1:]).startswith("data:image/png;")
