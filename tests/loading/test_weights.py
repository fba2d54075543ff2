"""Averaged and raw weights in one file: which is used is said, and each choice is the file with that dict alone."""

import convvq_originals as originals
import made_format
import numpy as np
import pytest
import torch
from ruled_weights import ruled_picture

from explorer.foundation.errors import CheckpointError
from explorer.loading.planning import load, plan, plan_file
from explorer.tokenizers import load_tokenizer

LLAMAGEN = next(entry for entry in originals.ENTRIES if entry.name == "llamagen_16")
PIXELS = np.random.default_rng(0).random((16, 24, 3), dtype=np.float32)


def moved(tensors, seed=1):
    """Other weights of the same network: half a normal value added to each number."""
    made = torch.Generator().manual_seed(seed)
    return {key: value + 0.5 * torch.randn(value.shape, generator=made) for key, value in tensors.items()}


def saved(path, content):
    torch.save(content, path)
    return path


def answers(path, weights=""):
    """(indices, pixels) that a file's tokenizer gives on a picture of the original's size."""
    record = originals.load(path, weights).tokenize(ruled_picture(LLAMAGEN.height, LLAMAGEN.width))
    return record.levels[0].indices, record.reconstruction


def test_llamagen_s_averages_come_first_and_either_can_be_chosen(tmp_path):
    raw = originals.state("llamagen_16")
    averaged = moved(raw)
    both = saved(tmp_path / "vq.pt", {"model": raw, "ema": averaged, "steps": 5})
    alone = {
        "averaged": answers(saved(tmp_path / "ema.pt", {"ema": averaged})),
        "raw": answers(saved(tmp_path / "model.pt", {"model": raw})),
    }
    assert (alone["averaged"][0] != alone["raw"][0]).mean() > 0.5
    for chosen, used in (("", "averaged"), ("averaged", "averaged"), ("raw", "raw")):
        for have, want in zip(answers(both, chosen), alone[used], strict=True):
            assert np.array_equal(have, want)
        found = plan_file(both, weights=chosen)
        assert f"Averaged weights ('ema') and raw ones ('model') are in this file; the {used} ones are used." in (
            found.notes
        )
        assert found.title == f"vq.pt (LlamaGen VQ, {used} weights)" and found.weights_words.startswith(used)
        assert found.spec.weights == found.weights_words, "the page of a loaded tokenizer says it, too"


# Where a file keeps an average beside the weights, by the programs that write such files.
LAYOUTS = {
    "model and ema": lambda raw, ema: {"model": raw, "ema": ema},
    "state_dict and state_dict_ema": lambda raw, ema: {"state_dict": raw, "state_dict_ema": ema},
    "params and params_ema": lambda raw, ema: {"params": raw, "params_ema": ema},
    "a dict within": lambda raw, ema: {"model": raw, "ema": {"module": ema, "decay": 0.999}},
    "parallel": lambda raw, ema: {"model": raw, "model_ema": {f"module.{key}": value for key, value in ema.items()}},
    "averages of torch": lambda raw, ema: {
        "model": raw, "averaged_model": {f"module.{k}": v for k, v in ema.items()} | {"n_averaged": torch.tensor(3)},
    },
    "within, without dots": lambda raw, ema: {
        "state_dict": raw | {"model_ema." + k.replace(".", ""): v for k, v in ema.items()}
        | {"model_ema.decay": torch.tensor(0.99), "model_ema.num_updates": torch.tensor(7)},
    },
    "within": lambda raw, ema: {"state_dict": raw | {f"ema_model.{k}": v for k, v in ema.items()}},
    "within, parallel": lambda raw, ema: raw | {f"model_ema.module.{k}": v for k, v in ema.items()},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_mechanism_serves_every_format_and_layout(layout, made, set_settings, tmp_path):
    """A format that knows nothing of averages: each choice gives what that dict gives by hand."""
    set_settings()
    raw = made_format.state(seed=0)
    averaged = moved(raw)
    path = saved(tmp_path / "x.pt", LAYOUTS[layout](raw, averaged))
    ids = set()
    for chosen, tensors in (("raw", raw), ("averaged", averaged)):
        found = plan(str(path), chosen)
        record = load_tokenizer(load(found, "cpu").id, "cpu").tokenize(PIXELS)
        indices, decoded = made_format.answer(tensors, PIXELS)
        assert np.array_equal(record.levels[0].indices, indices)
        assert np.abs(record.reconstruction - decoded).max() < 1e-5
        assert found.parameters == sum(value.numel() for value in raw.values())
        ids.add(found.id)
    first = plan(str(path))
    assert len(ids) == 2 and first.id == min(ids, key=len)  # what is used unasked has the plain id
    assert first.header.weights == ("averaged" if layout.startswith("within") else "raw")


def test_what_has_no_average_is_taken_from_the_raw_weights_and_said(made, set_settings, tmp_path):
    """A frozen table is not averaged: Lightning keeps no average of it."""
    set_settings()
    raw = made_format.state()
    averaged = moved(raw)
    averaged["codes.weight"] = raw["codes.weight"]
    half = {key: value for key, value in averaged.items() if key != "codes.weight"}
    found = plan_file(saved(tmp_path / "x.pt", {"model": raw, "ema": half}), weights="averaged")
    assert "codes.weight: no average is kept, so what the raw weights have is used." in found.notes
    record = load_tokenizer(load(found, "cpu").id, "cpu").tokenize(PIXELS)
    assert np.array_equal(record.levels[0].indices, made_format.answer(averaged, PIXELS)[0])


def test_an_average_of_something_else_is_none(made, tmp_path):
    content = {"model": made_format.state(), "ema": {"head.weight": torch.ones(3, 4), "codes.weight": torch.ones(2, 2)}}
    found = plan_file(saved(tmp_path / "x.pt", content))
    assert found.header.weights == "" and found.notes == () and found.weights_words == ""


@pytest.mark.parametrize(("wrap", "wanted", "kind"), [("model", "averaged", "raw"), ("ema", "raw", "averaged")])
def test_weights_that_are_not_there_are_refused(made, tmp_path, wrap, wanted, kind):
    path = saved(tmp_path / "x.pt", {wrap: made_format.state()})
    with pytest.raises(CheckpointError, match=rf"one set of weights \('{wrap}'\); no {wanted} ones lie beside it"):
        plan_file(path, weights=wanted)
    assert plan_file(path, weights=kind).header.weights == ""
    with pytest.raises(CheckpointError, match="'averaged' or 'raw', not 'best'"):
        plan_file(path, weights="best")
