"""What the Inspect page shows of a table of items, recomputed from the tokenizer that ships."""

import json

import numpy as np
import pytest

from explorer.joints.measures.semantic_ids import collision_rate, semantic_ids
from explorer.media.medium import load_medium
from explorer.pages.inspect import events, media
from explorer.pages.shared import runtime
from explorer.pages.shared.session import UPLOADED, Visit
from explorer.tokenizers import load_tokenizer
from explorer.views.kit.wire.encoding import unpack
from tests.shipped import shipped_ids

pytestmark = pytest.mark.skipif(not shipped_ids("vectors"), reason="no tokenizer of items ships")
VISIT = Visit(tokenizer="items-rq", picture="books", modality="vectors", token=7, level=1)


def test_everything_is_there_of_items():
    record, parts = runtime.record_of(VISIT), events.everything(VISIT)
    view, player = json.loads(parts["view"]), json.loads(parts["player"])
    assert view["place"] == {"kind": "items", "noun": "table", "names": list(record.labels["name"])}
    for sent, level in zip(view["levels"], record.levels, strict=True):
        np.testing.assert_array_equal(unpack(sent["indices"]), level.indices)
    assert player["names"] == list(record.labels["name"]) and player["count"] == 240
    kinds = np.array(player["category"]["names"])[unpack(player["category"]["of"])]
    assert kinds.tolist() == list(record.labels["category"])
    errors = np.square(record.reconstruction - record.media).sum(1)
    np.testing.assert_allclose(unpack(player["errors"]), errors, rtol=1e-4)
    card = json.loads(parts["card"])
    assert card["code"] == record.levels[1].indices[7]


def test_figures_are_those_of_the_ids():
    record = runtime.record_of(VISIT)
    found = {one["id"]: one["value"] for one in json.loads(events.decoded_values(VISIT)[1])["figures"]}
    ids = semantic_ids(record)
    assert found["collision_rate"] == pytest.approx(100 * collision_rate(ids))
    assert found["distinct_ids"] == len({tuple(one) for one in ids.tolist()})
    assert [found[f"prefixes_{n}"] for n in (1, 2)] == [len(np.unique(ids[:, :n], axis=0)) for n in (1, 2)]
    centred = record.media - record.media.mean(0)
    kept = 1 - np.square(record.reconstruction - record.media).sum() / np.square(centred).sum()
    assert found["explained"] == pytest.approx(100 * kept, rel=1e-4)
    assert "category_information" in found and found["bits_an_item"] == 24 and "psnr_db" not in found


def test_ids_of_some_levels_are_counted_when_these_are_decoded():
    visit = Visit(tokenizer="items-rq", picture="books", modality="vectors", mode="cumulative", level=1)
    found = {one["id"]: one["value"] for one in json.loads(events.decoded_values(visit)[1])["figures"]}
    ids = semantic_ids(runtime.record_of(visit))[:, :2]
    assert found["collision_rate"] == pytest.approx(100 * collision_rate(ids)) and "prefixes_3" not in found


def test_an_uploaded_table_of_titles_brings_the_tokenizer_of_items(tmp_path):
    rows = "\n".join(f"Song {i},{['folk', 'rock'][i % 2]},{1950 + i}" for i in range(40))
    (tmp_path / "songs.csv").write_text(f"title,genre,year\n{rows}")
    settled, words = media.settle(
        Visit(tokenizer="kmeans", picture=UPLOADED, upload=str(tmp_path / "songs.csv"), modality="")
    )
    assert (settled.tokenizer, settled.modality) == ("items-rq", "vectors") and "which takes tables of items" in words
    assert runtime.record_of(settled).labels["name"][2] == "Song 2"


def test_what_is_exported_are_the_vectors():
    record = runtime.record_of(VISIT)
    file = events.export(VISIT, "decoded", 0)
    back = load_medium(file.data, wanted="vectors")
    np.testing.assert_allclose(back.values, record.reconstruction, rtol=1e-4, atol=1e-5)
    assert load_tokenizer("items-rq").spec.channels == back.values.shape[1]
