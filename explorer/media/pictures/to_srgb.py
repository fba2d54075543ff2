"""A decoded picture -> sRGB, by what its file says of its colours, with a note of what was done.

Who is heard first is as in Chromium: a PNG's cICP, an ICC profile, the numbers of an AVIF or HEIC, then gAMA and cHRM.
"""

from __future__ import annotations

import struct

import numpy as np
from PIL import Image

from explorer.media.pictures import light, profiles
from explorer.media.pictures.profiles import Profile

AS_SRGB = "colours are taken as sRGB"
NO_PROFILE = "CMYK inks converted to RGB without a colour profile: colours are near, not exact."
_STRIP_PIXELS = 2**19  # floats of so many pixels at a time, so that a large picture is not held three times more
_NEAR_SRGB = 0.05  # a gamma so near 1 / 2.2 is meant as sRGB (the threshold of libpng)
_ADOBE_RGB, _INTEROPERABILITY = "R03", 0xA005  # EXIF 2.32, table 13 and 4.6.3
_UNSAID = 2
_CURVE_POINTS = 4097
_TAGS_AT, _MOST_TAGS = 128, 200  # of a profile: where its list of tags is


def in_srgb(image: Image.Image, notes: list[str], filmed: bool = False) -> np.ndarray:
    """A picture of mode L, RGB, CMYK or LAB, without alpha -> (H, W, 3) float32 in 0..1.

    filmed: whether it is coded as a frame of video, as AVIF and HEIC are. Raises what Pillow raises for colours that
    it cannot convert.
    """
    colour = stated_colour(image, notes, filmed)
    if colour is not None:
        return by_numbers(_floats(image.convert("RGB")), colour, notes)
    if image.mode == "LAB":
        notes.append("CIELAB converted to sRGB; what lies outside is clipped.")
        return _floats(profiles.from_lab(image))
    profile = usable_profile(image, image.mode, notes)
    if profile is not None:
        try:
            made = profiles.convert_to_srgb(image, profile)
            notes.append(converted_words(profile))
            return _floats(made)
        except profiles.FAILED:
            notes.append(f'Its colour profile "{profile.name}" cannot be used: left out, {AS_SRGB}.')
    if image.mode == "CMYK":
        notes.append(NO_PROFILE)
    return _floats(image.convert("RGB"))


def states_colours(image: Image.Image) -> bool:
    """Whether its file says anything of its colours."""
    return any(image.info.get(name) for name in ("h273", "icc_profile", "gamma"))


def grey_curve(image: Image.Image, notes: list[str]) -> np.ndarray | None:
    """What greys from black to white become, (n,) float32, for a picture of more than 8 bits; None if they stay."""
    ramp = np.linspace(0, 1, _CURVE_POINTS, dtype=np.float32)
    colour = stated_colour(image, notes)
    if colour is not None:
        return by_numbers(np.repeat(ramp[None, :, None], 3, axis=2), colour, notes)[0, :, 1]
    profile = usable_profile(image, "L", notes)
    if profile is None:
        return None
    greys = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    try:
        made = _floats(profiles.convert_to_srgb(greys, profile))[0, :, 1]
    except profiles.FAILED:
        notes.append(f'Its colour profile "{profile.name}" cannot be used: left out, {AS_SRGB}.')
        return None
    notes.append(converted_words(profile))
    return made


