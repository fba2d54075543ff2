"""The convolutional family in the torch files in which it is published, and what is refused before a weight is read."""

from functools import cache

import numpy as np
import pytest
import torch
from convvq_originals import BESIDE, ENTRIES, IDS, indices_of, load, recognised, save, state
from ruled_weights import golden, ruled_picture

from explorer.foundation.errors import CheckpointError, RecordError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.loading.recognition import recognise
from explorer.public import FORMATS
from explorer.tokenizers.precision import halve

# Each network once; that some lie inside a larger model is a matter of their files.
NETWORKS = [entry for entry in ENTRIES if not entry.prefix]
NETWORK_IDS = [name for entry, name in zip(ENTRIES, IDS, strict=True) if not entry.prefix]


def entry_of(name):
    return next(entry for entry in ENTRIES if entry.name == name)


def published(entry):
    """What torch.save is given for such a file: the wrapper, and what training leaves beside the model."""
    tensors = {entry.prefix + key: value for key, value in state(entry.name).items()}
    if entry.wrapper == "":
        return tensors
    if entry.wrapper == "state_dict":
        tensors |= {entry.prefix + key: torch.ones(3) for key in BESIDE}
        return {
            "epoch": 3,
            "global_step": 1000,
            "pytorch-lightning_version": "1.0.8",
            "state_dict": tensors,
            "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(5)}}, "param_groups": [{"lr": 1e-4}]}],
            "lr_schedulers": [],
        }
    worse = {key: value + 1 for key, value in tensors.items()}  # the weights whose averages are taken
    model = tensors if entry.wrapper == "model" else worse
    return {"model": model, "steps": 5, "optimizer": {"state": {}}} | (
        {"ema": tensors} if entry.wrapper == "ema" else {}
    )


FILES = [(entry, name, False) for entry, name in zip(ENTRIES, IDS, strict=True)]
FILES += [(entry, f"{name}-legacy", True) for entry, name, _ in FILES if entry.name in ("taming", "llamagen_8", "var")]


@pytest.mark.parametrize(("entry", "old"), [(e, old) for e, _, old in FILES], ids=[name for _, name, _ in FILES])
def test_published_files_load(entry, old, tmp_path):
    path = tmp_path / "last.ckpt"
    torch.save(published(entry), path, _use_new_zipfile_serialization=not old)
    known = recognise(read_header(path))
    assert known.format_id == entry.format
    tokenizer = load(path)
    levels = tokenizer.encode([ruled_picture(entry.height, entry.width)])[0]
    for level, indices in zip(levels, indices_of(entry), strict=True):
        assert np.array_equal(level.indices, indices)
    assert ("running averages" in known.spec.summary) == (entry.wrapper == "ema")


@pytest.mark.parametrize("name", ["ibq", "open_magvit2", "simvq"])
def test_running_averages_stand_in_for_the_weights(name, tmp_path):
    """Lightning's averages lie beside the weights under names without dots; SimVQ's frozen table has none."""
    entry, tensors = entry_of(name), dict(state(name))
    frozen = "quantize.embedding.weight" if name == "simvq" else ""
    averages = {"model_ema." + k.replace(".", ""): v for k, v in tensors.items() if k != frozen}
    weights = {key: value + (0 if key == frozen else 1) for key, value in tensors.items()}
    extra = {"model_ema.decay": torch.tensor(0.99), "model_ema.num_updates": torch.tensor(7)}
    path = tmp_path / "imagenet.ckpt"
    torch.save({"state_dict": weights | averages | extra}, path)
    known = recognise(read_header(path))
    assert known.format_id == entry.format and "running averages" in known.spec.summary
    level = load(path).encode([ruled_picture(entry.height, entry.width)])[0][0]
    assert np.array_equal(level.indices, golden("convvq")[f"{name}_indices"])


def test_a_shared_table_is_counted_and_kept_once(tmp_path):
    path = tmp_path / "model.pt"
    torch.save({"state_dict": dict(state("rqvae"))}, path)
    spec, tokenizer = recognise(read_header(path)).spec, load(path)
    own = sum(v.numel() for k, v in state("rqvae").items() if not k.endswith("_ema")) - 3 * 129 * 64
    assert spec.parameters == own and tokenizer.spec.memory_bytes == 4 * (own + 4 * 128)  # and what training counted


