"""A prior on disk: what is written comes back, what is wrong is said, and the command makes one from pictures."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from small_prior import CONFIG, small_prior

from explorer import __main__ as command_line
from explorer.foundation.config import settings
from explorer.foundation.errors import CheckpointError, ExplorerError, SettingsError, UnknownIdError
from explorer.prior.checkpoint import eight_bit, write_prior
from explorer.prior.command import PriorOrder, make_prior
from explorer.prior.data import views, whole
from explorer.prior.shelf import folder_of, list_priors, load_prior, read_facts
from explorer.prior.train import PriorRecipe, token_bits, train

TOKENIZER = "vq-ema-reseed"
FACTS = {
    "tokenizer": "made",
    "side_px": 40,
    "licence": "MIT",
    "training": {
        "data": "made pictures", "pictures": 3, "rounds": 2, "tokens": 120, "steps": 4, "batch": 1, "seed": 0,
        "hardware": "none", "seconds": 1.0, "held_out": "others",
    },
    "measured": {"prior": 4.25, "unigram": 4.5, "pictures": 2, "tokens": 40},
    "counts": [1] * CONFIG.codebook_size,
    "curve": [[4, 4.3, 4.25]],
}  # fmt: skip


@pytest.fixture
def root(tmp_path):
    write_prior(folder_of("made", tmp_path), small_prior(), FACTS)
    return tmp_path


def test_what_is_written_comes_back_in_eight_bits(root):
    assert list_priors(root) == ["made"]
    loaded, shipped = load_prior("made", root).model, eight_bit(small_prior())
    assert load_prior("made", root).model is loaded, "read once"
    assert loaded.config == CONFIG
    for name, wanted in shipped.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], wanted), name
    known = read_facts("made", root)
    assert (known.codebook_size, known.rows, known.columns, known.places) == (23, 4, 5, 20)
    assert known.measured["prior"] == 4.25 and known.counts.tolist() == [1] * 23
    card = (folder_of("made", root) / "card.md").read_text(encoding="utf-8")
    assert "| all tokens before it, by this prior | 4.250 | 40 |" in card and "K = 23, 4 x 5" in card


def test_eight_bits_change_a_weight_by_half_a_step_of_its_row_at_most():
    model = small_prior()
    shipped = eight_bit(model)
    step = model.codes.abs().amax(1, keepdim=True) / 127
    assert bool(((shipped.codes - model.codes).abs() <= step / 2 * 1.001).all())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: config.update(format=2), "format 1"),
        (lambda config: config.pop("counts"), "counts"),
        (lambda config: config["architecture"].pop("rows"), "rows"),
        (lambda config: config.update(counts=[1, 2]), r"\(K,\)"),
        (lambda config: config["measured"].update(prior="<b>"), "could not convert"),
    ],
)
def test_a_config_that_is_wrong_is_said(root, change, message):
    file = folder_of("made", root) / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    change(config)
    file.write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(CheckpointError, match=message):
        read_facts("made", root)


def test_weights_that_are_wrong_are_said(root):
    folder = folder_of("made", root)
    (folder / "model.safetensors").write_bytes(b"PK\x03\x04")
    with pytest.raises(CheckpointError, match="pickle"):
        load_prior("made", root)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["architecture"]["width"] = 33
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(CheckpointError, match="describes no prior"):
        load_prior("made", root)
    with pytest.raises(UnknownIdError, match="made"):
        load_prior("mde", root)


def test_squares_are_drawn_by_the_seed_and_held_out_ones_are_the_middle():
    ramp = np.arange(60, dtype=np.uint8)[None, :, None] * np.ones((40, 1, 3), np.uint8)
    first, again = (list(views([ramp], 3, 16, 5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True)) and len(first) == 3
    assert not np.array_equal(first[0], next(views([ramp], 1, 16, 6)))
    assert {view.shape for view in first} == {(16, 16, 3)} and max(view.max() for view in first) <= 1
    (middle,) = whole([ramp], 16)
    assert middle.mean() == pytest.approx(29.5 / 255, abs=0.01)


def test_training_learns_what_can_be_known():
    """Each row counts up from its first token, which only is a free choice: 3 bits of every four tokens."""
    random = np.random.default_rng(0)
    starts = random.integers(0, 8, (600, 3, 1))
    tokens = (starts + np.arange(4)) % 8
    recipe = PriorRecipe(steps=220, batch=16, width=32, blocks=1, warmup=20, learning_rate=1e-2)
    found = train(recipe, (8, None), tokens[:500], tokens[500:], torch.device("cpu"))
    bits = token_bits(found.model, tokens[500:])
    assert bits[:, :, 1:].mean() < 0.1 and bits[:, :, 0].mean() == pytest.approx(3.0, abs=0.25)
    assert found.curve[-1][0] == 220 and found.curve[-1][2] == pytest.approx(bits.mean())


def test_a_recipe_rises_and_falls():
    recipe = PriorRecipe(steps=100, warmup=10, learning_rate=1.0)
    rates = [recipe.rate(step) for step in range(100)]
    assert rates[0] == 0.1 and rates[9] == rates[10] == 1.0 and rates[55] == pytest.approx(0.5) and rates[99] < 0.001
    with pytest.raises(SettingsError):
        PriorRecipe(steps=0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(2)
    for number in range(6):
        small = random.integers(0, 255, (6, 7, 3), np.uint8)
        Image.fromarray(small).resize((168, 144)).save(folder / f"{number}.png")
    return folder


@pytest.mark.skipif(not (settings().checkpoints / TOKENIZER).is_dir(), reason="checkpoints/ has no such tokenizer")
def test_the_command_makes_one_that_the_app_can_read(pictures, tmp_path, capsys):
    line = ["prior", TOKENIZER, "--data", str(pictures), "--steps", "2", "--rounds", "1", "--out", str(tmp_path)]
    assert command_line.main(line) == 0
    assert "wrote" in capsys.readouterr().out
    known = read_facts(TOKENIZER, tmp_path)
    assert known.training["pictures"] == 4 and known.training["data"] == pictures.name
    assert known.measured["pictures"] == 2 and known.measured["tokens"] == 2 * 256 == known.measured["tokens_left"] + 32
    assert int(known.counts.sum()) == 4 * 256 == known.training["tokens"]
    model = load_prior(TOKENIZER, tmp_path).model
    assert model.config.codebook_size == 1024
    assert {"unigram", "left", "above", "prior", "lzma", "equal_left"} <= set(known.measured)


@pytest.mark.skipif(not (settings().checkpoints / "rvq-4").is_dir(), reason="checkpoints/ has no such tokenizer")
def test_a_tokenizer_of_several_tokens_a_place_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="one token a place"):
        make_prior(PriorOrder("rvq-4", out=tmp_path), PriorRecipe(), lambda *_: {}, lambda line: None)
    assert command_line.main(["prior", "nothing", "--out", str(tmp_path)]) == 2


@pytest.mark.skipif(not list_priors(), reason="no prior ships: python -m explorer prior vq-ema-reseed makes one")
def test_what_ships_is_better_than_what_little_memory_buys():
    for tokenizer in list_priors():
        known = read_facts(tokenizer)
        told = known.measured
        assert told["prior"] < told["left"] < told["unigram"] < known.most_bits
        assert told["prior"] < told["above"] < told["unigram"]
        assert abs(told["prior"] - told["prior_in_training"]) < 0.02, "eight bits cost next to nothing"
        assert load_prior(tokenizer).model.config.places == known.places
        size = sum(file.stat().st_size for file in folder_of(tokenizer).iterdir())
        assert size < 1_000_000
        with pytest.raises(ExplorerError):
            load_prior(tokenizer + "-x")
