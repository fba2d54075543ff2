"""Public files whose table never ran or diverged: said when they are read, on every door, and no map of one point."""

import json

import convvq_originals as originals
import made_format
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from explorer.foundation.errors import CheckpointError
from explorer.joints.record import Codebook
from explorer.loading.fill import check_codes
from explorer.loading.planning import load, plan_file
from explorer.pages.inspect.maps import code_maps
from explorer.public.convvq.codes import best_product
from explorer.public.sound.layers import nearest_row
from explorer.tokenizers import brought_tokenizers, load_tokenizer
from explorer.tokenizers.codec import published_nearest
from explorer.views.inspect import facts as tokenizer_facts
from explorer.views.inspect import view as inspect_view

ZEROS = "Every token is code 0: the table is all zeros, as before k-means or training ever filled it."


def saved(path, change):
    tensors = {key: value.clone() for key, value in originals.state("taming").items()}
    change(tensors["quantize.embedding.weight"])
    torch.save({"state_dict": tensors}, path)
    return path


def test_a_k_means_that_never_ran_is_said_where_it_is_read(set_settings, tmp_path):
    set_settings()
    spec = load(plan_file(saved(tmp_path / "last.ckpt", lambda table: table.zero_())), "cpu")
    assert spec.warnings == (ZEROS,) and brought_tokenizers()[-1].warnings == (ZEROS,)
    record = load_tokenizer(spec.id, "cpu").tokenize(np.random.default_rng(0).random((64, 96, 3), np.float32))
    assert set(record.levels[0].indices.ravel()) == {0} and ZEROS in record.notes
    assert code_maps(record, {}) == []  # no map of one point
    payload = json.loads(inspect_view.payload(record, "x", []))
    assert payload["maps"] == [] and payload["levels"][0]["fault"] == ZEROS[0].lower() + ZEROS[1:-1]
    assert json.loads(tokenizer_facts.payload(spec))["warnings"] == [ZEROS]


def diverge(table, codes=slice(5, 17)):
    table[codes, 3] = float("nan")


SEARCHED = [entry for entry in originals.ENTRIES if entry.name in ("taming", "llamagen_16", "ibq")]


@pytest.mark.parametrize("entry", SEARCHED, ids=lambda entry: f"{entry.name}-{entry.format}")
def test_the_rest_of_a_table_that_diverged_is_shown(entry, tmp_path):
    """No token goes to the codes that are NaN, those that had others keep them, and the number is said."""
    sound = originals.load(originals.save(entry, tmp_path / "sound.safetensors"))
    tensors = load_file(tmp_path / "sound.safetensors")
    size, dim = entry.codebook
    for table in tensors.values():
        if table.shape in ((size, dim), (size + 1, dim)):  # RQ-VAE's have a row of padding
            diverge(table)
    save_file(tensors, tmp_path / "diverged.safetensors")
    diverged = originals.load(tmp_path / "diverged.safetensors")
    picture = np.random.default_rng(0).random((32, 48, 3), np.float32)
    before, after = sound.tokenize(picture).levels[0].indices, diverged.tokenize(picture)
    assert all(not np.isin(level.indices, np.arange(5, 17)).any() for level in after.levels)
    kept = ~np.isin(before, np.arange(5, 17))
    if sound.spec.combination == "single":
        assert np.array_equal(before[kept], after.levels[0].indices[kept])
    assert np.isfinite(after.reconstruction).all()
    assert after.notes[0].startswith(f"12 of {entry.codebook[0]} codes are NaN: the run diverged, and no latent is")
    assert any("12 of" in words and "are NaN: the run diverged" in words for words in diverged.spec.warnings)
    nothing = [np.zeros(np.shape(level.indices), bool) for level in after.levels]
    fives = [np.full(np.shape(level.indices), 5) for level in after.levels]
    assert np.isfinite(diverged.decode_kept(fives, nothing)).all()  # what is left out brings no NaN with it


def test_what_diverged_is_said_where_the_file_is_read(set_settings, tmp_path):
    set_settings()
    spec = load(plan_file(saved(tmp_path / "last.ckpt", diverge)), "cpu")
    words = "12 of 128 codes are NaN: the run diverged."
    assert spec.warnings == (words,) and json.loads(tokenizer_facts.payload(spec))["warnings"] == [words]


@pytest.mark.parametrize("value, kind", [(float("nan"), "NaN"), (float("inf"), "infinite")])
def test_a_table_without_a_finite_code_is_refused(value, kind, set_settings, tmp_path):
    set_settings()
    plan = plan_file(saved(tmp_path / "last.ckpt", lambda table: table.fill_(value)))
    with pytest.raises(CheckpointError, match=rf"quantize\.embedding\.weight: 128 of 128 codes are {kind}"):
        load(plan, "cpu")
    assert brought_tokenizers() == []


def test_other_weights_that_diverged_are_named(made, set_settings, tmp_path):
    set_settings()
    tensors = made_format.state()
    tensors["encoder.bias"][0] = float("inf")
    torch.save(tensors, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match=r"encoder\.bias holds NaN or infinite weights: the run diverged"):
        load(plan_file(tmp_path / "x.pt"), "cpu")


@pytest.mark.parametrize("search", [published_nearest, best_product, nearest_row])
def test_no_search_of_a_public_format_finds_a_code_that_is_not_finite(search):
    generator = torch.Generator().manual_seed(0)
    latents, table = torch.randn(2, 50, 4, generator=generator), torch.randn(16, 4, generator=generator)
    table[3, 1], table[9] = float("nan"), float("-inf")
    present = [code for code in range(16) if code not in (3, 9)]
    wanted = search(latents, table[present])
    assert torch.equal(search(latents, table), torch.tensor(present)[wanted])


def test_each_table_that_diverged_must_show_as_a_codebook():
    """One codebook that diverged vouches for its own table alone, not for another that only looks like one."""

    class Tables:
        def codebooks(self):
            vectors = np.ones((2, 8, 4), np.float32)
            vectors[0, :3] = np.nan
            return tuple(Codebook(8, 4, "euclidean", table) for table in vectors)

    check_codes(Tables(), {"quantize.embedding.weight": 3})
    with pytest.raises(CheckpointError, match=r"^embed\.weight: NaN or infinite weights: the run diverged\.$"):
        check_codes(Tables(), {"quantize.embedding.weight": 3, "embed.weight": 2})
