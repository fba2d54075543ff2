"""Comparing six tokenizers on one picture of 256 px, and what an edit costs before its decode."""

import statistics
import time

import numpy as np

from explorer.analysis.edit.edits import History, Paint
from explorer.analysis.edit.tokens import bench_of, tokens_of
from explorer.compare.run import Options, compare_medium
from explorer.media.pictures.image import LoadedImage
from explorer.media.quality.fidelity import Original
from explorer.media.samples import sample
from explorer.tokenizers import load_tokenizer

IDS = ("vq-ema-reseed", "vq-cosine", "rvq-4", "pq-4", "fsq", "bsq")
SIDE = 256


def measure() -> list[tuple[str, str, str]]:
    pixels = np.ascontiguousarray(sample("astronaut").load().pixels[:SIDE, :SIDE])
    image, tokenizers = LoadedImage(pixels), [load_tokenizer(one, "cpu") for one in IDS]
    first = compare_medium("warm-up", image, tokenizers, Options(repeats=0))
    rows = []
    for what, options, budget in (
        ("times, figures, JPEG and WebP", Options(), "4 s"),
        ("figures only", Options(repeats=0, codecs=()), "none"),
    ):
        seconds = median_seconds(lambda chosen=options: compare_medium("a", image, tokenizers, chosen), 3)
        rows.append((f"6 tokenizers on {SIDE} px: {what}", f"{seconds:.2f} s", budget))
    other, original = first.reconstructions["fsq"], Original(pixels)
    figures = median_seconds(lambda: original.fidelity(other), 5)
    record = first.records["fsq"]
    start, bench = tokens_of(record), bench_of(record)
    history = History(tuple(Paint(0, n % 1000, (n % 1024, (n + 1) % 1024)) for n in range(100)))
    replay = median_seconds(lambda: history.apply(start, bench), 5)
    tokenizer = tokenizers[IDS.index("fsq")]
    decode = median_seconds(lambda: tokenizer.detokenize(start.indices), 5)
    return [
        *rows,
        (f"PSNR, SSIM, MS-SSIM, gradient RMSE of {SIDE} px", f"{figures * 1000:.0f} ms", "none"),
        ("replay of 100 brush strokes", f"{replay * 1000:.1f} ms", "none"),
        (f"edit of a token to decoded {SIDE} px, whole picture", f"{(replay / 100 + decode) * 1000:.0f} ms", "150 ms"),
    ]


def median_seconds(work, times):
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
