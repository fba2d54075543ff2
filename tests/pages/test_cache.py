"""The pages' one cache: bounded in bytes, of an owner each, made once."""

import threading

import numpy as np
import pytest

from explorer.foundation.cache import EACH, Cache, bytes_of, every_cache
from explorer.foundation.config import settings
from explorer.foundation.errors import ExplorerError
from explorer.foundation.owners import EVERYBODY
from explorer.joints.record import Codebook, TokenLayout, TokenLevel
from explorer.pages import launch  # noqa: F401  with it all caches of the pages are there


def test_what_is_kept_is_bounded_in_bytes_and_the_longest_unused_goes():
    kept, made = Cache("texts", 2 * (100 + EACH)), []

    def ask(key):
        return kept.get(key, lambda: made.append(key) or key * 100, EVERYBODY)

    assert [ask(key)[0] for key in "abacaba"] == list("abacaba")
    # a and b are made; a is used again; c pushes b out; a is still there; b is made again and pushes c out.
    assert made == ["a", "b", "c", "b"]
    assert (len(kept), kept.bytes) == (2, 2 * (100 + EACH))
    kept.put("large", "x" * 1000, EVERYBODY)
    assert (len(kept), kept.peek("large", EVERYBODY)) == (1, "x" * 1000), "the newest stays, though it alone is larger"


def test_who_asks_while_a_record_is_made_waits_for_it_and_a_failure_is_not_kept():
    cache, started, go, made = Cache("records", 1000), threading.Event(), threading.Event(), []

    def slow():
        started.set()
        go.wait(10)
        made.append(1)
        return "record"

    answers = []
    asking = [threading.Thread(target=lambda: answers.append(cache.get("key", slow, EVERYBODY))) for _ in range(3)]
    asking[0].start()
    started.wait(10)
    for thread in asking[1:]:
        thread.start()
    assert cache.get("other", lambda: "at once", EVERYBODY) == "at once"
    go.set()
    for thread in asking:
        thread.join(10)
    assert (answers, made) == (["record"] * 3, [1])
    with pytest.raises(ExplorerError):
        cache.get("bad", lambda: (_ for _ in ()).throw(ExplorerError("no")), EVERYBODY)
    assert cache.get("bad", lambda: "now it works", EVERYBODY) == "now it works"


def test_an_owners_values_are_found_by_nobody_else_and_go_with_the_owner():
    kept = Cache("results", 10_000)
    for owner in ("anna", "bert", EVERYBODY):
        assert kept.get("key", lambda owner=owner: f"of {owner}", owner) == f"of {owner}"
    assert kept.owners() == {"anna", "bert"}
    kept.let_go("anna")
    assert (kept.peek("key", "anna"), kept.peek("key", "bert"), kept.peek("key", EVERYBODY)) == (None, "of bert", "of ")
    kept.drop("bert", lambda key: key == "key")
    assert kept.bytes == bytes_of("of ") and kept.owners() == set()


def test_arrays_are_counted_whole_and_once():
    array = np.zeros((100, 8), np.float32)
    assert bytes_of(array) == 3200 + EACH
    assert bytes_of(array[:1]) == 3200 + EACH, "a view keeps all of what it shows a part of"
    assert bytes_of((array, array, array[3])) == 3200 + 2 * EACH
    assert bytes_of({"a": [b"x" * 500, "y" * 300]}) == 801 + 5 * EACH
    book = Codebook(64, 4, "euclidean", np.zeros((64, 4), np.float32))
    indices, latents, layout = (
        np.zeros((3, 3), np.int64),
        np.zeros((9, 4), np.float32),
        TokenLayout("grid2d", (3, 3), (24, 24)),
    )
    level = TokenLevel(indices, latents, latents.copy(), book, layout)
    arrays = 64 * 4 * 4 + 9 * 8 + 2 * 9 * 4 * 4
    assert arrays <= bytes_of(level) <= arrays + 40 * EACH


def test_all_caches_together_stay_within_what_is_stated():
    named = {kept.name: kept.most_bytes for kept in every_cache}
    shipped = [name for name in named if name in NAMES]
    assert sorted(shipped) == sorted(NAMES), "a cache is new or gone; say so here, and in its share"
    assert sum(named[name] for name in NAMES) <= settings().limits.kept_bytes


NAMES = (
    "audits that ship",
    *("records of media", "pictures of sounds and clips", "slices through codebooks", "codes decoded alone"),
    *("audits", "media of audits", "answers about codebooks", "codes decoded for their pages"),
    *("small pictures of codes", "maps of codebooks", "media of comparisons", "edited pictures"),
    *("charts of comparisons", "uploads as decoded"),
)
