"""Ten minutes of sound: streamed with flat memory, read whole, and as a page opens them; in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from explorer.foundation.config import Limits
from tests.peak_memory import peak_bytes

ROOT, NAME, RATE_HZ = Path(__file__).resolve().parents[2], "sound-rvq-8", 16_000
MINUTES = (1, 10)


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        files = {minutes: write_sound(Path(folder) / f"{minutes}.flac", 60 * minutes) for minutes in MINUTES}
        empty = child("empty", files[1])["mib"]
        for minutes, file in files.items():
            one = child("stream", file)
            rows.append(
                (
                    f"{minutes} min through {NAME}, streamed there and back",
                    f"{60 * minutes / one['seconds']:.0f} times real time, peak {one['mib'] - empty:,.0f} MiB more",
                    "5 times, flat",
                )
            )
        one = child("whole", files[10])
        same = "equal" if one["same"] else "NOT equal"
        rows.append(
            (
                "10 min as one record (--limit seconds=600), in parts",
                f"{600 / one['seconds']:.0f} times real time, peak {one['mib'] - empty:,.0f} MiB more; codes of "
                f"its last minute {same} to the stream's",
                "5 times",
            )
        )
        one = child("page", files[10])
        rows.append(
            (
                "10 min as a page opens them: the first 30 s, said in a note",
                f"{one['seconds']:.2f} s, peak {one['mib'] - empty:,.0f} MiB more; {one['note']!r}",
                "2 s",
            )
        )
    return rows


def write_sound(path: Path, seconds: int) -> Path:
    """Tones that come and go, and noise: another second each second."""
    chance, time_s = np.random.default_rng(0), np.arange(RATE_HZ) / RATE_HZ
    with soundfile.SoundFile(path, "w", RATE_HZ, 1) as file:
        for _ in range(seconds):
            tone = np.sin(2 * np.pi * chance.uniform(80, 2000) * time_s) * np.hanning(RATE_HZ)
            file.write(0.3 * tone + 0.02 * chance.normal(size=RATE_HZ))
    return path


def child(what: str, file: Path) -> dict:
    """What a fresh process measured."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_long_sound", what, str(file)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def _work(what: str, file: Path) -> dict:
    from explorer.media.medium import load_medium, tokenized
    from explorer.media.sounds.blocks import sound_blocks
    from explorer.tokenizers import load_tokenizer

    tokenizer = load_tokenizer(NAME)
    tokenizer.tokenize(np.zeros((RATE_HZ, 1), np.float32))  # warm
    start, more = time.perf_counter(), {}
    if what == "stream":
        for _ in tokenizer.stream_sound(tokenizer.stream_codes(sound_blocks(file, RATE_HZ))):
            pass
    elif what in ("whole", "page"):
        limits = Limits(audio_seconds=600.0) if what == "whole" else Limits()
        record = tokenized(load_medium(file, limits), tokenizer, 256)
        more = {"note": next((note for note in record.notes if "Only the first" in note), "")}
    taken = {"seconds": time.perf_counter() - start, "mib": peak_bytes() / 2**20}
    if what == "whole":
        *_, last = (part for part in tokenizer.stream_codes(sound_blocks(file, RATE_HZ)))
        more["same"] = bool((np.stack([one.indices for one in record.levels], -1)[-len(last) :] == last).all())
    return taken | more


if __name__ == "__main__":
    print(json.dumps(_work(sys.argv[1], Path(sys.argv[2]))))
