"""What the codebook page gets, of every tokenizer that ships and of made codebooks; numbers against other libraries."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from made_audits import audit_of, counted, lattice, level_of, signs
from scipy.stats import entropy

from explorer.analysis.codes.growth import carry_on
from explorer.analysis.maps.order import map_order
from explorer.audit.shipped import load_shipped
from explorer.foundation.errors import RecordError
from explorer.joints.measures.unused import unused_codes
from explorer.tokenizers import load_tokenizer
from explorer.views.codebook.payload import open_payload
from explorer.views.inspect.view import payload as inspect_payload
from explorer.views.kit.wire.encoding import unpack
from tests.shipped import counted_ids

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"

FIELDS = {"tokenizer", "audits", "audit", "joint", "levels", "diagnosis", "besides", "help"}
LEVEL_FIELDS = {
    *(
        "name",
        "part",
        "given",
        "language",
        "codebook_size",
        "codebook_dim",
        "metric",
        "tokens",
        "ceiling",
        "used",
        "usage",
        "usage_of_ceiling",
    ),
    *(
        "dead",
        "unseen",
        "died_in_training",
        "by_training",
        "perplexity",
        "entropy_bits",
        "gini",
        "kl_to_uniform_bits",
        "counts",
        "state",
        "states",
    ),
    *("state_words", "over_used_from", "near_duplicate_from", "map_order", "growth", "halves", "batches"),
}


def opened(audit, codebooks, spec=None):
    """The payload as the browser reads it."""
    answer = open_payload(audit, "val", [{"id": "val", "title": "made", "tokens": audit.tokens}], spec, codebooks)
    return json.loads(json.dumps(answer, allow_nan=False))


@pytest.mark.parametrize("tokenizer_id", counted_ids())
def test_every_tokenizer_opens_with_true_numbers(tokenizer_id):
    audit, tokenizer = load_shipped(tokenizer_id, "val"), load_tokenizer(tokenizer_id)
    books = tokenizer.codebooks()
    answer = opened(audit, books, tokenizer.spec)
    assert set(answer) == FIELDS and len(answer["levels"]) == len(books)
    assert answer["tokenizer"]["metric"] == books[0].metric and answer["audit"]["media"] == len(audit.media)
    for said, level, book in zip(answer["levels"], audit.levels, books, strict=True):
        assert set(said) == LEVEL_FIELDS
        counts, size, tokens = level.counts, book.codebook_size, int(level.counts.sum())
        assert (unpack(said["counts"]) == counts).all()
        assert said["used"] == (counts > 0).sum() and said["tokens"] == tokens
        known = unused_codes(level, book)
        assert said["dead"] == known.dead and said["unseen"] == (counts == 0).sum() - (known.dead or 0)
        assert said["died_in_training"] == known.died
        if said["by_training"]:  # then each code's state follows the training's counts, and its word says so
            assert said["states"]["unseen"] == known.none - known.died
        assert said["entropy_bits"] == pytest.approx(entropy(counts, base=2))
        assert said["kl_to_uniform_bits"] == pytest.approx(entropy(counts / tokens, np.full(size, 1 / size), base=2))
        ordered = np.sort(counts)
        lorenz = np.concatenate([[0], np.cumsum(ordered)]) / tokens
        assert said["gini"] == pytest.approx(1 - 2 * np.trapezoid(lorenz, dx=1 / size), abs=1e-9)
        none = said["states"]["dead"] + said["states"]["unseen"]
        assert sum(said["states"].values()) == size and none == (counts == 0).sum() >= (said["dead"] or 0)
        assert sorted(unpack(said["map_order"])) == list(range(size))
        assert (unpack(said["growth"]["tokens"]) == level.growth[:, 0]).all()
        assert (unpack(said["halves"]["first"]) == level.halves[0]).all()
        assert said["halves"]["used"] == [(half > 0).sum() for half in level.halves]
        assert len(unpack(said["batches"]["perplexity"])) == len(audit.media)
    fields = {"level", "title", "text", "sure", "try", "figure", "source", "codebook_level", "levels"}
    assert fields == set(answer["diagnosis"][0])


def test_growth_goes_on_where_the_audit_ends():
    audit, books = load_shipped("vq-collapsed", "val"), load_tokenizer("vq-collapsed").codebooks()
    level, growth = audit.levels[0], opened(audit, books)["levels"][0]["growth"]
    fit = growth["fit"]
    tokens, used = unpack(fit["tokens"]), unpack(fit["used"])
    assert tokens[0] == level.tokens and used[0] == (level.counts > 0).sum()
    assert fit["until"] == 2 * level.tokens == tokens[-1]
    assert fit["within"][0] == fit["second"] == used[0] < fit["within"][1], (
        "an estimate that fell is held at those used"
    )
    assert used[-1] == pytest.approx(carry_on(level.occurs, np.array([level.media]), level.media)[0], rel=1e-6)
    assert "(200 media)" in growth["words"]


def test_inspect_the_card_and_this_page_agree_on_the_collapsed_codebook():
    """17% on its card, where Inspect's "Training" said 1,024 of 1,024 and this page 82% dead."""
    audit, tokenizer = load_shipped("vq-collapsed", "val"), load_tokenizer("vq-collapsed")
    on_card = re.search(
        r"\| ([\d.]+)% \| \d+ \| 102,400 \|", (CHECKPOINTS / "vq-collapsed" / "card.md").read_text("utf-8")
    )
    card = float(on_card[1]) / 100
    record = tokenizer.tokenize(np.full((32, 32, 3), 0.5, np.float32))
    training = unpack(json.loads(inspect_payload(record, "t"))["levels"][0]["training"]["tokens"])
    in_training = training >= 1  # tokens: the threshold of every page
    (level,) = opened(audit, tokenizer.codebooks(), tokenizer.spec)["levels"]
    growth = level["growth"]
    here = np.interp(102_400, unpack(growth["tokens"]), unpack(growth["used"])) / 1024  # of as many tokens as the card
    assert training.sum() == pytest.approx(102_400, rel=0.01) and 0.14 < card < 0.19
    assert abs(in_training.mean() - card) < 0.02 and abs(here - card) < 0.03
    used = unpack(level["counts"]) > 0
    assert (in_training & used).sum() > 0.95 * in_training.sum(), "they are the same codes"
    assert level["used"] == used.sum() == 182 and level["tokens"] == 240_000


