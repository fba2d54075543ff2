"""A small file of every public format with weights by rule, as the tests of the formats write it, and a medium for it.

Where a package is needed it is to build the network that the app itself takes from it (transformers), or to run what
is no network of torch at all; the other files are written from names and shapes that are kept beside the tests.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from explorer.joints.tokenizer import TokenizerSpec
from explorer.loading.reading import read_header
from explorer.public import FORMATS
from explorer.public.codec2.library import library_name
from explorer.public.header import Header

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "public"))  # whose files import each other by their names

import convvq_originals as convolutional  # noqa: E402
import sound_files  # noqa: E402
import test_convvq_libraries as libraries  # noqa: E402
import test_picture_formats as pictures  # noqa: E402
import test_sound_originals as sounds  # noqa: E402
from ruled_weights import golden, ruled_clip, ruled_picture, ruled_sound, ruled_state  # noqa: E402

GRAPHS = TESTS.parents[1] / "shared" / "data" / "real" / "lyra"  # the published ones, which are nobody's to copy
NO_LIBRARY, NO_GRAPHS = "the library libcodec2", "the published graphs of Lyra v2 in ../shared/data/real/lyra"
SIDE, CODES = 4, 24  # of a picture in its smallest units, and of a sound in tokens
FRAME_STEPS = 2  # of a clip


@dataclass(frozen=True)
class Case:
    """write(folder): the path that the app is given, or the header where there is no file. name: of several files of
    one format, which. needs: packages; lacks(): what else is missing here, in words, "" for nothing."""

    write: Callable[[Path], Path | Header]
    name: str = ""
    needs: tuple[str, ...] = ()
    lacks: Callable[[], str] = lambda: ""

    def missing(self) -> str:
        """What this file cannot do without and is not here, in words; "" where it can be written and run."""
        absent = [package for package in self.needs if find_spec(package) is None]
        return ", ".join([*(f"the package {package.replace('_', '-')}" for package in absent), self.lacks()]).strip(
            ", "
        )

    def header(self, folder: Path) -> Header:
        folder.mkdir(parents=True, exist_ok=True)
        made = self.write(folder)
        return made if isinstance(made, Header) else read_header(made)


def package_in_words(module: str) -> str:
    return f"the package {module.replace('_', '-')}"


def cases() -> dict[str, tuple[Case, ...]]:
    """Of each format, by its id in FORMATS."""
    found: dict[str, tuple[Case, ...]] = {name: (_picture(name),) for name in pictures.CASES}
    for entry in convolutional.ENTRIES:
        found[entry.format] = (*found.get(entry.format, ()), _convolutional(entry))
    found |= {
        "chameleon": (Case(_chameleon),),
        "diffusers-vq": tuple(Case(lambda folder, name=name: _diffusers(folder, name), name) for name in DIFFUSERS),
        "janus-transformers": (Case(lambda folder: _alone(folder, "janus", "janus_vqgan")),),
        "chameleon-transformers": (Case(lambda folder: _alone(folder, "chameleon", "chameleon_vqgan")),),
        "snac": tuple(Case(lambda folder, rate=rate: _snac(folder, rate), f"{rate} kHz") for rate in ("24", "44")),
        "speechtokenizer": (Case(lambda folder: sound_files.save_speech(folder, "snake")),),
        "wavtokenizer": (Case(lambda folder: sound_files.save_wav(folder, "small")),),
        "dac-original": (_original("dac_44"),),
        "encodec-original": (_original("encodec_24"), _original("encodec_48")),
        "audiocraft": (_original("audiocraft_32", "yaml"),),
        "codec2": (_library("700C"), _library("lpcnet")),
        "lyra": (Case(lambda _: GRAPHS, "", ("ai_edge_litert",), lambda: "" if GRAPHS.is_dir() else NO_GRAPHS),),
    }
    for name, models in ALONE.items():
        found[name] = tuple(_of_transformers(model, model.removeprefix(name).strip()) for model in models)
    for name, model in INSIDE.items():
        found[name] = (_of_transformers(model, "", name),)
    return found


def medium_of(spec: TokenizerSpec) -> np.ndarray:
    """Waves and noise of a size that the tokenizer takes, of enough tokens to choose many codes."""
    if spec.modality == "audio":
        step = spec.media_multiple
        samples = -(-max(spec.shortest, CODES * spec.downsampling) // step) * step
        return np.concatenate([ruled_sound(samples, seed) for seed in range(spec.channels)], 1)
    step = spec.media_multiple
    extent = spec.fixed_size or (SIDE * step, (SIDE + 1) * step)
    if spec.modality == "image":
        return ruled_picture(*extent)
    frames = FRAME_STEPS * spec.time_step + int(spec.first_frame_alone)
    return ruled_clip(*(spec.fixed_size or (frames, *extent)))


def _picture(name: str) -> Case:
    return Case(lambda folder: pictures.file_of(name, folder)[0])


def _convolutional(entry: convolutional.Entry) -> Case:
    name = f"{entry.name}, inside a larger model" if entry.prefix and entry.format != "janus" else entry.name
    return Case(lambda folder: convolutional.save(entry, folder / "model.safetensors"), name)


DIFFUSERS = ("ldm_f4", "movq", "amused")


def _shapes(name: str) -> dict[str, tuple[int, ...]]:
    return golden("library_shapes")[f"{name}_shapes"]


def _diffusers(folder: Path, name: str) -> Path:
    save_file(ruled_state(_shapes(name)), folder / "diffusion_pytorch_model.safetensors")
    config = {"norm_num_groups": 32, "act_fn": "silu"} | libraries.DIFFUSERS[name][0]
    (folder / "config.json").write_text(json.dumps({"_class_name": "VQModel"} | config))
    return folder


def _alone(folder: Path, name: str, model_type: str) -> Path:
    save_file(ruled_state(_shapes(name)), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    return folder


def _chameleon(folder: Path) -> Path:
    """taming's network at small width without attention but in the middle, and the one table that tells the format."""
    shapes = {key: shape for key, shape in golden("convvq")["taming_shapes"].items() if ".attn." not in key}
    codes, inner = (8192, 256), shapes["quant_conv.weight"][1]
    shapes |= {"quantize.embedding.weight": codes, "quant_conv.weight": (codes[1], inner, 1, 1)}
    shapes |= {"quant_conv.bias": codes[1:], "post_quant_conv.weight": (inner, codes[1], 1, 1)}
    path = folder / "vqgan.ckpt"
    torch.save({"state_dict": ruled_state(shapes), "epoch": 1}, path)
    return path


