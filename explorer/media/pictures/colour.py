"""Any picture or array -> RGB in 0..1, with a note in plain words for every step that changes what is seen."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image

from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError
from explorer.media.caps import check_pixels
from explorer.media.pictures.gif_cover import Cover
from explorer.media.pictures.opening import cut_short, in_words
from explorer.media.pictures.to_srgb import grey_curve, in_srgb

# EXIF tag 274 (TIFF 6.0, section 8): how to turn stored pixels upright.
ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_MODES = ("1", "L", "LA", "La")
FILMED = ("AVIF", "HEIF")  # pictures that are coded as a frame of video

_DARK = 64  # 14 of 16 bits

Pixels = tuple[np.ndarray, list[str]]  # (H, W, 3) float32 in 0..1, notes


def pixels_of_image(image: Image.Image, data: bytes = b"") -> Pixels:
    """A Pillow picture of any mode (its first frame) -> pixels and notes. Raises MediaError if it cannot be decoded.

    data: the file that it was opened from, to say how much of a damaged one can be decoded.
    """
    notes: list[str] = []
    name = image.format or "picture"
    with in_words(lambda: cut_short(data, name)):
        frames = _still(image)
        # Before loading: afterwards nothing tells how deep it was, and TIFF and AVIF have turned themselves upright.
        filmed, deep = image.format in FILMED, _deep(image)
        cover = Cover()
        cover.add(image)
        turned_from = _orientation(image)  # of a PNG it loads
        image.load()
        image = cover.laid(image)
    notes += [*image.info.get("said", ()), *filter(None, (frames, deep))]
    if deep and (largest := _largest(image)) < _DARK:
        notes.append(f"Its largest value becomes {largest} of 255: fewer bits than that may be in use.")
    if deep and isinstance(image.info.get("transparency"), tuple):  # compared at 8 bits, it fits no pixel or wrong ones
        del image.info["transparency"]
        notes.append("Its transparent colour is stated at 16 bits, which is not read: all of it is opaque here.")
    with in_words(f"The colours of this picture (mode {image.mode}) cannot be read. Save it as RGB and try again."):
        if image.info.get("averaged", 1) > 1:
            image = image.reduce(image.info["averaged"])
        image, turned = _upright(image)
        if turned or turned_from in _TURNS:
            notes.append("Turned upright as its EXIF orientation says.")
        pixels, said = rgb_of_upright(image, filmed)
    return pixels, notes + said


def pixels_of_array(array: np.ndarray, limits: Limits) -> Pixels:
    """An array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) -> pixels and notes.

    bool, integers in 0..255, uint16 (over 65,535) and floats in 0..1 are understood; anything else is a MediaError
    that says what to do.
    """
    shape = array.shape
    if array.ndim not in (2, 3) or (array.ndim == 3 and shape[2] not in (1, 3, 4)):
        channels_first = " It looks like channels first: transpose it." if _channels_first(shape) else ""
        raise MediaError(
            f"An array of shape {shape} is not a picture: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) is.{channels_first}"
        )
    check_pixels(shape[1], shape[0], limits)
    notes: list[str] = []
    pixels = _unit_range(array, notes)
    if pixels.ndim == 2 or shape[2] == 1:
        notes.append("Greyscale repeated over red, green and blue.")
        pixels = np.repeat(pixels.reshape(*shape[:2], 1), 3, axis=2)
    elif shape[2] == 4:
        pixels = _on_white(pixels[:, :, :3], pixels[:, :, 3:], notes)
    return np.ascontiguousarray(pixels, dtype=np.float32), notes


def _still(image: Image.Image) -> str:
    """A note if only the first of several frames, pages or pictures is read, else ""."""
    frames = getattr(image, "n_frames", 1)
    if frames < 2 or image.format == "MPO":  # MPO: a phone's photo with a preview or depth picture behind it
        return ""
    if image.format == "HEIF":  # opened at its main picture
        return f"The main one of {frames:,} pictures in the file."
    image.seek(0)
    return f"{'First page' if image.format == 'TIFF' else 'Animated: first frame'} of {frames:,}."


def _deep(image: Image.Image) -> str:
    """A note if Pillow reads colour of more than 8 bits into 8; only how it means to decode it tells."""
    if image.mode.startswith(("I", "F")):
        return ""
    bits = int(image.info.get("depth", 8))
    for tile in getattr(image, "tile", ()):
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if re.search(";16[BLN]", str(arguments[0])):  # ";16" alone is 5, 6 and 5 bits
            bits = 16
        elif image.format == "PPM" and len(arguments) > 1 and isinstance(arguments[1], int) and arguments[1] > 255:
            bits = arguments[1].bit_length()
    return f"{bits}-bit {'greyscale' if image.mode in _GREY_MODES else 'colour'} read at 8 bits a channel." * (bits > 8)


def _largest(image: Image.Image) -> int:
    """Of all channels but alpha."""
    extrema = image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return int(max(high for (_, high), name in zip(bands, image.getbands(), strict=True) if name not in ("A", "a")))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # malformed EXIF must not cost the visitor the picture
        return 1


def _upright(image: Image.Image) -> tuple[Image.Image, bool]:
    turn = _TURNS.get(_orientation(image))
    return (image, False) if turn is None else (image.transpose(turn), True)


def rgb_of_upright(image: Image.Image, filmed: bool) -> Pixels:
    """A decoded, upright picture -> pixels in sRGB and notes; Pillow's errors for colours that it cannot convert.

    filmed: whether it is coded as a frame of video.
    """
    notes: list[str] = []
    if image.mode.startswith(("I", "F")):
        return _rgb_of_deep_grey(image, notes), notes
    if image.mode in _GREY_MODES:
        notes.append("Greyscale repeated over red, green and blue.")
    alpha = None
    if image.has_transparency_data:
        whole = image.convert("LA" if image.mode in _GREY_MODES else "RGBA")
        alpha = np.asarray(whole.getchannel("A")).astype(np.float32)[:, :, None] / np.float32(255)
        image = whole.convert("L" if whole.mode == "LA" else "RGB")
    elif image.mode not in ("CMYK", "LAB"):
        image = image.convert("L" if image.mode in _GREY_MODES else "RGB")
    pixels = in_srgb(image, notes, filmed)
    return (pixels if alpha is None else _on_white(pixels, alpha, notes)), notes


def _on_white(rgb: np.ndarray, alpha: np.ndarray, notes: list[str]) -> np.ndarray:
    """(H, W, 3) and (H, W, 1) -> (H, W, 3): rgb * a + 1 - a, Porter and Duff's "over" on white."""
    if alpha.min() < 1:
        notes.append("Transparent parts laid on white.")
    return np.ascontiguousarray(rgb * alpha + (1 - alpha), dtype=np.float32)


