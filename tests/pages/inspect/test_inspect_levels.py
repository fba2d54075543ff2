"""What Inspect says of levels and groups that are left out, and which map comes first, on the tokenizers that ship."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.analysis.maps.projection import Projection
from explorer.joints.naming import given_noun, part_noun
from explorer.joints.record import Codebook
from explorer.pages.inspect import events
from explorer.pages.inspect.maps import code_maps
from explorer.pages.shared import runtime
from explorer.pages.shared.session import Visit

TOKENS = 32 * 32  # of one level of a picture of 256 px: a token is 8 px a side


def figures_of(visit):
    return {one["id"]: one["value"] for one in json.loads(events.decoded_values(visit)[1])["figures"]}


@pytest.mark.parametrize("tokenizer", ["rvq-4", "pq-4"])
@pytest.mark.parametrize(
    ("mode", "level", "kept"),
    [("all", 0, 4), ("cumulative", 0, 1), ("cumulative", 2, 3), ("solo", 3, 1), ("mute", 1, 3)],
)
def test_tokens_bits_and_rates_are_of_what_is_kept(tokenizer, mode, level, kept):
    visit = Visit(tokenizer=tokenizer, picture="astronaut", mode=mode, level=level)
    assert runtime.record_of(visit).media.shape[:2] == (256, 256)
    found = figures_of(visit)
    assert (found["tokens"], found["bits_uniform"]) == (kept * TOKENS, kept * TOKENS * 10)
    assert found["bpp_uniform"] == pytest.approx(kept * 0.15625)
    assert found["compression"] == pytest.approx(24 / (kept * 0.15625))
    levels = {"all": [0, 1, 2, 3], "cumulative": list(range(level + 1)), "solo": [level]}.get(mode, [0, 2, 3])
    bits = 0.0
    for one in levels:
        counts = np.bincount(runtime.record_of(visit).levels[one].indices.reshape(-1))
        bits -= sum(n * math.log2(n / TOKENS) for n in counts if n)
    assert found["bits_empirical"] == pytest.approx(bits)


def test_groups_are_groups_and_residuals_are_residuals():
    for tokenizer, part, given in (("rvq-4", "level", "residual"), ("pq-4", "group", "latent")):
        visit = Visit(tokenizer=tokenizer, picture="astronaut", mode="solo", level=2, token=5)
        player, reconstruction, card = map(events.everything(visit).get, ("player", "reconstruction", "card"))
        said = json.loads(reconstruction)
        assert said["noun"] == part and said["given"] == ["latent", given, given, given]
        assert said["caption"].startswith(f"Decoded from {part} 3 of 4 only.") and player == ""
        card = json.loads(card)
        assert (card["noun"], card["given"]) == (part, given)
        assert events.export(visit, "counts", 2).name == f"{tokenizer}_astronaut_{part}3_usage.csv"
    assert [part_noun(one) for one in ("single", "sum", "concatenate")] == ["level", "level", "group"]
    assert [given_noun("sum", 0), given_noun("sum", 1), given_noun("concatenate", 3)] == [
        "latent",
        "residual",
        "latent",
    ]


def maps_of(tokenizer):
    record = runtime.picture_record_of(Visit(tokenizer=tokenizer, picture="astronaut"))
    return record, [one for one in code_maps(record) if one.level == 0]


@pytest.mark.parametrize(
    ("tokenizer", "kinds"),
    [("lfq", ["lattice"]), ("bsq", ["lattice"]), ("fsq", ["lattice", "pca"]), ("kmeans", ["pca"]), ("pq-4", ["pca"])],
)
def test_the_first_map_gives_every_code_a_place_of_its_own(tokenizer, kinds):
    record, maps = maps_of(tokenizer)
    assert [one.kind for one in maps] == kinds
    size = record.levels[0].codebook.codebook_size
    assert len(np.unique(maps[0].xy, axis=0)) == len(maps[0].codes) == size


def test_codes_that_are_not_finite_have_no_place_and_the_others_keep_theirs():
    record, _ = maps_of("vq-ema")
    level = record.levels[0]

    def with_vectors(vectors):
        size, dim = vectors.shape
        narrow = replace(level, codebook=Codebook(size, dim, "euclidean", vectors=vectors), **latents(dim))
        return code_maps(replace(record, levels=(narrow,)))

    def latents(dim):
        return {name: getattr(level, name)[:, :dim] for name in ("z_e", "z_q")}

    vectors = level.codebook.vectors.copy()
    vectors[[7, 900]] = np.nan
    (found,) = with_vectors(vectors)
    assert len(found.codes) == 1022 and not {7, 900} & set(found.codes.tolist())
    assert "2 of these 1,024 codes are NaN or infinite" in found.caption
    (flat,) = with_vectors(vectors[:, :2])
    assert flat.kind == "plane" and flat.box is not None and "1,022 codes where they are" in flat.caption
    assert with_vectors(np.full_like(vectors, np.nan)) == []


def kinds_of(value, levels=4):
    """Level -> kinds of its maps."""
    maps = json.loads(value)["maps"]
    return {n: [one["kind"] for one in maps if one["level"] == n] for n in range(levels)}


def test_umaps_that_ship_need_no_work_and_others_say_how_far_they_are_in_few_bytes(monkeypatch):
    visit = Visit(tokenizer="rvq-4", picture="astronaut")
    whole, kept = events.view_value(visit), events.with_kept_maps(visit)
    assert all("umap" in kinds for kinds in kinds_of(kept).values()) and json.loads(kept)["progress"] == ""
    assert json.loads(kept)["key"] == json.loads(whole)["key"] and "picture" not in json.loads(kept)

    monkeypatch.setattr(runtime, "kept_projection", lambda *_: None)
    assert not any("umap" in kinds for kinds in kinds_of(events.with_kept_maps(visit)).values())
    places = np.random.default_rng(0).normal(size=(1024, 2)).astype(np.float32)
    done = Projection(places, "umap", "Made here.")
    steps = iter([0.0, 0.5, done, 0.25, done, done, 0.5, done, done, done, done])
    monkeypatch.setattr(events, "works", SimpleNamespace(get=lambda *_: SimpleNamespace(ask=lambda: next(steps))))
    told, have = [], 0
    for _ in range(9):
        state = events.umap_state(visit, have)
        told.append(json.loads(state["parts"]["view"]) | {"bytes": len(state["parts"]["view"]), "had": have})
        have = state["have"]
        if not state["busy"]:
            break
    assert [one["progress"] for one in told][:3] == [
        "UMAP of level 1: begins",
        "UMAP of level 1: 50% done",
        "UMAP of level 2: 25% done",
    ]
    assert told[-1]["progress"] == "" and not state["busy"] and have == 4
    assert all(set(one) == {"key", "progress", "bytes", "had"} for one in told[:2]), "no picture, and no map again"
    assert max(one["bytes"] for one in told[:2]) < 120 < len(whole) / 1000
    made = [one for one in told[-1]["maps"] if one["kind"] == "umap"]
    assert [one["level"] for one in made] == [0, 1, 2, 3] and all("Made here." in one["caption"] for one in made)
