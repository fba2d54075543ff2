"""A clip and a sound that a visitor sends, until both are on the screen; and how fast shipped codecs of sounds are.

Needs Chromium and the package av. The clip pans over a sample picture, the sound is the sample voice again and again.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.media.clips.moving import made_clip
from explorer.media.medium import fit_medium, values
from explorer.media.samples import SAMPLES, samples_of
from explorer.media.sounds.audio import LoadedAudio, wav_bytes
from explorer.media.writing import mp4_bytes
from explorer.tokenizers import load_tokenizer
from tests.conftest import CHROMIUM_OPTIONS, app_with
from tests.shipped import shipped_ids

FRAMES, SIDE_PX, RATE = 64, 128, 12.5
SECONDS = 30.0
ROUNDS = 3
PATIENCE_MS = 120_000
CLIP_S, SOUND_S, REAL_TIME = 5, 2, 5
VIEW = "#inspect-view .dte-inspect"


def measure() -> list[tuple[str, str, str]]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        clip, sound = Path(folder) / "clip.mp4", Path(folder) / "sound.wav"
        clip.write_bytes(mp4_bytes(moving() / np.float32(255), RATE))
        voice = long_sound()
        sound.write_bytes(wav_bytes(voice.samples, voice.sample_rate_hz))
        for modality, file, text, budget in (
            ("video", clip, "frame 1 of 6", CLIP_S),
            ("audio", sound, f"{SECONDS:.1f} s", SOUND_S),
        ):
            what = f"{FRAMES} frames of {SIDE_PX} px" if modality == "video" else f"{SECONDS:g} s of sound"
            for tokenizer in shipped_ids(modality):
                first, again = shown(tokenizer, file, text)
                said = f"{first:.2f} s, again {again:.2f} s"
                rows.append((f"{what} sent -> on the screen, {tokenizer}", said, f"{budget} s"))
    return rows + [real_time(tokenizer) for tokenizer in shipped_ids("audio")]


def moving() -> np.ndarray:
    """(FRAMES, SIDE_PX, SIDE_PX, 3) uint8."""
    pictures = [np.round(255 * SAMPLES[name].load().pixels).astype(np.uint8) for name in ("astronaut", "coffee")]
    return made_clip(pictures, FRAMES, SIDE_PX, np.random.default_rng(0), first=pictures[0])


def long_sound() -> LoadedAudio:
    """SECONDS of the first sample sound."""
    sample = next(iter(samples_of("audio").values())).load()
    wanted = round(SECONDS * sample.sample_rate_hz)
    times = -(-wanted // len(sample.samples))
    return LoadedAudio(np.tile(sample.samples, (times, 1))[:wanted], sample.sample_rate_hz)


def shown(tokenizer: str, file: Path, text: str) -> tuple[float, float]:
    """Seconds from sending the file until player, tokens and figures show it: the first time, and after another one."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))))
    with sync_playwright() as playwright, app_with() as url:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_OPTIONS))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        took = []
        for _ in range(2):
            page.goto(f"{url}?tokenizer={tokenizer}")  # its weights are loaded, and a sample is shown
            page.wait_for_selector(f"{VIEW}[data-frames-drawn]")
            page.wait_for_timeout(3000)  # nothing of it goes on any more
            before = page.inner_text("#reconstruction")
            begun = time.perf_counter()
            page.set_input_files("#upload-file input[type=file]", file)
            page.wait_for_function(
                "([text, before]) => document.querySelector('#player .dte-player-clock')?.textContent.includes(text)"
                " && document.querySelector('#reconstruction').innerText !== before",
                arg=[text, before],
            )
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            took.append(time.perf_counter() - begun)
        browser.close()
    return took[0], took[1]


def real_time(name: str) -> tuple[str, str, str]:
    """Seconds of sound in a second of encoding, quantizing and decoding: the middle of some rounds."""
    tokenizer = load_tokenizer(name, "cpu")
    given = values(fit_medium(long_sound(), tokenizer.spec, 0))
    tokenizer.tokenize(given)
    factors = []
    for _ in range(ROUNDS):
        seconds = tokenizer.tokenize(given).seconds
        factors.append(SECONDS / sum(seconds.get(step, 0.0) for step in ("encode", "quantize", "decode")))
    return (f"{SECONDS:g} s encoded and decoded, {name}", f"{np.median(factors):.1f}x real time", f"{REAL_TIME}x")
