"""BSQ-ViT: its training checkpoint loads, and codes and pictures are those of the original.

goldens/bsqvit.npz was made with zhaoyue-zephyrus/bsq-vit (37d212d) on a CPU, VITBSQModel filled by `fill_by_rule`:
indices are the signs of what `encode` gives, most significant first (its own "indices" are the same up to 24 bits;
beyond, it rounds them in float32), pixels are those of `decode`, clamped and brought to [0, 1]. "small":
ruled_picture(32, 32), 10 bits, 2 layers of 128 channels and 2 heads each way, pixels in [-1, 1]; "laplace": 36 bits, 1
layer of 64 channels, logit-Laplace; "published": imagenet_256x256_bsqvit_b18g2 as it is, for ruled_picture(256, 256).
Every second, or sixteenth, row and column of the pixels is kept.
"""

import numpy as np
import pytest
import torch
from ruled_weights import golden, ruled_picture, ruled_state

from explorer.analysis.codes.neighbours import assign
from explorer.foundation.errors import CheckpointError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.vit.bsqvit_format import BSQ_VIT
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

BITS = {"small": 10, "laplace": 36, "published": 18}


def save(path, kind):
    """A checkpoint as the training script writes it, with what lies beside the tokenizer."""
    bits = BITS[kind]
    state = ruled_state(golden("bsqvit")[f"{kind}_shapes"])
    state |= {"quantize.basis": 2 ** torch.arange(bits - 1, -1, -1), "quantize.group_basis": torch.tensor([2, 1])}
    beside = {"c0.weight": torch.ones(3, 3, 1, 1)}
    torch.save(
        {
            "epoch": 3,
            "state_dict": {f"module.{key}": t for key, t in state.items()},
            "ema_state_dict": None,
            "state_dict_discriminator": {f"module.{key}": t for key, t in beside.items()},
            "optimizer_generator": {"state": {0: {"step": torch.tensor(5.0)}}, "param_groups": [{"lr": 4e-7}]},
        },
        path,
    )
    return path


def load(path):
    header = read_header(path)
    assert BSQ_VIT.recognises(header)
    return AdaptedTokenizer(fill(BSQ_VIT, header), BSQ_VIT.describe(header), "cpu")


@pytest.fixture(scope="module", params=["small", "laplace"])
def made(request, tmp_path_factory):
    return request.param, load(save(tmp_path_factory.mktemp(request.param) / "checkpoint.pt", request.param))


def test_codes_and_pixels_are_the_originals(made):
    kind, tokenizer = made
    arrays = golden("bsqvit")
    record = tokenizer.tokenize(ruled_picture(32, 32))
    (level,) = record.levels
    assert np.array_equal(level.indices, arrays[f"{kind}_indices"]) and len(np.unique(level.indices)) > 8
    assert np.abs(record.reconstruction[::2, ::2] - arrays[f"{kind}_pixels"]).max() < 1e-4
    decoded = tokenizer.detokenize([arrays[f"{kind}_indices"]])
    assert np.abs(decoded[::2, ::2] - arrays[f"{kind}_pixels"]).max() < 1e-4


def test_a_coordinate_of_exactly_0_is_negative(made):
    kind, tokenizer = made
    bits, codec = BITS[kind], tokenizer._codec
    latents = torch.zeros(1, codec.config.grid**2, bits)
    latents[0, 0] = torch.full((bits,), -0.0)
    latents[0, 1, -1] = 1.0
    latents[0, 2, 0] = 1.0
    (stage,) = codec.quantize(latents)
    found = stage.indices.ravel().tolist()
    assert found[:4] == [0, 1, 2 ** (bits - 1), 0] and not any(found[4:])
    corner = -1 / np.sqrt(bits)
    np.testing.assert_allclose(stage.z_q[0, 3].numpy(), np.full(bits, corner), atol=1e-6)
    assert assign(tokenizer.codebooks()[0], latents[0].numpy()).tolist() == found


def test_codes_are_corners_on_the_sphere_most_significant_bit_first(made):
    kind, tokenizer = made
    bits = BITS[kind]
    (level,), (book,) = tokenizer.tokenize(ruled_picture(32, 32)).levels, tokenizer.codebooks()
    assert book.codebook_size == 2**bits and book.metric == "implicit"
    assert np.allclose(np.linalg.norm(level.z_e, axis=1), 1, atol=1e-5)
    words = ["".join("01"[int(value > 0)] for value in z) for z in level.z_e]  # the first coordinate leads
    assert [int(word, 2) for word in words] == level.indices.ravel().tolist()
    assert np.allclose(book.rows(level.indices.ravel()), level.z_q) and np.allclose(abs(level.z_q), bits**-0.5)


def test_it_takes_one_size_and_can_leave_tokens_out(made):
    kind, tokenizer = made
    assert tokenizer.spec.fixed_size == (32, 32) and tokenizer.spec.parameters == sum(
        int(np.prod(shape)) for shape in golden("bsqvit")[f"{kind}_shapes"].values()
    )
    indices = golden("bsqvit")[f"{kind}_indices"]
    kept = np.arange(16).reshape(4, 4) != 6
    left_out = tokenizer.decode_kept([indices], [kept])
    assert np.array_equal(left_out, tokenizer.decode_kept([np.where(kept, indices, 0)], [kept]))
    assert tokenizer.decode_alone(0, [0, 5]).shape == (2, 8, 8, 3)


def test_other_models_of_the_repository_are_refused(tmp_path):
    state = ruled_state(golden("bsqvit")["laplace_shapes"])
    for name, key, words in (
        ("clips", "encoder.temporal_positional_embedding", "of clips"),
        ("vq", "quantize.embedding.weight", "VQ variant"),
    ):
        torch.save({"state_dict": state | {key: torch.ones(2, 64)}}, tmp_path / f"{name}.pt")
        with pytest.raises(CheckpointError, match=words):
            BSQ_VIT.describe(read_header(tmp_path / f"{name}.pt"))


@pytest.mark.slow
def test_the_published_widths_give_the_originals_codes(tmp_path):
    arrays = golden("bsqvit")
    tokenizer = load(save(tmp_path / "checkpoint.pt", "published"))
    record = tokenizer.tokenize(ruled_picture(256, 256))
    assert np.array_equal(record.levels[0].indices, arrays["published_indices"])
    assert np.abs(record.reconstruction[::16, ::16] - arrays["published_pixels"]).max() < 1e-4
    assert tokenizer.spec.parameters == 174_816_210
