"""Media read in stretches, and which of a stretch are encoded together: those of one size, and sounds of like length.

A stretch ends after STRETCH_PIXELS, and at the end of every block of files of the source. So what is encoded together
depends on the media of a block alone, and neither on where a run was stopped nor on which blocks a process was given:
a batch may round a latent between two codes otherwise than another batch does, and counts are to be the same to the
bit.

Sounds of unlike length become one batch by silence behind the shorter ones, whose tokens are then left out. That is
exact where a tokenizer looks back only (`Tokenizer.looks_back`): what comes later changes nothing. Elsewhere only those
of one length are encoded together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from explorer.foundation.errors import MediaError
from explorer.foundation.words import count_of
from explorer.joints.record import Modality, TokenLevel
from explorer.joints.tokenizer import Tokenizer, extent_of

BLOCK, SMALL_BLOCK = 64, 16  # files: no stretch goes from one block over to the next
MANY_BLOCKS = 64  # of BLOCK files: with fewer the blocks are small, so that shards of few files are even
CLIPS = 4  # files of a block of clips, each of which may be hundreds of MiB
STRETCH_PIXELS = 2**20  # read before they are encoded: 16 pictures of 256 px; of sounds as many samples
TOGETHER_CPU = 2**18  # encoded together: larger batches leave the caches of a processor, and win nothing
TOGETHER = 2**20  # on a GPU, whose stretches are four times as long
ALIKE = 1.25  # the longest sound of a batch is so many times its shortest: at most a fifth of the work is silence

Levels = tuple[TokenLevel, ...]


@dataclass(frozen=True)
class BatchMedium:
    """A medium as the tokenizer takes it, what was done to it, and what else is to be kept of it."""

    values: np.ndarray
    notes: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Stretch:
    """Media that follow each other; of each its notes, its number among all files, and its facts; files that were
    skipped, and by how many files to go on."""

    names: list[str]
    media: list[np.ndarray]
    notes: list[tuple[str, ...]]
    skipped: list[tuple[str, str]]
    numbers: list[int]
    stop: int
    facts: list[Mapping[str, object]] = field(default_factory=list)


@dataclass(frozen=True)
class Together:
    """How many media were encoded, in how many batches, and how many of them alone."""

    media: int = 0
    batches: int = 0
    alone: int = 0

    def __add__(self, more: Together) -> Together:
        return Together(self.media + more.media, self.batches + more.batches, self.alone + more.alone)


def block_length(planned: int, modality: Modality) -> int:
    """How many files of a source of `planned` files form a block."""
    if modality == "video":
        return CLIPS
    return BLOCK if planned >= MANY_BLOCKS * BLOCK else SMALL_BLOCK


def stretches(
    media: Iterator[tuple[str, BatchMedium | str]], position: int = 0, most: int = STRETCH_PIXELS, block: int = BLOCK
) -> Iterator[Stretch]:
    """(name, what was read or why not) -> Stretches of about `most` pixels.

    position: number of the first file in its source; where a run is resumed it is where a stretch ended. block: files
    of a block.
    """
    names: list[str] = []
    kept: list[BatchMedium] = []
    skipped: list[tuple[str, str]] = []
    numbers: list[int] = []
    pixels = 0

    def stretch() -> Stretch:
        files = len(names) + len(skipped)
        arrays, notes, facts = [[getattr(one, name) for one in kept] for name in ("values", "notes", "facts")]
        return Stretch(list(names), arrays, notes, list(skipped), list(numbers), files, facts)

    for number, (name, read) in enumerate(media, position):
        if isinstance(read, str):
            skipped.append((name, read))
        else:
            names.append(name)
            kept.append(read)
            numbers.append(number)
            pixels += size_of(read.values)
        if pixels >= most or (number + 1) % block == 0:
            yield stretch()
            names, kept, skipped, numbers, pixels = [], [], [], [], 0
    if names or skipped:
        yield stretch()


def size_of(medium: np.ndarray) -> int:
    """Pixels of a picture or clip, samples of a sound."""
    return math.prod(medium.shape[:-1])


def stretch_size(device: str) -> int:
    """How much is read before it is encoded on a device."""
    return STRETCH_PIXELS if device == "cpu" else 4 * STRETCH_PIXELS


def encode_together(tokenizer: Tokenizer, media: Sequence[np.ndarray]) -> tuple[list[Levels | str], Together]:
    """The levels of each medium, in order, or why the tokenizer refuses it; media that fit are encoded together."""
    split = groups_for(tokenizer, media)
    return in_order(split, [encode_group(tokenizer, [media[number] for number in group]) for group in split])


def groups_for(tokenizer: Tokenizer, media: Sequence[np.ndarray]) -> list[list[int]]:
    """Numbers of media that a tokenizer encodes together."""
    return groups(media, TOGETHER_CPU if tokenizer.device == "cpu" else TOGETHER, tokenizer.looks_back)


def in_order(
    split: Sequence[Sequence[int]], encoded: Sequence[Sequence[Levels | str]]
) -> tuple[list[Levels | str], Together]:
    """What was found of each group, as it is found of each medium, and how much was done together."""
    found: list[Levels | str] = [""] * sum(map(len, split))
    for group, each in zip(split, encoded, strict=True):
        for number, levels in zip(group, each, strict=True):
            found[number] = levels
    return found, Together(len(found), len(split), sum(len(group) == 1 for group in split))


def groups(media: Sequence[np.ndarray], most: int, looks_back: bool = False) -> list[list[int]]:
    """Numbers of media that are encoded together: of one shape, or, where `looks_back`, of lengths that are ALIKE.

    A batch has `most` pixels at most, the silence that fills it included, or one medium.
    """
    lengths = [len(medium) for medium in media]
    order = sorted(range(len(media)), key=lambda n: (media[n].shape[1:], lengths[n], n))
    made: list[list[int]] = []
    for number in order:
        if made:
            first = made[-1][0]
            alike = lengths[number] <= (ALIKE * lengths[first] if looks_back else lengths[first])
            alike = alike and media[number].shape[1:] == media[first].shape[1:]
            if alike and (len(made[-1]) + 1) * size_of(media[number]) <= most:
                made[-1].append(number)
                continue
        made.append([number])
    return made


def encode_group(tokenizer: Tokenizer, media: list[np.ndarray]) -> list[Levels | str]:
    """The levels of media that go together. If the tokenizer refuses them, they are tried one by one."""
    try:
        return _padded(tokenizer, media)
    except MediaError as error:
        if len(media) == 1:
            return [str(error)]
        return [one for medium in media for one in encode_group(tokenizer, [medium])]


def _padded(tokenizer: Tokenizer, media: list[np.ndarray]) -> list[Levels]:
    """The levels of media of lengths that may differ, where their tokenizer looks back only."""
    longest = max(map(len, media))
    if all(len(medium) == longest for medium in media):
        return tokenizer.encode(media)
    filled = [np.pad(one, ((0, longest - len(one)), *((0, 0),) * (one.ndim - 1))) for one in media]
    found = tokenizer.encode(filled)
    return [_cut(tokenizer, levels, medium) for levels, medium in zip(found, media, strict=True)]


def _cut(tokenizer: Tokenizer, levels: Levels, medium: np.ndarray) -> Levels:
    """The tokens of a sound without those of the silence behind it."""
    layouts = tokenizer.layouts(extent_of(tokenizer.spec, medium.shape))
    return tuple(
        replace(
            level,
            indices=level.indices[: layout.shape[0]].copy(),
            z_e=level.z_e[: layout.num_tokens].copy(),
            z_q=level.z_q[: layout.num_tokens].copy(),
            layout=layout,
        )
        for level, layout in zip(levels, layouts, strict=True)
    )


def together_words(done: Together, tokenizer: Tokenizer, noun: str) -> str:
    """How many were encoded together, and why others were not; "" where that is of no interest. noun: in plural."""
    if done.media < 2:
        return ""
    batches = count_of(done.batches - done.alone, "batch", "batches")
    words = f"{done.media - done.alone:,} of {done.media:,} {noun} were encoded together, in {batches}"
    if not done.alone:
        return f"{words}."
    sound = tokenizer.spec.modality == "audio"
    why = "no other of their size lay near, or they fill a batch"
    if sound and tokenizer.looks_back:
        why = "no other of about their length lay near, or they fill a batch"
    elif sound:
        why = (
            "this tokenizer looks ahead, or nobody has said that it does not, so that only sounds of one length can be "
            "encoded together"
        )
    return f"{words}; {done.alone:,} alone: {why}."