def test_half_precision_files_become_float32(tmp_path):
    entry = entry_of("taming")
    path = tmp_path / "half.ckpt"
    torch.save({"state_dict": {key: value.half() for key, value in state("taming").items()}}, path)
    tokenizer = load(path)
    assert tokenizer.spec.memory_bytes == 4 * tokenizer.spec.parameters
    (level,) = tokenizer.encode([ruled_picture(entry.height, entry.width)])[0]
    assert (level.indices == golden("convvq")["taming_indices"]).mean() > 0.8  # rounding moves few codes


def test_chameleon_s_own_file_is_told_from_taming_s(tmp_path):
    """No attention but in the middle, and 8,192 codes of 256 dimensions: titles differ, the rest is taming's."""
    tensors = {k: v for k, v in state("taming").items() if ".attn." not in k}
    tensors["quantize.embedding.weight"] = torch.zeros(8192, 256)
    for key, shape in (("quant_conv", (256, 64, 1, 1)), ("post_quant_conv", (64, 256, 1, 1))):
        tensors[f"{key}.weight"], tensors[f"{key}.bias"] = torch.zeros(shape), torch.zeros(shape[0])
    path = tmp_path / "vqgan.ckpt"
    torch.save({"state_dict": tensors}, path)
    known = recognise(read_header(path))
    assert (known.format_id, known.spec.codebook_size, known.spec.downsampling) == ("chameleon", 8192, 16)


def changed(entry, tmp_path, change):
    """The message with which the entry's file is refused once `change` went over its tensors."""
    tensors = dict(state(entry.name))
    change(tensors)
    path = tmp_path / "x.ckpt"
    torch.save({"state_dict": tensors}, path)
    header = read_header(path)
    form = FORMATS.load(recognised(header))
    with pytest.raises(CheckpointError) as refused:
        form.describe(header)
        fill(form, header)
    return str(refused.value)


def put(key, value):
    return lambda tensors: tensors.update({key: value})


