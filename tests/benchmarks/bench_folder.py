"""A folder tokenized into a dump against its files one by one: read, made to fit and encoded alone, in one process.

Both are taken in turns, and the best of ROUNDS of each counts, so that a busy machine slows both; beside it stand the
least and the most of the rounds' own ratios. The one by one has the same threads of torch and writes nothing; the dump
is written as .npy. Beside seconds of the clock stand those of the processor, which other programs hardly change: what
share of the cores the one by one keeps busy, and how many times as fast the folder were at most, at the work that it
does, if it kept all of them busy all the time. FOLDER_FILES=64 makes it quicker.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.machinery.in_turn import cores

FILES, ROUNDS = int(os.environ.get("FOLDER_FILES", "128")), 5
BUDGET = "1.5 or more"


def measure() -> list[tuple[str, str, str]]:
    import torch

    rows = []
    for name, what, write, crop in CASES:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder) / "in")
            rows.append(row(name, what, Path(folder), crop))
    return [(f"{torch.get_num_threads()} threads of torch, {FILES} files a folder", "", ""), *rows]


def row(name: str, what: str, folder: Path, crop: int | None) -> tuple[str, str, str]:
    from explorer.audit.beside import one_thread_each
    from explorer.audit.sources import open_source
    from explorer.corpus.run import DumpOptions, tokenize_source
    from explorer.media.fitting import Fitting
    from explorer.media.medium import fit_medium, values
    from explorer.tokenizers import load_tokenizer

    tokenizer, source, fitting = load_tokenizer(name), open_source(folder / "in"), Fitting(crop_px=crop)
    spec = tokenizer.spec

    def alone() -> None:
        for number in range(len(source)):
            tokenizer.encode([values(fit_medium(source.open(number, spec.modality), spec, fitting))])

    def together(n: int) -> None:
        with one_thread_each(tokenizer.device) as workers:  # as the command does
            tokenize_source(tokenizer, source, folder / f"out{n}", DumpOptions(fitting=fitting), workers=workers)

    taken: dict[str, list[tuple[float, float]]] = {"alone": [], "together": []}  # of the clock, of the processor
    tokenizer.encode([values(fit_medium(source.open(0, spec.modality), spec, fitting))])  # what is slow only once
    for n in range(ROUNDS):
        for which, work in (("alone", alone), ("together", lambda n=n: together(n))):
            begin = time.perf_counter(), time.process_time()
            work()
            taken[which].append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    return f"{what}, {name}", words(taken, len(source)), BUDGET


def words(taken: dict[str, list[tuple[float, float]]], files: int) -> str:
    """Seconds of the clock and of the processor of each round, one by one and together, as text."""
    (alone, alone_work), (together, work) = (map(min, zip(*rounds, strict=True)) for rounds in taken.values())
    ratios = [one[0] / other[0] for one, other in zip(*taken.values(), strict=True)]
    busy = [seconds / (clock * cores()) for clock, seconds in taken["alone"]]
    return (
        f"{alone / together:.2f} times as fast (rounds {min(ratios):.2f} to {max(ratios):.2f}; "
        f"{1000 * alone / files:.1f} and {1000 * together / files:.1f} ms a file, one by one and together; of the "
        f"processor {1000 * alone_work / files:.1f} and {1000 * work / files:.1f}); one by one keeps "
        f"{max(busy):.0%} of {cores()} cores busy; at most {alone * cores() / work:.2f}"
    )


def write_crops(side: int):
    def write(folder: Path) -> None:
        random, pictures = np.random.default_rng(0), sample_pictures(side)
        folder.mkdir()
        for number in range(FILES):
            picture = pictures[number % len(pictures)]
            left, top = (int(random.integers(extent - side + 1)) for extent in picture.size)
            picture.crop((left, top, left + side, top + side)).save(folder / f"{number:05}.jpg", quality=90)

    return write


def write_photos(folder: Path) -> None:
    """As cameras give them: 3,000 x 2,000 pixels, enlarged from the samples."""
    from PIL import Image

    folder.mkdir()
    pictures = sample_pictures(128)
    for number in range(max(8, FILES // 4)):
        photo = pictures[number % len(pictures)].resize((3000, 2000), Image.Resampling.BICUBIC)
        photo.save(folder / f"{number:05}.jpg", quality=90)


def write_sounds(seconds: tuple[float, float]):
    def write(folder: Path) -> None:
        from explorer.media.samples import samples_of
        from explorer.media.sounds.audio import wav_bytes

        folder.mkdir()
        random = np.random.default_rng(0)
        sounds = [sample.load() for sample in samples_of("audio").values()]
        for number in range(FILES):
            sound = sounds[number % len(sounds)]
            length = min(int(random.uniform(*seconds) * sound.sample_rate_hz), len(sound.samples))
            first = int(random.integers(len(sound.samples) - length + 1))
            part = sound.samples[first : first + length, :1]
            (folder / f"{number:05}.wav").write_bytes(wav_bytes(part, sound.sample_rate_hz))

    return write


def sample_pictures(side: int):
    from PIL import Image

    from explorer.media.samples import PICTURES

    pictures = [Image.open(sample.path).convert("RGB") for sample in PICTURES.values()]
    return [picture for picture in pictures if min(picture.size) > side]


CASES = (
    ("vq-ema-reseed", "pictures of 32 px", write_crops(32), None),
    ("vq-ema-reseed", "pictures of 64 px", write_crops(64), None),
    ("vq-ema-reseed", "pictures of 128 px", write_crops(128), None),
    ("vq-ema-reseed", "pictures of 256 px", write_crops(256), None),
    ("vq-ema-reseed", "photos of 3,000 x 2,000, --crop 256", write_photos, 256),
    ("sound-rvq-8", "sounds of 0.3 to 0.6 s", write_sounds((0.3, 0.6)), None),
    ("sound-rvq-8", "sounds of 1 to 3 s", write_sounds((1, 3)), None),
)