def _rgb_of_deep_grey(image: Image.Image, notes: list[str]) -> np.ndarray:
    """Greyscale of more than 8 bits -> (H, W, 3) float32 in sRGB."""
    grey = _unit_range_grey(image, notes)
    notes.append("Greyscale repeated over red, green and blue.")
    curve = grey_curve(image, notes)  # what each of 256 greys becomes
    if curve is not None:
        grey = np.interp(grey, np.linspace(0, 1, len(curve)), curve).astype(np.float32)
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    key = image.info.get("transparency")
    if isinstance(key, int) and image.mode.startswith("I;16"):
        rgb = _on_white(rgb, (np.asarray(image) != key)[:, :, None].astype(np.float32), notes)
    return rgb


def _unit_range_grey(image: Image.Image, notes: list[str]) -> np.ndarray:
    """Greyscale of more than 8 bits -> (H, W) float32 in 0..1."""
    grey = np.asarray(image)
    # Pillow holds a 16-bit PGM as 32-bit integers that it has scaled to 0..65,535.
    if image.mode.startswith("I;16") or image.format == "PPM":
        white = int(image.info.get("white", 65535))
        notes.append(f"{white.bit_length()}-bit greyscale {_divided(grey, white)}")
        return grey.astype(np.float32) / np.float32(white)
    if not np.isfinite(grey).all():
        raise MediaError("The picture holds NaN or infinite values. Replace them and try again.")
    low, high = float(grey.min()), float(grey.max())
    if image.mode == "F" and low >= 0 and high <= 1:
        return grey.astype(np.float32)
    if low == high:  # one flat value has no range to stretch
        notes.append(f"Greyscale of one value ({low:g}) shown as mid-grey.")
        return np.full(grey.shape, 0.5, np.float32)
    notes.append(f"Greyscale stretched from {low:g}..{high:g} to black..white.")
    return ((grey.astype(np.float64) - low) / (high - low)).astype(np.float32)


def _divided(values: np.ndarray, white: int) -> str:
    """The scale in words: 12 bits in a file of 16 are nearly black, and then the largest value tells why."""
    largest = int(values.max())
    return f"divided by {white:,}: the largest value, {largest:,}, becomes {largest / white * 255:.1f} of 255."


def _unit_range(array: np.ndarray, notes: list[str]) -> np.ndarray:
    """Values of any understood type -> float32 in 0..1."""
    if array.dtype == bool or array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(1 if array.dtype == bool else 255)
    if array.dtype == np.uint16:
        notes.append(f"16-bit values {_divided(array, 65535)}")
        return array.astype(np.float32) / np.float32(65535)
    if not (np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)):
        raise MediaError(f"An array of {array.dtype} is not a picture. Give uint8 in 0..255 or floats in 0..1.")
    if not np.isfinite(array).all():
        raise MediaError("The array holds NaN or infinite values. Replace them and try again.")
    top = 255 if np.issubdtype(array.dtype, np.integer) else 1
    low, high = array.min(), array.max()
    slack = 0 if top == 255 else 1e-4  # decoders overshoot 0..1 by rounding
    if low < -slack or high > top + slack:
        raise MediaError(
            f"The array's values reach from {low:g} to {high:g}. Scale {array.dtype} values to 0..{top} and try again."
        )
    return np.clip(array.astype(np.float32) / np.float32(top), 0, 1)


def _channels_first(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[0] in (1, 3, 4)
