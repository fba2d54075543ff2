"""Part `audit`: an audit of pictures as the command does it, and how busy the device was meanwhile."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.foundation.errors import ExplorerError
from explorer.foundation.words import count_of
from explorer.joints.tokenizer import Tokenizer
from explorer.tokenizers import load_tokenizer
from tests.gpu.scale import Setting
from tests.gpu.table import Row, rate_of

MEMBERS = ("vq-ema-reseed", "rvq-4")
COMPARED, SAME = 8, 0.99  # pictures whose codes are compared, and the share of these that is asked for
ASK = ("nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits")


def write_pictures(folder: Path, count: int, side_px: int) -> None:
    """Crops of the pictures that come with scikit-image and scikit-learn, as JPEG, each another one."""
    from PIL import Image

    from explorer.training.data import sample_pictures

    folder.mkdir(parents=True, exist_ok=True)
    random, pictures = np.random.default_rng(0), sample_pictures(side_px)
    for number in range(count):
        picture = pictures[number % len(pictures)]
        y, x = (int(random.integers(extent - side_px + 1)) for extent in picture.shape[:2])
        crop = picture[y : y + side_px, x : x + side_px]
        Image.fromarray(crop).save(folder / f"{number:05}.jpg", quality=90)


def measure_audits(setting: Setting) -> Iterator[Row]:
    scale, folder = setting.scale, setting.folder / "pictures"
    write_pictures(folder, scale.pictures, scale.picture_px)
    for member in MEMBERS:
        try:
            tokenizer = load_tokenizer(member, device=str(setting.device))
        except ExplorerError as error:
            yield Row("audit", member, str(error), "", "skipped")
            continue
        source = open_source(str(folder))
        meter = Meter(setting.device.type == "cuda")
        began, cpu = time.perf_counter(), time.process_time()
        audit = run_audit(tokenizer, source, title="table")
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        words = f"{rate_of(scale.pictures, seconds, 'pictures')}, {audit.levels[0].tokens:,} tokens a level; "
        words += f"{cpu / seconds:.1f} cores busy; {meter.words()}"
        yield Row("audit", f"{member}, {scale.pictures:,} JPEG of {scale.picture_px} px", words)
        yield _codes(member, tokenizer, folder)


def _codes(member: str, tokenizer: Tokenizer, folder: Path) -> Row:
    """What was counted are the codes that a CPU gives, but for near ties."""
    from PIL import Image

    files = sorted(folder.glob("*.jpg"))[:COMPARED]
    pictures = [np.asarray(Image.open(file), np.float32) / 255 for file in files]
    found, expected = (one.encode(pictures) for one in (tokenizer, load_tokenizer(member, device="cpu")))
    pairs = zip((level for one in found for level in one), (level for one in expected for level in one), strict=True)
    same = float(np.mean([np.mean(a.indices == b.indices) for a, b in pairs]))
    state = "ok" if same >= SAME else "failed"
    what = f"{member}, codes of {count_of(len(pictures), 'picture')}"
    return Row("audit", what, f"{same:.2%} as on the CPU", f"at least {SAME:.0%}", state)


class Meter:
    """How busy the GPU is, asked of nvidia-smi until it is told to stop."""

    def __init__(self, on: bool) -> None:
        self._values: list[float] = []
        self._done, self._why = threading.Event(), "" if on else "no GPU to be busy"
        self._thread = threading.Thread(target=self._sample, daemon=True)
        if on:
            self._thread.start()

    def _sample(self) -> None:
        while not self._done.wait(0.1):
            try:
                told = subprocess.run(ASK, capture_output=True, text=True, timeout=10, check=True).stdout.split()
                self._values.append(float(told[0]))
            except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
                self._why = f"nvidia-smi does not tell how busy the GPU was ({type(error).__name__})"
                return

    def words(self) -> str:
        """Ends it."""
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._values:
            return f"GPU busy {np.mean(self._values):.0f}% (mean of {len(self._values)} looks)"
        return self._why or "over before a look at the GPU"