def by_numbers(rgb: np.ndarray, colour: light.StatedColour, notes: list[str]) -> np.ndarray:
    """(H, W, 3) float32 as stored -> sRGB, in place, strip by strip."""
    if colour is light.PLAIN:
        return rgb
    rows = max(1, _STRIP_PIXELS // max(1, rgb.shape[1]))
    for start in range(0, len(rgb), rows):
        strip = rgb[start : start + rows]
        strip[...] = light.to_srgb(strip, colour)
    notes.append(f"Colours converted from {colour.name} to sRGB, as the file states them.")
    if colour.hdr:
        notes.append(light.hdr_words(colour.hdr))
    return rgb


def converted_words(profile: Profile) -> str:
    """The note of a conversion."""
    return f'Colours converted from its profile "{profile.name}" to sRGB; what lies outside is clipped.'


def usable_profile(image: Image.Image, mode: str, notes: list[str]) -> Profile | None:
    """The profile that says something of a picture of that mode; None without one, for sRGB, and for one of no use."""
    data = image.info.get("icc_profile")
    if not data:
        if "icc_profile" in image.info:  # Pillow found one that it could not put together
            notes.append(f"Its colour profile is damaged: left out, {AS_SRGB}.")
        elif _said_by_camera(image):
            notes.append(f"A camera marked it as Adobe RGB, but it carries no profile: {AS_SRGB}, as browsers do.")
        return None
    profile = profiles.read_profile(data)
    if profile is None:
        notes.append(f"Its colour profile is damaged: left out, {AS_SRGB}.")
        return None
    if not profile.suits(mode):
        notes.append(f'Its colour profile "{profile.name}" is not for a picture of this kind: left out, {AS_SRGB}.')
        return None
    try:
        return None if profiles.is_srgb(profile) else profile
    except profiles.FAILED:
        notes.append(f'Its colour profile "{profile.name}" cannot be used: left out, {AS_SRGB}.')
        return None


def stated_colour(image: Image.Image, notes: list[str], filmed: bool = False) -> light.StatedColour | None:
    """What the file states by numbers, where that is heard; `light.PLAIN` for sRGB, None where nothing is stated."""
    profile, numbers = image.info.get("icc_profile"), image.info.get("h273")
    if profile and (numbers is None or filmed):
        numbers = _numbers_in(profile)
    if numbers is not None:
        return _numbered(*numbers, filmed, notes)
    gamma, chromaticities = image.info.get("gamma"), image.info.get("chromaticity")
    if profile or "srgb" in image.info or not gamma:
        return None
    if chromaticities is not None and not light.usable(chromaticities):
        chromaticities = None
    if chromaticities is None and abs(gamma * 2.2 - 1) < _NEAR_SRGB:
        return None
    own = "" if chromaticities is None else " and primaries of its own"
    curve = light.power_curve(1 / gamma)
    return light.StatedColour(f"gamma {1 / gamma:.3g}{own}", curve, tuple(chromaticities or light.SRGB))


def _numbered(primaries: int, transfer: int, full: bool, filmed: bool, notes: list[str]) -> light.StatedColour | None:
    numbers = f"({primaries} and {transfer} of ITU-T H.273)"
    if not full and not filmed:  # what a frame of video states is done when it is decoded
        notes.append(f"It states values of a narrow range {numbers}, which is not read in a picture: {AS_SRGB}.")
        return None
    colour = light.light_of_numbers(primaries, transfer, filmed)
    if colour is None and (primaries, transfer) != (_UNSAID, _UNSAID):
        notes.append(f"It states colours by numbers that are not known here {numbers}: {AS_SRGB}.")
    return colour


def _numbers_in(profile: bytes) -> tuple[int, int, bool] | None:
    """The numbers that stand inside a profile (its tag cicp, ICC.1:2022, 9.2.17): of HDR, which it cannot say else."""
    if len(profile) < _TAGS_AT + 4:
        return None
    for number in range(min(struct.unpack_from(">I", profile, _TAGS_AT)[0], _MOST_TAGS)):
        at = _TAGS_AT + 4 + 12 * number
        name, offset = profile[at : at + 4], profile[at + 4 : at + 8]
        if name == b"cicp" and len(offset) == 4:
            start = int.from_bytes(offset, "big") + 8
            body = profile[start : start + 4]
            return (body[0], body[1], body[3] == 1) if len(body) == 4 else None
    return None


def _said_by_camera(image: Image.Image) -> bool:
    """Whether its EXIF follows the rule of camera makers for Adobe RGB (DCF 2.0: interoperability index R03)."""
    try:
        return image.getexif().get_ifd(_INTEROPERABILITY).get(1) == _ADOBE_RGB
    except Exception:  # malformed EXIF must not cost the visitor the picture
        return False


def _floats(image: Image.Image) -> np.ndarray:
    """8-bit channels -> float32 in 0..1, in place where it can: a large picture is not held a third time."""
    pixels = np.asarray(image).astype(np.float32)
    pixels /= np.float32(255)
    return pixels
