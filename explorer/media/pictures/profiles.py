"""ICC profiles: colours of any profile -> sRGB, with LittleCMS (Pillow's ImageCms).

Perceptual tables where a profile has them, no black point compensation: what Chromium does. A profile that says sRGB in
other words changes nothing, and nothing is said of it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

NAME_LETTERS = 60
FAILED = (ImageCms.PyCMSError, OSError, ValueError, TypeError)  # what LittleCMS raises for profiles that it cannot use
PROFILES_KEPT = 8  # pictures of one data set share a few; a print profile has megabytes
_ROUNDING = 1  # levels of 255 by which LittleCMS differs from doing nothing, for profiles of sRGB itself
_EXACT_PIXELS = 2**20  # up to so many are computed each; larger pictures through a coarser table of LittleCMS
_EXACT = ImageCms.Flags.NOOPTIMIZE
_PERCEPTUAL = ImageCms.Intent.PERCEPTUAL
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


@dataclass(frozen=True)
class Profile:
    """name: its own description. mode: of the pictures that it is for, as Pillow calls it ("" for others).

    tables: whether it is more than curves and a matrix, and so costs more to be exact with.
    """

    name: str
    mode: str
    data: bytes
    tables: bool = False

    def suits(self, mode: str) -> bool:
        """Whether it says anything of a picture of that mode; grey is a colour to an RGB profile, too."""
        return self.mode == mode or (self.mode == "RGB" and mode == "L")


def read_profile(data: bytes) -> Profile | None:
    """What is known of it; None for what is no profile, or is damaged."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(data))
        name = " ".join(ImageCms.getProfileDescription(opened).split())
        space, tables = opened.profile.xcolor_space.strip(), not opened.profile.is_matrix_shaper
    except Exception:  # LittleCMS refuses in many ways, and a picture does not depend on it
        return None
    shown = "".join(letter for letter in name if letter.isprintable() and letter != '"')[:NAME_LETTERS]
    return Profile(shown or "without a name", _MODES.get(space, ""), data, tables)


def is_srgb(profile: Profile) -> bool:
    """Whether it leaves every colour as it is, within the rounding of LittleCMS. Raises one of FAILED."""
    return _is_srgb(profile.data, profile.mode)


def convert_to_srgb(image: Image.Image, profile: Profile) -> Image.Image:
    """A picture of mode L, RGB or CMYK -> RGB in sRGB; what sRGB cannot hold is clipped.

    Raises one of FAILED if LittleCMS cannot make anything of the profile.
    """
    if image.mode == "L" and profile.mode == "RGB":
        image = image.convert("RGB")
    if image.mode == "L":  # 256 greys, each computed
        table = np.asarray(ImageCms.applyTransform(_ramp(), _transform(profile.data, "L", True)))[0]  # (256, 3)
        return Image.fromarray(table[np.asarray(image)])
    exact = profile.tables and image.width * image.height <= _EXACT_PIXELS
    made = ImageCms.applyTransform(image, _transform(profile.data, image.mode, exact))
    assert made is not None  # only in place it is
    return made


def from_lab(image: Image.Image) -> Image.Image:
    """CIELAB (of D50, as of ICC) -> RGB in sRGB. Raises ImageCms.PyCMSError."""
    made = ImageCms.applyTransform(image, _lab_transform(image.width * image.height <= _EXACT_PIXELS))
    assert made is not None
    return made


@lru_cache(PROFILES_KEPT)
def _transform(data: bytes, mode: str, exact: bool) -> ImageCms.ImageCmsTransform:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    flags = _EXACT if exact else ImageCms.Flags.NONE
    return ImageCms.buildTransform(profile, _srgb(), mode, "RGB", _PERCEPTUAL, flags)


@lru_cache(2)
def _lab_transform(exact: bool) -> ImageCms.ImageCmsTransform:
    flags = _EXACT if exact else ImageCms.Flags.NONE
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB", _PERCEPTUAL, flags)


@lru_cache(1)
def _srgb() -> ImageCms.ImageCmsProfile:
    """LittleCMS's own sRGB, marked as of version 2: to one of version 4 it would compensate black points unasked."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[8:10] = b"\x02\x10"  # ICC.1, table 17: the version
    return ImageCms.ImageCmsProfile(io.BytesIO(bytes(data)))


@lru_cache(4 * PROFILES_KEPT)
def _is_srgb(data: bytes, mode: str) -> bool:
    if mode not in ("L", "RGB"):
        return False
    if mode == "L":
        probe = _ramp()
    else:
        steps = np.linspace(0, 255, 9).round().astype(np.uint8)
        cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=3).reshape(1, -1, 3)
        greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
        probe = Image.fromarray(np.concatenate([cube, greys], axis=1))
    before = np.asarray(probe.convert("RGB")).astype(int)
    after = np.asarray(convert_to_srgb(probe, Profile("", mode, data))).astype(int)
    return bool(np.abs(after - before).max() <= _ROUNDING)


def _ramp() -> Image.Image:
    return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
