"""Public tokenizers of full width: what loading and encoding cost beside the library's own, and memory.

Weights are random and lie in folders as on the Hub. Each loading has a process of its own: it imports what it needs,
loads, and adds up every weight, since the library only maps the file and reads it when it is first used. Times are
seconds of the processor, which other work on the machine stretches least; memory is the peak over what was resident
once everything was imported.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODELS = {  # id of our format -> title, the library's class and config, and what differs from its defaults
    "encodec": ("EnCodec 24 kHz", "EncodecModel", "EncodecConfig", {}),
    "dac": ("DAC 44.1 kHz", "DacModel", "DacConfig", dict(downsampling_ratios=[2, 4, 8, 8], sampling_rate=44_100)),
    "mimi": ("Mimi", "MimiModel", "MimiConfig", {}),
}
SECONDS, REPEATS = 1, 3  # of sound; of each measurement
MEBI = 2**20


def measure() -> list[tuple[str, str, str]]:
    import torch

    rows = []
    for name, (title, *_) in MODELS.items():
        with tempfile.TemporaryDirectory() as place:
            torch.manual_seed(0)
            model = library_model(name).eval()
            model.save_pretrained(place)
            rows += [*loading(name, title, place), *encoding(name, title, model, place)]
    return rows


def library_model(name):
    import transformers

    _, model_class, config_class, changes = MODELS[name]
    return getattr(transformers, model_class)(getattr(transformers, config_class)(**changes))


def loading(name, title, place):
    """Rows about time and memory; the processes take turns, so that both meet the machine alike busy."""
    weights = sum(file.stat().st_size for file in Path(place).glob("*.safetensors"))
    runs = {"library": [], "explorer": []}
    for _ in range(REPEATS):
        for whose, seen in runs.items():
            seen.append(in_a_process(whose, name, place))
    total, alone, peak = (
        {whose: statistics.median(run[what] for run in seen) for whose, seen in runs.items()}
        for what in ("total", "alone", "peak")
    )
    size = f"{title}, {weights / MEBI:.0f} MiB"
    return [
        (f"start and load {size}", versus(total, 1.0, "s"), f"{1.2 * total['library']:.2f} s (1.2 x)"),
        (f"load {size}, all imported before", versus(alone, 1.0, "s"), "none: ours copies and checks what is mapped"),
        (f"memory while loading {size}", versus(peak, weights, "x the file"), "under 2 x"),
    ]


def versus(values, unit, word):
    return f"{values['explorer'] / unit:.2f} {word}; the library {values['library'] / unit:.2f}"


def in_a_process(whose, name, place):
    command = [sys.executable, "-m", "tests.benchmarks.bench_loading", whose, name, place]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def encoding(name, title, model, place):
    """A row about `encode` against the library's."""
    import numpy as np
    import torch

    tokenizer = tokenizer_of(name, place)
    hop, rate = tokenizer.spec.downsampling, tokenizer.spec.sample_rate_hz
    media = np.random.default_rng(0).normal(0, 0.1, (SECONDS * rate // hop * hop, 1)).astype(np.float32)
    tensor = torch.from_numpy(media.T[None].copy())
    options = {"bandwidth": model.config.target_bandwidths[-1]} if name == "encodec" else {}
    ours, theirs = [], []
    with torch.inference_mode():
        for _ in range(REPEATS):
            theirs.append(seconds_of(lambda: model.encode(tensor, **options)))
            ours.append(seconds_of(lambda: tokenizer.encode([media])))
    best = {"explorer": min(ours), "library": min(theirs)}
    return [(f"encode {SECONDS} s of sound, {title}", versus(best, 1.0, "s"), f"{1.1 * best['library']:.2f} s (1.1 x)")]


def tokenizer_of(name, place):
    from dataclasses import replace

    from explorer.loading.fill import fill
    from explorer.loading.reading import read_header
    from explorer.public import FORMATS
    from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

    header, form = read_header(Path(place)), FORMATS.load(name)
    spec = replace(form.describe(header), id=name)
    return AdaptedTokenizer(fill(form, header), spec, "cpu")


def seconds_of(work):
    """Of the processor, all threads together."""
    start = time.process_time()
    work()
    return time.process_time() - start


def resident(field):
    """VmRSS (now) or VmHWM (the peak) of this process in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1]) * 1024


def one(whose, name, place):
    """In a process of its own: load once, add up every weight, and print seconds and bytes."""
    import torch
    import transformers

    kind = getattr(transformers, MODELS[name][1])  # imports the model's modules
    if whose == "library":

        def load():
            return kind.from_pretrained(place)

    else:
        import explorer.loading.fill
        import explorer.tokenizers.adapted_tokenizer  # noqa: F401

        def load():
            return tokenizer_of(name, place)._codec

    def all_read():
        with torch.inference_mode():
            return sum(float(weight.sum()) for weight in load().parameters())

    before = resident("VmRSS")
    all_read()
    total, peak = time.process_time(), resident("VmHWM") - before
    print(json.dumps({"total": total, "alone": seconds_of(all_read), "peak": peak}))


if __name__ == "__main__":
    one(*sys.argv[1:])
