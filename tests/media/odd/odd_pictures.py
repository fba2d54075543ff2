"""Odd files of pictures beside what other programs make of them; `python -m tests.media.odd.odd_pictures` prints all.

FFmpeg comes with PyAV and is always asked. Chromium and LittleCMS's transicc (Debian: liblcms2-utils) are asked where
they are installed; elsewhere what they said last is taken from odd_pictures.json: the 24 patches of the card, written
by `python -m tests.media.odd.odd_pictures --keep`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.media.pictures.image import LoadedImage, load_image
from tests.media.made_pictures import COLUMNS, ROWS
from tests.media.odd import picture_programs as programs
from tests.media.odd.odd_colour_files import COLOURS
from tests.media.odd.odd_picture_files import PICTURES, Odd
from tests.media.odd.odd_table import REFUSED, Row, markdown

ALL = (*PICTURES, *COLOURS)
KEPT = Path(__file__).with_name("odd_pictures.json")
UNIT = "of 255"


@dataclass(frozen=True)
class Sight:
    """by: the program. pixels: (H, W, 3) in levels of 255, or the patches (4, 6, 3); None: it shows nothing."""

    by: str
    pixels: np.ndarray | None
    patches_only: bool = False


def rows(browser=None) -> list[Row]:
    """One a file. browser: of playwright; without it what Chromium said last is taken."""
    files = [odd.make() for odd in ALL]
    return [
        _row(odd, _loaded(data), seen)
        for odd, data, seen in zip(ALL, files, seen_by_others(files, browser), strict=True)
    ]


def seen_by_others(files: list[bytes], browser) -> list[Sight]:
    shown = {}
    if browser is not None:
        wanted = {
            str(n): (files[n], odd.by.partition(":")[2]) for n, odd in enumerate(ALL) if odd.by.startswith("chromium")
        }
        shown = programs.chromium(browser, wanted)
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return [
        _seen(odd, data, shown.get(str(n)), str(n) in shown, kept)
        for n, (odd, data) in enumerate(zip(ALL, files, strict=True))
    ]


def _seen(odd: Odd, data: bytes, shown: np.ndarray | None, asked: bool, kept: dict) -> Sight:
    if odd.by.startswith("ffmpeg"):
        try:
            return Sight("FFmpeg", programs.ffmpeg(data, odd.by.partition(":")[2]))
        except Exception:  # what it cannot read it says in many ways
            return Sight("FFmpeg", None)
    if asked:
        return Sight("Chromium", shown)
    if odd.theirs is not None and (theirs := odd.theirs()) is not None:
        return Sight(odd.by, theirs)
    if not odd.by:
        return Sight("none", None)
    name = "LittleCMS" if odd.by == "LittleCMS" else "Chromium"
    patches = kept.get(f"{odd.kind}: {odd.name}")
    return Sight(name, None if patches is None else np.array(patches, float), True)


def patches_of(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 3) -> (4, 6, 3) or (6, 4, 3): the pixel in the middle of each patch."""
    down, across = (ROWS, COLUMNS) if pixels.shape[1] >= pixels.shape[0] else (COLUMNS, ROWS)
    ys = (2 * np.arange(down) + 1) * pixels.shape[0] // (2 * down)
    xs = (2 * np.arange(across) + 1) * pixels.shape[1] // (2 * across)
    return pixels[np.ix_(ys, xs)]


def _loaded(data: bytes) -> LoadedImage | str:
    try:
        return load_image(data)
    except MediaError as error:
        return str(error)


def _row(odd: Odd, ours: LoadedImage | str, seen: Sight) -> Row:
    size = "shows nothing" if seen.pixels is None else "{1} x {0} pixels".format(*seen.pixels.shape)
    if seen.patches_only:
        size = "24 patches, as it said last"
    reference = seen.by if seen.by == "none" else f"{seen.by}: {size}"
    if isinstance(ours, str):
        return Row(odd.kind, odd.name, reference, REFUSED, False, None, odd.within, UNIT, (ours,), odd.says)
    pixels = ours.pixels.astype(np.float64) * 255
    said = f"{ours.width} x {ours.height} pixels"
    if seen.patches_only and seen.pixels is not None:
        pixels = patches_of(pixels)
    same = seen.pixels is not None and seen.pixels.shape == pixels.shape
    difference = np.abs(pixels - seen.pixels) if same else None
    if difference is not None:
        said += f", mean difference {difference.mean():.2g}"
    largest = None if difference is None else float(difference.max())
    return Row(odd.kind, odd.name, reference, said, same, largest, odd.within, UNIT, ours.notes, odd.says)


def main() -> None:
    """Print the table; with --keep, write down what Chromium and LittleCMS say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true", help="write odd_pictures.json anew")
    keep = parser.parse_args().keep
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        table, version = rows(browser), browser.version
        if keep:
            seen = seen_by_others([odd.make() for odd in ALL], browser)
            found = {
                f"{odd.kind}: {odd.name}": np.round(patches_of(one.pixels), 1).tolist()
                for odd, one in zip(ALL, seen, strict=True)
                if one.by in ("Chromium", "LittleCMS") and one.pixels is not None
            }
            lines = [f"{json.dumps(name)}: {json.dumps(patches)}" for name, patches in found.items()]
            KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        browser.close()
    kinds, ffmpeg = len({row.kind for row in table}), programs.ffmpeg_version()
    print(f"{len(table)} files of {kinds} kinds, beside {ffmpeg}, Chromium {version} and LittleCMS's transicc.\n")
    print(markdown(table))


if __name__ == "__main__":
    main()