def _snac(folder: Path, rate: str) -> Path:
    torch.save(ruled_state(_shapes(f"snac_{rate}")), folder / "pytorch_model.bin")
    config = {"24": sound_files.SNAC_24, "44": sound_files.SNAC_44}[rate]
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _original(name: str, *needs: str) -> Case:
    """Of the authors of a codec, whose network the app takes from the library all the same."""
    return Case(lambda folder: sounds.saved(folder, name), name, ("transformers", *needs))


def _library(mode: str) -> Case:
    header = Header(Path(f"codec2:{mode}"), "library", {}, scalars={"library": "codec2", "mode": mode})
    return Case(lambda _: header, mode, (), lambda: "" if library_name() else NO_LIBRARY)


# Models of tests/public/transformers/hub_models.py, whose networks the app takes from the library.
ALONE = {
    "encodec": ("encodec 24 kHz", "encodec 32 kHz", "encodec 48 kHz"),
    "dac": ("dac 16 kHz", "dac 44.1 kHz"),
    **{name: (name,) for name in ("mimi", "xcodec", "xcodec2", "neucodec", "wav2vec2", "emu3-alone", "flava-codebook")},
}
INSIDE = {  # of a larger model -> the model that lies in it
    **{"emu3": "emu3-alone", "emu3-older": "emu3-alone", "flava-codebook-in-flava": "flava-codebook"},
    **{"encodec-in-musicgen": "encodec 32 kHz", "encodec-in-bark": "encodec 24 kHz"},
    **{"mimi-in-moshi": "mimi", "mimi-in-csm": "mimi"},
}


def _of_transformers(model: str, name: str, inside: str = "") -> Case:
    def write(folder: Path) -> Path:
        from tests.public.transformers.hub_models import MODELS  # the library, which may not be here

        MODELS[model]().save_pretrained(folder)
        return _enclosed(folder, inside) if inside else folder

    return Case(write, name, ("transformers",))


def _enclosed(folder: Path, name: str) -> Path:
    """The folder of a model made one of the larger model that the format `name` reads it out of."""
    form, config = FORMATS.load(name), json.loads((folder / "config.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    beside = {"language_model.embed_tokens.weight": torch.ones(4, 2)}
    save_file({form.prefix + key: value for key, value in tensors.items()} | beside, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "larger", form.section: config}))
    return folder
