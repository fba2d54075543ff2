"""The tokenizer of items, trained small in a folder of its own: its ids, its interface, and what is refused."""

import json
import shutil

import numpy as np
import pytest
import torch

from explorer.foundation.errors import CheckpointError, MediaError
from explorer.joints.measures.semantic_ids import collision_rate, semantic_ids
from explorer.media.medium import tokenized
from explorer.media.rows.items import LoadedItems
from explorer.media.rows.made_items import made_books
from explorer.tokenizers.rows.checkpoint import load_rows
from explorer.training.rows.items import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("items")
    assert main(["items-rq", "--steps", "60", "--out", str(root)]) == 0
    return root / "items-rq"


@pytest.fixture(scope="module")
def tokenizer(folder):
    return load_rows(folder, "cpu")


@pytest.fixture(scope="module")
def record(tokenizer):
    return tokenized(made_books(), tokenizer, 256)


def test_a_record_holds_a_token_of_each_level_for_each_item(record, tokenizer):
    assert record.modality == "vectors" and record.media.shape == (240, 32)
    assert [level.indices.shape for level in record.levels] == [(240,)] * 4
    assert record.levels[0].layout.region(7) == (slice(7, 8),)
    assert record.labels["category"] == made_books().labels["category"]
    np.testing.assert_allclose(
        tokenizer.detokenize([one.indices for one in record.levels]), record.reconstruction, atol=1e-6
    )


def test_codes_are_the_nearest_to_what_is_left_over(record, tokenizer):
    with torch.no_grad():
        left = tokenizer._codec.model.encoder(torch.from_numpy(record.media)).numpy()
    for level in record.levels:
        np.testing.assert_allclose(level.z_e, left, atol=1e-5)
        distances = np.square(left[:, None] - level.codebook.vectors[None]).sum(-1)
        chosen = distances[np.arange(240), level.indices]
        np.testing.assert_allclose(chosen, distances.min(1), atol=1e-5)
        left = left - level.codebook.vectors[level.indices]


def test_alike_items_share_first_codes(record):
    ids, kinds = semantic_ids(record), np.array(record.labels["category"])
    same = ids[:, None, 0] == ids[None, :, 0]
    alike = kinds[:, None] == kinds[None]
    off = ~np.eye(240, dtype=bool)
    assert same[off & alike].mean() > 1.3 * same[off & ~alike].mean()
    assert collision_rate(ids) < 0.2


def test_items_go_apart(record, tokenizer):
    some = tokenizer.tokenize(record.media[[5, 90]])
    for whole, part in zip(record.levels, some.levels, strict=True):
        assert whole.indices[[5, 90]].tolist() == part.indices.tolist()


def test_vectors_of_other_sizes_are_projected_first(tokenizer):
    given = LoadedItems(np.random.default_rng(0).normal(size=(30, 100)))
    made = tokenized(given, tokenizer, 256)
    assert made.media.shape == (30, 32) and "principal axes" in made.notes[0]


def test_wrong_vectors_are_refused_in_words(tokenizer):
    for media, words in ((np.zeros((4, 31)), r"\(items, 32\)"), (np.full((4, 32), np.nan), "finite")):
        with pytest.raises(MediaError, match=words):
            tokenizer.tokenize(media)


def test_a_code_alone_is_a_vector(tokenizer):
    assert tokenizer.decode_alone(0, [3, 4]).shape == (2, 3, 32)
    first = tokenizer.decode_alone(0, [3])[0]
    np.testing.assert_allclose(first[0], first[2], atol=1e-6)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("features", 0, "features"), ("hidden", 10**9, "hidden ones"), ("kind", "fast", "none of")],
)
def test_a_damaged_checkpoint_is_refused(folder, tmp_path, key, value, words):
    copy = tmp_path / "items-rq"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config["architecture"][key] = value
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=words):
        load_rows(copy, "cpu")
