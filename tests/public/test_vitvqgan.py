"""ViT-VQGAN: its Lightning checkpoint loads, and codes and pictures are those of the original.

goldens/vitvqgan.npz was made with thuanz123/enhancing-transformers (its ViTEncoder, ViTDecoder and VectorQuantizer put
together as in ViTVQ) on a CPU, filled by `fill_by_rule`: indices of `encode_codes`, pixels of `decode_codes` clamped to
[0, 1]. "small": ruled_picture(32, 32), 128 codes, an encoder of 2 layers with 96 channels, a decoder of 1 layer with 64
and 3 heads; "published": imagenet_vitvq_small, for ruled_picture(256, 256). Every second, or sixteenth, row and column
of the pixels is kept.
"""

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_picture, ruled_state

from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.vit.vitvqgan_format import VIT_VQGAN
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer


def save(path, kind):
    """A checkpoint of Lightning, with a loss that tokenizing never reads."""
    state = ruled_state(golden("vitvqgan")[f"{kind}_shapes"]) | {"loss.discriminator.0.weight": torch.ones(2, 2)}
    torch.save({"epoch": 9, "global_step": 7, "pytorch-lightning_version": "1.5.10", "state_dict": state}, path)
    return path


def load(path):
    header = read_header(path)
    assert VIT_VQGAN.recognises(header)
    return AdaptedTokenizer(fill(VIT_VQGAN, header), VIT_VQGAN.describe(header), "cpu")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return load(save(tmp_path_factory.mktemp("vitvqgan") / "last.ckpt", "small"))


def test_codes_and_pixels_are_the_originals(small):
    arrays = golden("vitvqgan")
    record = small.tokenize(ruled_picture(32, 32))
    (level,) = record.levels
    assert np.array_equal(level.indices, arrays["small_indices"]) and len(np.unique(level.indices)) > 8
    assert np.abs(record.reconstruction[::2, ::2] - arrays["small_pixels"]).max() < 1e-4
    assert np.abs(small.detokenize([arrays["small_indices"]])[::2, ::2] - arrays["small_pixels"]).max() < 1e-4


def test_latents_and_codes_lie_on_one_sphere(small):
    (level,), (book,) = small.tokenize(ruled_picture(32, 32)).levels, small.codebooks()
    assert book.metric == "cosine" and np.allclose(np.linalg.norm(book.vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(np.linalg.norm(level.z_e, axis=1), 1, atol=1e-5)
    assert np.array_equal((level.z_e @ book.vectors.T).argmax(1), level.indices.ravel())
    assert np.array_equal(level.z_q, book.rows(level.indices.ravel()))


def test_only_the_tokenizer_is_counted_and_one_size_taken(small):
    spec, shapes = small.spec, golden("vitvqgan")["small_shapes"]
    assert spec.parameters == sum(int(np.prod(shape)) for shape in shapes.values())
    assert (spec.fixed_size, spec.downsampling, spec.codebook_size) == ((32, 32), 8, 128)
    indices = golden("vitvqgan")["small_indices"]
    kept = np.arange(16).reshape(4, 4) != 9
    left_out = small.decode_kept([indices], [kept])
    assert np.array_equal(left_out, small.decode_kept([np.where(kept, indices, 3)], [kept]))
    assert not np.array_equal(left_out, small.detokenize([indices]))


def test_halves_that_do_not_fit_are_refused(tmp_path):
    state = ruled_state(golden("vitvqgan")["small_shapes"])
    state["decoder.de_pos_embedding"] = torch.zeros(1, 25, 64)
    torch.save({"state_dict": state}, tmp_path / "last.ckpt")
    with pytest.raises(CheckpointError, match=r"16 places and decoder\.de_pos_embedding has shape \(1, 25, 64\)"):
        load(tmp_path / "last.ckpt")


@pytest.mark.slow
def test_the_published_small_gives_the_originals_codes(tmp_path):
    arrays = golden("vitvqgan")
    tokenizer = load(save(tmp_path / "last.ckpt", "published"))
    record = tokenizer.tokenize(ruled_picture(256, 256))
    assert np.array_equal(record.levels[0].indices, arrays["published_indices"])
    assert np.abs(record.reconstruction[::16, ::16] - arrays["published_pixels"]).max() < 1e-4
