"""ICC profiles made by code (ICC.1:2022), small, so that what they mean is known: matrix and curves, grey, tables."""

from __future__ import annotations

import struct

import numpy as np

D50 = (0.9642, 1.0, 0.8249)
# Colorants adapted to D50: red, green, blue, each X, Y, Z.
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71187, 0.0), (0.03134, 0.00009, 0.82490))
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # g, a, b, c, d of a parametric curve of type 3
LSTAR_CURVE = (3.0, 1 / 1.16, 0.16 / 1.16, 27 / 243.89, 0.08)  # L* is a parametric curve of the same kind


def matrix_profile(name: str, colorants, curve, version: int = 4) -> bytes:
    """RGB with three colorants and one curve for all: an exponent, or five numbers of a parametric curve."""
    tags = {
        **{f"{c}XYZ".encode(): _xyz(xyz) for c, xyz in zip("rgb", colorants, strict=True)},
        **{f"{c}TRC".encode(): _curve(curve) for c in "rgb"},
    }
    return _profile(name, b"RGB ", b"XYZ ", tags, version)


def grey_profile(name: str, curve) -> bytes:
    """Grey with one curve."""
    return _profile(name, b"GRAY", b"XYZ ", {b"kTRC": _curve(curve)})


def print_profile(name: str, points: int = 5) -> bytes:
    """CMYK with one table to Lab (lut16Type): inks that darken by Beer and Lambert, the paper not quite white."""
    steps = np.linspace(0, 1, points)
    inks = np.stack(np.meshgrid(*[steps] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    absorbed = np.array([[1.9, 0.35, 0.12], [0.30, 1.7, 0.55], [0.02, 0.15, 1.5], [1.5, 1.5, 1.5]])
    rgb = 0.96 * np.exp(-inks @ absorbed)  # linear
    return _profile(name, b"CMYK", b"Lab ", {b"A2B0": _lut16(4, points, _lab(rgb @ np.array(SRGB)))}, device=b"prtr")


def table_profile(name: str, points: int = 9) -> bytes:
    """RGB with one table to Lab, as scanners have: red and green are mixed a little, and all is darker."""
    steps = np.linspace(0, 1, points)
    rgb = np.stack(np.meshgrid(*[steps] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    mixed = (rgb @ np.array([[0.9, 0.1, 0.0], [0.15, 0.85, 0.0], [0.0, 0.05, 0.95]])) ** 2.0
    return _profile(name, b"RGB ", b"Lab ", {b"A2B0": _lut16(3, points, _lab(mixed @ np.array(SRGB)))}, device=b"scnr")


def numbered_profile(name: str, primaries: int, transfer: int) -> bytes:
    """A matrix profile that states colours by numbers of H.273 as well (tag cicp), as writers of HDR do."""
    tags = {
        **{f"{c}XYZ".encode(): _xyz(xyz) for c, xyz in zip("rgb", P3, strict=True)},
        **{f"{c}TRC".encode(): _curve(2.2) for c in "rgb"},
        b"cicp": b"cicp" + bytes(4) + bytes([primaries, transfer, 0, 1]),
    }
    return _profile(name, b"RGB ", b"XYZ ", tags)


def _profile(name, space, connection, tags, version: int = 4, device: bytes = b"mntr") -> bytes:
    text = name.encode("utf-16-be")
    words = b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    if version == 2:
        plain = name.encode("ascii") + b"\0"
        words = b"desc" + struct.pack(">4xI", len(plain)) + plain + bytes(12) + bytes(67)
    tags = {b"desc": words, b"wtpt": _xyz(D50), **tags}
    body, table, at = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += struct.pack(">4sII", tag, at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"none", version << 24, device, space, connection)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">3i", *map(_fixed, D50))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _curve(curve) -> bytes:
    if isinstance(curve, tuple):
        return b"para" + struct.pack(">4xHxx5i", 3, *map(_fixed, curve))
    if curve == 1:
        return b"curv" + struct.pack(">4xI", 0)
    return b"curv" + struct.pack(">4xIH", 1, round(curve * 256)) + bytes(2)


def _lut16(inputs: int, points: int, lab: np.ndarray) -> bytes:
    """lab (points ** inputs, 3) -> lut16Type with straight curves; Lab in the 16 bits of version 2."""
    coded = np.clip(np.round([0, 32768, 32768] + lab * np.array([652.8, 256, 256])), 0, 65535).astype(">u2")
    head = b"mft2" + struct.pack(">4xBBBx", inputs, 3, points) + struct.pack(">9i", *map(_fixed, np.eye(3).ravel()))
    straight = struct.pack(">2H", 0, 65535)
    return head + struct.pack(">2H", 2, 2) + straight * inputs + coded.tobytes() + straight * 3


def _lab(xyz: np.ndarray) -> np.ndarray:
    """(N, 3) XYZ of D50 -> CIELAB."""
    t = xyz / np.array(D50)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def _xyz(xyz) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *map(_fixed, xyz))


def _fixed(value: float) -> int:
    return round(value * 65536)
