"""Colour maps that survive colour blindness: viridis and cividis for amounts, blue-white-orange for signed values,
and a two-dimensional plane for telling codes apart.

`colormaps.js` has the same tables and formulas; a test holds them together.

Sources: viridis (S. van der Walt, N. Smith, 2015) and cividis (J. Nunez, C. Anderton, R. Renslow, 2018, PLOS ONE
13(7): e0199239), ten anchors each; OKLab (B. Ottosson, 2020, https://bottosson.github.io/posts/oklab/).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

TABLES: Mapping[str, str] = {
    "viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "cividis": "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
    "diverging": "14467f 3d7ab5 8ab2d6 cfdfec f7f7f5 f7ddc2 eeae74 d9772b 9c4a07",
}

# For curves side by side: Okabe and Ito 2008, "Color Universal Design", without black and yellow; codecs are grey.
CATEGORIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f5aa8", "#8a6d3b")
CODECS: Mapping[str, str] = {"jpeg": "#808890", "webp": "#5b6570", "vorbis": "#808890", "opus": "#5b6570"}


def colormap(name: str, t: np.ndarray) -> np.ndarray:
    """t (...) in [0, 1] (clipped; NaN is 0) -> colours (..., 3) uint8, linear between the anchors of TABLES[name].

    For "diverging" the middle, 0.5, is white.
    """
    anchors = np.array([[int(h[i : i + 2], 16) for i in (0, 2, 4)] for h in TABLES[name].split()], dtype=np.float64)
    t = np.clip(np.nan_to_num(np.asarray(t, dtype=np.float64)), 0.0, 1.0) * (len(anchors) - 1)
    low = np.minimum(t.astype(int), len(anchors) - 2)
    share = (t - low)[..., None]
    return np.floor(anchors[low] * (1 - share) + anchors[low + 1] * share + 0.5).astype(np.uint8)


def oklab_to_srgb(lab: np.ndarray) -> np.ndarray:
    """OKLab (..., 3) -> sRGB (..., 3) float, not clipped: values outside [0, 1] are outside the gamut."""
    lab = np.asarray(lab, dtype=np.float64)
    lightness, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=-1,
    )
    curved = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, curved)


def plane(uv: np.ndarray) -> np.ndarray:
    """uv (..., 2) in [0, 1] -> colours (..., 3) uint8: near positions get near colours.

    A tilted plane of OKLab: u runs from dark to light and a little from green to red, v from blue to yellow. Both
    axes stay visible without red-green vision: u by lightness, v by blue against yellow.
    """
    uv = np.clip(np.asarray(uv, dtype=np.float64), 0.0, 1.0)
    u, v = uv[..., 0] - 0.5, uv[..., 1] - 0.5
    lab = np.stack([0.66 + 0.34 * u, 0.16 * u * (1 - v), 0.24 * v], axis=-1)
    return np.floor(np.clip(oklab_to_srgb(lab), 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def hashed_position(codes: np.ndarray) -> np.ndarray:
    """codes (...) -> positions (..., 2) in [0, 1): the R2 low-discrepancy sequence, for codes without a map.

    Successive codes land far apart, and any first n cover the square evenly.
    """
    codes = np.asarray(codes, dtype=np.float64)[..., None]
    return np.mod(0.5 + (codes + 1) * np.array([0.7548776662466927, 0.5698402909980532]), 1.0)