def test_plain_indices_open_without_vectors():
    answer = opened(audit_of(counted([5, 0, 300, 7, 200])), None)
    level = answer["levels"][0]
    assert answer["tokenizer"] is None and level["metric"] is None and level["map_order"] is None
    assert (
        unpack(level["state"]).tolist() == [0, 1, 0, 0, 0]
        and level["dead"] == 1
        and level["near_duplicate_from"] is None
    )
    assert level["batches"]["words"].startswith("Nothing was kept")
    full = opened(audit_of(counted([5, 5, 90])), None)["levels"][0]["growth"]
    assert full["fit"] is None and full["words"].startswith("All 3 codes are in use")


def test_a_codebook_of_262144_codes_opens():
    rng = np.random.default_rng(0)
    book = signs(18)
    level = level_of(book, rng.normal(size=(5000, 18)))
    said = opened(audit_of(level), [book])["levels"][0]
    state = unpack(said["state"])
    assert said["dead"] is None and said["unseen"] == 2**18 - said["used"] == (state == 2).sum()
    assert (unpack(said["map_order"]) == map_order(book)).all()


def test_what_does_not_fit_is_said():
    with pytest.raises(RecordError, match="No tokens were counted in 'made'"):
        opened(audit_of(counted([0, 0])), None)
    with pytest.raises(RecordError, match=r"codebooks of \[2\] codes, the tokenizer has \[9\]"):
        opened(audit_of(counted([4, 1])), [lattice(3, 3)])
