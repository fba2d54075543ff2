"""Part `half`: public formats with random weights, in the precision that the app runs them in, against the CPU.

Files are written as the tests of the formats write them; formats whose original is a package of its own are left to
those tests. What must hold: the same codes but for near ties, and a decode that is finite and near. On a CPU, where the
app keeps to float32, the networks are made float16 all the same, so that what half precision loses is seen there, too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from tests.gpu.scale import Setting
from tests.gpu.table import Row

PUBLIC = Path(__file__).resolve().parents[1] / "public"
sys.path.insert(0, str(PUBLIC))  # whose files import each other by their names

import test_picture_formats as pictures  # noqa: E402
from convvq_originals import ENTRIES, IDS, save  # noqa: E402
from ruled_weights import golden, ruled_picture, ruled_sound, ruled_state  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

LEFT = ("snac", "formats of the library transformers", "codec2", "lyra")
# Share of codes that stay, in float16 and in float32, whose convolutions CUDA takes in TF32; and what decodes have.
HALF_CODES, FULL_CODES, DECODE_DB = 0.5, 0.9, 40.0


@dataclass(frozen=True)
class Case:
    """write(folder): the file; medium(): one for it."""

    write: Callable[[Path], Path]
    medium: Callable[[], np.ndarray]


def cases() -> dict[str, Case]:
    """By the name of the format, and of the file where there are several."""
    found = {
        name: Case(
            lambda folder, name=name: pictures.file_of(name, folder)[0], lambda name=name: pictures.medium_of(name)
        )
        for name in pictures.CASES
    }
    for entry, name in zip(ENTRIES, IDS, strict=True):
        found[name] = Case(
            lambda folder, entry=entry: save(entry, folder / "model.safetensors"),
            lambda entry=entry: ruled_picture(entry.height, entry.width),
        )
    shapes = golden("speechtokenizer")["snake_shapes"]
    found["speechtokenizer"] = Case(lambda folder: _saved(ruled_state(shapes), folder), lambda: ruled_sound(16_000))
    return found


def _saved(state: dict[str, torch.Tensor], folder: Path) -> Path:
    save_file(state, folder / "SpeechTokenizer.safetensors")
    return folder / "SpeechTokenizer.safetensors"


def compare_formats(setting: Setting) -> Iterator[Row]:
    for number, (name, case) in enumerate(list(cases().items())[: setting.scale.formats]):
        folder = setting.folder / f"format-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield _compared(name, case, folder, setting)
        except Exception as error:  # each format is a row
            text = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:160]}"
            yield Row("half", name, text, "runs", "failed")
    yield Row("half", ", ".join(LEFT), "need a package, or no file: left to their own tests", "", "skipped")


def _compared(name: str, case: Case, folder: Path, setting: Setting) -> Row:
    path, medium = case.write(folder), case.medium()
    here, there = (_tokenizer(path, device) for device in (torch.device("cpu"), setting.device))
    if setting.device.type == "cpu" and there._codec.half_precision:
        there._codec, there._dtype = there._codec.half(), torch.float16
    one, other = here.tokenize(medium), there.tokenize(medium)
    pairs = [(a.indices, b.indices) for a, b in zip(one.levels, other.levels, strict=True)]
    same = float(np.mean([np.mean(a == b) for a, b in pairs]))
    kind = str(there._dtype).removeprefix("torch.")
    at_least = HALF_CODES if kind == "float16" else FULL_CODES
    made = there.detokenize([level.indices for level in one.levels])  # the same codes, so that decoders are compared
    decibel = -10 * np.log10(max(float(np.mean((made - one.reconstruction) ** 2)), 1e-12))
    words = f"{kind}: {same:.1%} of the codes as in float32 on the CPU, decode of the same codes {decibel:.0f} dB"
    ok = same >= at_least and decibel >= DECODE_DB  # NaN is not
    return Row("half", name, words, f"at least {at_least:.0%}, {DECODE_DB:.0f} dB", "ok" if ok else "failed")


def _tokenizer(path: Path, device: torch.device) -> AdaptedTokenizer:
    known = recognise(read_header(path))
    return AdaptedTokenizer(fill(known.format, known.header), known.spec, str(device))
