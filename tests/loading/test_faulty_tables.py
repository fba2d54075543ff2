"""Public files whose table never ran or diverged: said when they are read, on every door, and no map of one point."""

import json

import convvq_originals as originals
import made_format
import numpy as np
import pytest
import torch

from explorer.errors import CheckpointError
from explorer.loading.sources import load, plan_file
from explorer.pages.inspect_maps import code_maps
from explorer.tokenizers import brought_tokenizers, load_tokenizer
from explorer.views import inspect_view, tokenizer_facts

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


def test_a_table_that_diverged_is_refused_with_how_much_of_it(set_settings, tmp_path):
    set_settings()

    def diverge(table):
        table[5:17, 3] = float("nan")

    plan = plan_file(saved(tmp_path / "last.ckpt", diverge))
    with pytest.raises(
        CheckpointError, match=r"quantize\.embedding\.weight: 12 of 128 codes are NaN: the run diverged"
    ):
        load(plan, "cpu")
    assert brought_tokenizers() == []


def test_other_weights_that_diverged_are_named(made, set_settings, tmp_path):
    set_settings()
    tensors = made_format.state()
    tensors["encoder.bias"][0] = float("inf")
    torch.save(tensors, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match=r"encoder\.bias holds NaN or infinite weights: the run diverged"):
        load(plan_file(tmp_path / "x.pt"), "cpu")
