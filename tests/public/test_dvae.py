"""OpenAI's discrete VAE: its files load, and codes and pictures are those of the original.

goldens/dvae.npz was made with openai/DALL-E (5be4b236) on a CPU: Encoder and Decoder filled by `ruled` with the
names "encoder." + key and "decoder." + key; indices = argmax of encoder(map_pixels(x)); pixels =
unmap_pixels(sigmoid(decoder(one_hot)[:, :3])). "small": n_hid 64, 1 block a group, 512 codes, n_init 16, on
ruled_picture(32, 48); "published": the defaults, on ruled_picture(64, 96), of whose pixels every eighth is kept.
"""

import sys
import types

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled, ruled_picture, shell
from safetensors.torch import save_file
from torch import nn

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.dvae.format import OPENAI_DVAE
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

NAMES = {"encoder": "enc", "decoder": "dec"}


def state(size):
    """Tensors of both halves, under the names of a state dict that holds them as `enc` and `dec`."""
    arrays = golden("dvae")
    return {
        f"{NAMES[side]}.{key}": ruled(f"{side}.{key}", shape)
        for side in NAMES
        for key, shape in arrays[f"{size}_{side}"].items()
    }


def load(path):
    header = read_header(path)
    assert OPENAI_DVAE.recognises(header)
    return AdaptedTokenizer(fill(OPENAI_DVAE, header), OPENAI_DVAE.describe(header), "cpu")


def pickle_halves(folder, monkeypatch):
    """encoder.pkl and decoder.pkl: whole modules, whose classes are nowhere to be found when they are read."""
    for side in NAMES:
        module = types.ModuleType(f"dall_e.{side}")
        module.Half = type("Half", (nn.Module,), {"__module__": module.__name__, "group_count": 4})
        prefix = f"{NAMES[side]}."
        half = {key.removeprefix(prefix): t for key, t in state("small").items() if key.startswith(prefix)}
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "dall_e", types.ModuleType("dall_e"))
            patch.setitem(sys.modules, module.__name__, module)
            torch.save(shell(half, {"": module.Half}), folder / f"{side}.pkl")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("dvae") / "dvae.safetensors"
    save_file(state("small"), path)
    return load(path)


def test_codes_and_pixels_are_the_originals(small):
    arrays = golden("dvae")
    record = small.tokenize(ruled_picture(32, 48))
    (level,) = record.levels
    assert np.array_equal(level.indices, arrays["small_indices"])
    assert len(np.unique(level.indices)) > 4  # so that equality means something
    assert np.abs(record.reconstruction - arrays["small_pixels"]).max() < 1e-5
    assert np.abs(small.detokenize([arrays["small_indices"]]) - arrays["small_pixels"]).max() < 1e-5


@pytest.mark.parametrize("opened", ["", "encoder.pkl", "decoder.pkl"])
def test_two_pickles_of_whole_modules_are_one_tokenizer(opened, tmp_path, monkeypatch):
    pickle_halves(tmp_path, monkeypatch)
    tokenizer = load(tmp_path / opened)
    (level,) = tokenizer.tokenize(ruled_picture(32, 48)).levels
    assert np.array_equal(level.indices, golden("dvae")["small_indices"])


def test_the_codebook_is_what_the_search_compares(small):
    record = small.tokenize(ruled_picture(32, 48))
    (level,), (book,) = record.levels, small.codebooks()
    assert book.metric == "dot" and book.vectors.shape == (512, 8 * 64 + 1)
    assert np.array_equal((level.z_e @ book.vectors.T).argmax(1), level.indices.ravel())
    assert np.array_equal(level.z_q, book.rows(level.indices.ravel()))


def test_the_spec_is_known_before_weights(small):
    spec = small.spec
    assert (spec.codebook_size, spec.downsampling, spec.quantizer, spec.layout) == (512, 8, "gumbel", "grid2d")
    assert spec.parameters == sum(t.numel() for t in state("small").values())


def test_a_token_reaches_as_far_as_is_said(small):
    indices = np.zeros((1, 40), np.int64)
    other = indices.copy()
    other[0, 20] = 7
    changed = np.abs(small.detokenize([indices]) - small.detokenize([other])).max((0, 2)).reshape(40, 8).max(1) > 0
    reach = small.token_reach
    assert reach == 6 and changed[20] and not changed[: 20 - reach].any() and not changed[20 + reach + 1 :].any()


def test_a_token_that_is_left_out_gives_nothing(small):
    indices = golden("dvae")["small_indices"]
    kept = np.ones(indices.shape, bool)
    kept[1, 2] = False
    other = indices.copy()
    other[1, 2] = (other[1, 2] + 1) % 512
    left_out = small.decode_kept([indices], [kept])
    assert np.array_equal(left_out, small.decode_kept([other], [kept]))
    assert not np.array_equal(left_out, small.detokenize([indices]))
    assert small.decode_alone(0, [3, 4]).shape == (2, 8, 8, 3)


def test_half_of_it_is_refused(tmp_path):
    tensors = {key.removeprefix("enc."): t for key, t in state("small").items() if key.startswith("enc.")}
    save_file(tensors, tmp_path / "encoder.safetensors")
    header = read_header(tmp_path / "encoder.safetensors")
    assert OPENAI_DVAE.recognises(header)
    with pytest.raises(CheckpointError, match=r"Put encoder\.pkl and decoder\.pkl side by side"):
        OPENAI_DVAE.describe(header)


@pytest.mark.slow
def test_the_published_widths_give_the_originals_codes(tmp_path):
    arrays, tensors = golden("dvae"), state("published")
    save_file(tensors, tmp_path / "dvae.safetensors")
    tokenizer = load(tmp_path / "dvae.safetensors")
    assert tokenizer.spec.codebook_size == 8192 and tokenizer.token_reach == 12
    assert tokenizer.spec.parameters == sum(t.numel() for t in tensors.values()) == 97_616_006
    record = tokenizer.tokenize(ruled_picture(64, 96))
    assert np.array_equal(record.levels[0].indices, arrays["published_indices"])
    assert np.abs(record.reconstruction[::8, ::8] - arrays["published_pixels"]).max() < 1e-4
