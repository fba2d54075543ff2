"""TiTok: its folder loads, and codes and pictures are those of the original.

goldens/titok.npz was made with bytedance/1d-tokenizer (942a96f) on a CPU, TiTok(config) filled by `fill_by_rule`:
indices of `encode`, pixels of `decode_tokens` clamped to [0, 1]. "two_stage" and "one_stage" are the model size
"small" with 128 channels, 2 layers and 2 heads written in place of 512, 8 and 8, and 32 in place of the 128 channels
of the pixel decoder, for ruled_picture(64, 64); "published" is L-32 as it is, for ruled_picture(256, 256). Every
second, or sixteenth, row and column of the pixels is kept.
"""

import json

import numpy as np
import pytest
from ruled_weights import golden, ruled_picture, ruled_state
from safetensors.torch import save_file

from explorer.foundation.errors import CheckpointError, RecordError
from explorer.loading.fill import fill
from explorer.loading.reading import read_header
from explorer.public.vit.titok_format import TITOK
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer

SETTINGS = {
    "two_stage": {"use_l2_norm": True, "finetune_decoder": True},
    "one_stage": {"use_l2_norm": False, "finetune_decoder": False, "is_legacy": False},
    "published": {"use_l2_norm": True, "finetune_decoder": True},
}


def save(folder, kind):
    """A folder as PyTorchModelHubMixin writes it."""
    save_file(ruled_state(golden("titok")[f"{kind}_shapes"]), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model": {"vq_model": SETTINGS[kind]}}))
    return folder


def load(folder):
    header = read_header(folder)
    assert TITOK.recognises(header)
    return AdaptedTokenizer(fill(TITOK, header), TITOK.describe(header), "cpu")


@pytest.fixture(scope="module", params=["two_stage", "one_stage"])
def made(request, tmp_path_factory):
    return request.param, load(save(tmp_path_factory.mktemp(request.param), request.param))


def test_codes_and_pixels_are_the_originals(made):
    kind, tokenizer = made
    arrays = golden("titok")
    record = tokenizer.tokenize(ruled_picture(64, 64))
    (level,) = record.levels
    assert np.array_equal(level.indices, arrays[f"{kind}_indices"]) and len(np.unique(level.indices)) > 4
    assert np.abs(record.reconstruction[::2, ::2] - arrays[f"{kind}_pixels"]).max() < 1e-4
    decoded = tokenizer.detokenize([arrays[f"{kind}_indices"]])
    assert np.abs(decoded[::2, ::2] - arrays[f"{kind}_pixels"]).max() < 1e-4


@pytest.mark.parametrize(("kind", "metric"), [("two_stage", "cosine"), ("one_stage", "euclidean")])
def test_a_metric_that_is_guessed_without_config_is_said(kind, metric, tmp_path):
    folder = save(tmp_path, kind)
    assert TITOK.describe(read_header(folder)).warnings == ()
    (folder / "config.json").write_text(json.dumps({"model": {"vq_model": {}}}))
    (silent,) = TITOK.describe(read_header(folder)).warnings
    assert "config.json does not say it (model.vq_model.use_l2_norm)" in silent
    (folder / "config.json").write_text(json.dumps({"model": {"vq_model": {"use_l2_norm": metric != "cosine"}}}))
    assert TITOK.describe(read_header(folder)).warnings == ()
    assert load(folder).codebooks()[0].metric != metric
    (folder / "config.json").unlink()
    tokenizer = load(folder / "model.safetensors")
    assert tokenizer.codebooks()[0].metric == metric and len(tokenizer.spec.warnings) == 1
    words = tokenizer.spec.warnings[0]
    assert "config.json of the same folder is missing" in words and f"the {metric.replace('euc', 'Euc')} one" in words
    assert words in tokenizer.tokenize(ruled_picture(64, 64)).notes


def test_latents_lie_in_the_space_of_the_codebook(made):
    kind, tokenizer = made
    (level,), (book,) = tokenizer.tokenize(ruled_picture(64, 64)).levels, tokenizer.codebooks()
    assert book.metric == {"two_stage": "cosine", "one_stage": "euclidean"}[kind]
    distances = ((level.z_e[:, None].astype(np.float64) - book.vectors) ** 2).sum(-1)
    assert np.array_equal(distances.argmin(1), level.indices) and np.array_equal(level.z_q, book.rows(level.indices))
    norms = np.linalg.norm(level.z_e, axis=1)
    assert np.allclose(norms, 1, atol=1e-5) == (kind == "two_stage")


def test_tokens_have_no_places_and_one_number(made):
    kind, tokenizer = made
    spec = tokenizer.spec
    assert (spec.layout, spec.fixed_size, spec.codebook_size) == ("set1d", (64, 64), 64)
    shapes = golden("titok")[f"{kind}_shapes"]
    assert spec.parameters == sum(int(np.prod(shape)) for shape in shapes.values())
    assert tokenizer.decode_alone(0, [1, 2]).shape == (2, 64, 64, 3)
    with pytest.raises(RecordError, match=r"need the shapes \[\(8,\)\]"):
        tokenizer.detokenize([np.zeros(7, np.int64)])
    kept = np.arange(8) != 3
    first, second = np.arange(8), np.where(kept, np.arange(8), 60)
    assert np.array_equal(tokenizer.decode_kept([first], [kept]), tokenizer.decode_kept([second], [kept]))


def test_relatives_that_it_cannot_be_are_refused(tmp_path):
    tensors = ruled_state(golden("titok")["one_stage_shapes"])
    continuous = {key: t for key, t in tensors.items() if not key.startswith("quantize.")}
    captioned = tensors | {"decoder.text_guidance_proj.weight": tensors["latent_tokens"].clone()}
    for name, kept, words in (("a", continuous, "no codebook"), ("b", captioned, "caption")):
        save_file(kept, tmp_path / f"{name}.safetensors")
        with pytest.raises(CheckpointError, match=words):
            TITOK.describe(read_header(tmp_path / f"{name}.safetensors"))


def test_a_missing_tensor_is_named(tmp_path):
    tensors = ruled_state(golden("titok")["one_stage_shapes"])
    del tensors["decoder.mask_token"]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"missing decoder\.mask_token"):
        load(tmp_path / "model.safetensors")


@pytest.mark.slow
def test_the_published_l32_gives_the_originals_codes(tmp_path):
    arrays = golden("titok")
    tokenizer = load(save(tmp_path, "published"))
    assert tokenizer.spec.parameters == 641_054_735
    record = tokenizer.tokenize(ruled_picture(256, 256))
    assert np.array_equal(record.levels[0].indices, arrays["published_indices"])
    assert np.abs(record.reconstruction[::16, ::16] - arrays["published_pixels"]).max() < 1e-4
