"""A small tokenizer, small pictures, and how two audits are compared."""

import numpy as np
from PIL import Image

from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec

PATCH = 8
GREYS = np.linspace(0, 1, 16, dtype=np.float32)[:, None]  # (K, D) = (16, 1)


class GreyTokenizer(Tokenizer):
    """Each 8 x 8 patch becomes the nearest of 16 greys, and what that leaves over the nearest of 5 finer steps."""

    spec = TokenizerSpec("grey", "Sixteen greys", "For tests", "image", "vq", 16, 1, 2, "sum", PATCH, 0, "MIT")
    device = "cpu"
    fine = np.linspace(-1 / 30, 1 / 30, 5, dtype=np.float32)[:, None]

    def __init__(self):
        self.encoded = []  # how many media each call was given

    def codebooks(self):
        return (Codebook(16, 1, "euclidean", GREYS), Codebook(5, 1, "euclidean", self.fine))

    def tokenize(self, media):
        rows, columns = media.shape[0] // PATCH, media.shape[1] // PATCH
        left = media.reshape(rows, PATCH, columns, PATCH, 3).mean(axis=(1, 3, 4)).reshape(-1, 1).astype(np.float32)
        layout, levels = TokenLayout("grid2d", (rows, columns), media.shape[:2]), []
        for book in self.codebooks():
            indices = np.abs(left - book.vectors[:, 0]).argmin(axis=1)
            levels.append(TokenLevel(indices.reshape(rows, columns), left, book.vectors[indices], book, layout))
            left = left - book.vectors[indices]
        return TokenRecord(media, "grey", tuple(levels), media, {"encode": 0.0}, "sum")

    def encode(self, media):
        self.encoded.append(len(media))
        return super().encode(media)

    def detokenize(self, indices):
        raise AssertionError("an audit decodes nothing")

    decode_levels = decode_alone = decode_fields = detokenize


def save_picture(path, height, width, seed):
    """A smooth picture of its own, as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / 40
    waves = [0.5 + 0.4 * np.sin(random.uniform(1, 3) * x + random.uniform(1, 3) * y + random.uniform(0, 6))] * 3
    Image.fromarray((255 * np.stack(waves, axis=-1)).astype(np.uint8)).save(path)
    return path


def assert_same(a, b, path="audit"):
    """Equal to the bit in everything but the seconds."""
    assert type(a) is type(b), path
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype and a.shape == b.shape, path
        np.testing.assert_array_equal(a, b, err_msg=path)
    elif isinstance(a, tuple) and a and hasattr(a[0], "__dataclass_fields__"):
        assert len(a) == len(b), path
        for number, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{path}[{number}]")
    elif hasattr(a, "__dataclass_fields__"):
        for name in set(a.__dataclass_fields__) - {"seconds"}:
            assert_same(getattr(a, name), getattr(b, name), f"{path}.{name}")
    else:
        assert a == b, path


def after(calls):
    """A `cancelled` that says so from the call with that number on."""
    left = [calls]

    def cancelled():
        left[0] -= 1
        return left[0] < 0

    return cancelled