REFUSED = {
    "a missing tensor": (
        lambda tensors: tensors.pop("decoder.up.2.block.1.conv1.bias"),
        "missing decoder.up.2.block.1.conv1.bias",
    ),
    "no levels": (
        lambda tensors: [tensors.pop(key) for key in list(tensors) if key.startswith("decoder.up.")],
        "In the decoder: no residual blocks",
    ),
    "an unknown tensor": (put("encoder.gate.weight", torch.ones(3)), "not expected encoder.gate.weight"),
    "a wrong shape": (
        put("encoder.down.1.block.0.conv1.weight", torch.ones(32, 31, 3, 3)),
        r"encoder.down.1.block.0.conv1.weight has shape (32, 31, 3, 3); (32, 32, 3, 3) was expected",
    ),
    "clips": (put("encoder.conv_in.weight", torch.ones(32, 3, 3, 3, 3)), "has shape (32, 3, 3, 3, 3); 4 axes"),
    "depth maps": (put("encoder.conv_in.weight", torch.ones(32, 1, 3, 3)), "The encoder takes 1 channels; 3 were"),
    "odd widths": (put("encoder.conv_in.weight", torch.ones(33, 3, 3, 3)), "33 channels; a multiple of 32"),
    "other codes": (put("quantize.embedding.weight", torch.ones(128, 63)), "The codes have 63 dimensions, the latents"),
    "many levels": (put("encoder.down.99.block.0.conv2.weight", torch.ones(32, 32, 3, 3)), "100 parts match"),
    "not a number": (put("quant_conv.bias", torch.full((64,), torch.nan)), "quant_conv.bias holds NaN"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_named(case, tmp_path):
    change, words = REFUSED[case]
    message = changed(entry_of("taming"), tmp_path, change)
    assert words in message and ("taming VQGAN" in message or case == "not a number")


def test_an_autoencoder_without_codes_is_not_of_the_family(tmp_path):
    """Stable Diffusion's KL autoencoder has the same networks, but no table."""
    tensors = {key: value for key, value in state("taming").items() if not key.startswith("quantize.")}
    path = tmp_path / "kl.ckpt"
    torch.save({"state_dict": tensors}, path)
    header = read_header(path)
    assert not any(FORMATS.load(name).recognises(header) for name in FORMATS)


@pytest.fixture(scope="module")
def safetensors_of(tmp_path_factory):
    """The file of an entry, written once."""
    return cache(lambda entry: save(entry, tmp_path_factory.mktemp("files") / "x.safetensors"))


@pytest.fixture(scope="module")
def tokenizer_of(safetensors_of):
    """The tokenizer of that file, loaded once."""
    return cache(lambda entry: load(safetensors_of(entry)))


@pytest.mark.parametrize("entry", NETWORKS, ids=NETWORK_IDS)
def test_tokens_can_be_left_out(entry, tokenizer_of):
    """All kept is the whole picture; nothing kept is one picture whatever the codes."""
    tokenizer = tokenizer_of(entry)
    indices, rng = indices_of(entry), np.random.default_rng(0)
    whole = tokenizer.detokenize(indices)
    full, none = ([np.full(level.shape, keep) for level in indices] for keep in (True, False))
    assert np.abs(tokenizer.decode_kept(indices, full) - whole).max() < 1e-5
    others = [rng.integers(0, tokenizer.spec.codebook_size, level.shape) for level in indices]
    empty = tokenizer.decode_kept(indices, none)
    assert np.array_equal(empty, tokenizer.decode_kept(others, none)) and not np.allclose(empty, whole, atol=0.01)
    side = 256 if entry.name == "var" else tokenizer.spec.downsampling  # the coarsest token of VAR is the picture
    assert tokenizer.decode_alone(0, [1, 2]).shape == (2, side, side, 3)
    with pytest.raises(RecordError, match="outside"):
        tokenizer.detokenize([level + tokenizer.spec.codebook_size for level in indices])


@pytest.mark.parametrize("name", ["taming", "var"])
def test_a_window_is_cut_from_the_whole(name, tokenizer_of):
    """Every norm looks at the whole picture, so a window is decoded with all of it; VAR's levels differ in shape."""
    entry = entry_of(name)
    tokenizer, indices = tokenizer_of(entry), indices_of(entry)
    assert tokenizer.token_reach is None
    window = tokenizer.decode_window(indices, [np.full(level.shape, True) for level in indices], (2, 1, 3, 2))
    assert np.array_equal(window, tokenizer.detokenize(indices)[32:80, 16:48])


def test_parts_of_var_add_up_to_the_whole(safetensors_of):
    """What single tokens give, phi and its bias included, sums to what all of them give."""
    entry = entry_of("var")
    codec = fill(FORMATS.load("var"), read_header(safetensors_of(entry)))
    rng = np.random.default_rng(0)
    for level in (0, 3, 9):
        indices = torch.from_numpy(indices_of(entry)[level].astype(np.int64))[None]
        mask = torch.from_numpy(rng.random(indices.shape) < 0.5)
        parts = codec.embed(level, indices, mask) + codec.embed(level, indices, ~mask)
        assert torch.allclose(parts, codec.embed(level, indices), atol=1e-5)
        assert torch.allclose(codec.embed(level, indices, torch.zeros_like(mask)), torch.zeros(()), atol=1e-6)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(e, id=name, marks=[pytest.mark.slow] * (e.name == "var"))
        for e, name in zip(NETWORKS, NETWORK_IDS, strict=True)
    ],
)
def test_half_precision_reaches_the_decoder(entry, safetensors_of):
    """As on CUDA: networks in float16, searches in float32, and most tokens the same."""
    codec = fill(FORMATS.load(entry.format), read_header(safetensors_of(entry)))
    halve(codec)
    pixels = torch.from_numpy(ruled_picture(entry.height, entry.width)).permute(2, 0, 1)[None].half()
    with torch.inference_mode():
        stages = codec.quantize(codec.latents(pixels))
        decoded = codec.decode([codec.embed(q, stage.indices) for q, stage in enumerate(stages)])
    assert decoded.dtype == torch.float16 and decoded.isfinite().all()
    assert all(stage.z_e.dtype == torch.float32 for stage in stages)
    same = np.mean([(s.indices[0].numpy() == i).mean() for s, i in zip(stages, indices_of(entry), strict=True)])
    assert same > 0.6


def test_one_token_alone_can_be_decoded(tokenizer_of):
    """The spread of a single token is 0, of which the original's norm would make NaN."""
    tokenizer = tokenizer_of(entry_of("open_magvit2"))
    decoded = tokenizer.detokenize([np.full((1, 1), 5)])
    assert decoded.shape == (16, 16, 3) and np.isfinite(decoded).all() and np.ptp(decoded) > 0
