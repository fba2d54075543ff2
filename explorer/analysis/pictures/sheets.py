"""Contact sheets: the exemplars of every code as pictures, cut anew from the media.

An audit keeps where its exemplars are, not what they look like; so the media must still be at hand.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from explorer.analysis.codes.exemplars import Patch, contact_sheet
from explorer.analysis.pictures.token_pictures import MediumPictures
from explorer.audit.sources import MediaSource
from explorer.foundation.errors import ExplorerError
from explorer.foundation.files import make_folder, write_atomically
from explorer.joints.audit import Audit
from explorer.joints.audit_parts import KINDS
from explorer.joints.measures.usage import rank_order
from explorer.joints.tokenizer import Tokenizer, extent_of
from explorer.media.fitting import fitting_of
from explorer.media.medium import fit_medium, values
from explorer.media.pictures.image import png_bytes

CODES_SHOWN = 1024  # of each level, the most used ones: their patches are held in memory
CODES_A_SHEET = 64
CELL_PX, LABEL_PX, HEAD_PX, GAP_PX = 24, 56, 16, 10
OURS = re.compile(r"((level|group)-\d+-)?codes-\d+-\d+\.png")  # what an earlier audit may have left


@dataclass(frozen=True)
class LevelPatches:
    """codes, ascending; patches (len(codes), 3, E, CELL_PX, CELL_PX, 3) uint8; there: (len(codes), 3, E) bool."""

    codes: np.ndarray
    patches: np.ndarray
    there: np.ndarray


def cut_patches(
    audit: Audit, source: MediaSource, tokenizer: Tokenizer, progress: Callable[[int, int], None] | None = None
) -> list[LevelPatches | None]:
    """The exemplars of each level, None for a level without. Media that are gone leave their places empty.

    Of sounds their spectrograms, of clips patches of a frame, of tokens without a place whole pictures. Each medium is
    opened once. progress: media opened, of how many.
    """
    found: list[LevelPatches | None] = []
    wanted: dict[int, list[tuple[int, tuple[int, int, int], int]]] = defaultdict(list)  # medium -> level, place, token
    for number, level in enumerate(audit.levels):
        if level.exemplars is None:
            found.append(None)
            continue
        codes = np.sort(rank_order(level.counts)[: min(CODES_SHOWN, int(np.count_nonzero(level.counts)))])
        medium, token = level.exemplars.medium[codes], level.exemplars.token[codes]  # (n, 3, E)
        shape = (*medium.shape, CELL_PX, CELL_PX, 3)
        found.append(LevelPatches(codes, np.full(shape, 128, np.uint8), np.zeros(medium.shape, bool)))
        for place in zip(*np.nonzero(medium >= 0), strict=True):
            wanted[int(medium[place])].append((number, place, int(token[place])))
    at = {name: position for position, name in enumerate(source.names)}
    fitting, spec = fitting_of(audit.settings), tokenizer.spec
    for done, (medium, tokens) in enumerate(sorted(wanted.items())):
        try:
            read = source.open(at[audit.media[medium]], spec.modality)
            whole = values(fit_medium(read, spec, fitting))
        except (ExplorerError, KeyError):
            continue
        pictures, layouts = MediumPictures(whole, spec.sample_rate_hz), tokenizer.layouts(extent_of(spec, whole.shape))
        for number, place, token in tokens:
            if token < layouts[number].num_tokens:  # the file may have changed since
                pixels = pictures.alone(layouts[number], token)
                found[number].patches[place] = contact_sheet([Patch(token, (), pixels / np.float32(255))], 1, CELL_PX)
                found[number].there[place] = True
        if progress is not None:
            progress(done + 1, len(wanted))
    return found


def sheet(level: LevelPatches, rows: Sequence[int]) -> np.ndarray:
    """Some codes of a level (positions in `level.codes`), one a row: closest, random and farthest, (h, w, 3) uint8."""
    each = level.patches.shape[2]
    block = each * (CELL_PX + 1)
    width = LABEL_PX + len(KINDS) * (block + GAP_PX)
    picture = Image.new("RGB", (width, HEAD_PX + max(1, len(rows)) * (CELL_PX + 1)), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    for kind, word in enumerate(KINDS):
        pen.text((LABEL_PX + kind * (block + GAP_PX), 2), word, fill=(0, 0, 0))
    for line, row in enumerate(rows):
        top = HEAD_PX + line * (CELL_PX + 1)
        pen.text((4, top + 6), str(int(level.codes[row])), fill=(0, 0, 0))
        for kind in range(len(KINDS)):
            for slot in range(each):
                if level.there[row, kind, slot]:
                    left = LABEL_PX + kind * (block + GAP_PX) + slot * (CELL_PX + 1)
                    picture.paste(Image.fromarray(level.patches[row, kind, slot]), (left, top))
    return np.asarray(picture)


def write_sheets(folder: Path, audit: Audit, levels: Sequence[LevelPatches | None]) -> int:
    """Write `exemplars.csv` and the sheets into `folder`, CODES_A_SHEET codes each; returns how many sheets.

    Sheets that an earlier audit left there are taken away. Raises ExplorerError if the disk refuses.
    """
    make_folder(folder)
    write_atomically(folder / "exemplars.csv", csv_bytes(audit))
    written = set()
    for level, patches in zip(audit.levels, levels, strict=True):
        prefix = f"{level.name.replace(' ', '-')}-" if level.name else ""
        for start in range(0, 0 if patches is None else len(patches.codes), CODES_A_SHEET):
            rows = range(start, min(start + CODES_A_SHEET, len(patches.codes)))
            name = f"{prefix}codes-{patches.codes[rows[0]]:05}-{patches.codes[rows[-1]]:05}.png"
            write_atomically(folder / name, png_bytes(sheet(patches, rows)))
            written.add(name)
    for path in folder.iterdir():
        if OURS.fullmatch(path.name) and path.name not in written:
            path.unlink(missing_ok=True)
    return len(written)


def csv_bytes(audit: Audit) -> bytes:
    """Every exemplar: level (from 1), code, kind, rank (from 1), medium, token, distance."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["level", "code", "kind", "rank", "medium", "token", "distance"])
    for number, level in enumerate(audit.levels, 1):
        writer.writerows(_rows(audit, number, level))
    return text.getvalue().encode("utf-8")


def _rows(audit: Audit, number: int, level) -> Iterator[tuple]:
    if level.exemplars is None:
        return
    of = level.exemplars
    for code, kind, slot in zip(*np.nonzero(of.medium >= 0), strict=True):
        medium, distance = audit.media[of.medium[code, kind, slot]], of.distance[code, kind, slot]
        yield number, code, KINDS[kind], slot + 1, medium, of.token[code, kind, slot], f"{distance:.7g}"
