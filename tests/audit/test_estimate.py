"""The plan of large audits: its table is that of the function, and the function is arithmetic by hand."""

from dataclasses import replace

import pytest

from explorer.audit.distributed import estimate as module
from explorer.audit.distributed.estimate import Corpus, Rates, bound, estimate, saturation, table
from explorer.foundation.config import REPOSITORY

RATES = Rates(1e9, decode=10, cores=4, flops=1e12, count_tokens=1e5, merge_s=1.8, gpu_dollars=2.0)
CORPUS = Corpus("c", 1000, 3.6e12, 720_000, 100, 1e9)


def test_by_hand():
    """Store: an hour. Decoding: 720,000 / 40 = 18,000 s. Encoding 720 s and counting 720 s together."""
    one = estimate(CORPUS, RATES, 1)
    assert one.shares == pytest.approx({"storage": 1.0, "decoding": 5.0, "encoding and counting": 0.4})
    assert (one.waits_for, one.hours, one.dollars) == ("decoding", pytest.approx(5.0005), pytest.approx(10.001))
    ten = estimate(CORPUS, RATES, 10)
    assert ten.waits_for == "storage" and ten.hours == pytest.approx(1.005) and ten.dollars == pytest.approx(20.1)


def test_it_saturates_at_the_store_or_at_the_merge():
    assert saturation(CORPUS, RATES) == 4 and bound(CORPUS, RATES) == "the store"  # 5, 2.5, 1.25 h, then one hour
    free = replace(RATES, storage_bytes=1e18)
    assert bound(CORPUS, free) == "the merge"
    hours = [estimate(CORPUS, free, 2**n).hours for n in range(12)]
    best = saturation(CORPUS, free)
    assert estimate(CORPUS, free, 2 * best).hours >= 0.75 * estimate(CORPUS, free, best).hours
    assert estimate(CORPUS, free, best).hours < 1.5 * min(hours)


def test_the_plan_says_what_the_function_says():
    plan = (REPOSITORY / "explorer" / "audit" / "distributed" / "PLAN.md").read_text(encoding="utf-8")
    assert plan.partition("<!-- table: begin -->\n")[2].partition("\n<!-- table: end -->")[0] == table()
    said = " ".join(plan.split())
    for words in ("53 JPEG", "2,156 s of FLAC", "0.17 M tokens", "0.33 M of", "0.12 s for a shard", "15.2 M plain"):
        assert words in said
    assert (module.PICTURES.decode, module.SOUNDS.decode, module.INDEX_RATE) == (53, 2_156, 15.2e6)
    assert (module.PICTURES.count_tokens, module.SOUNDS.count_tokens, module.PICTURES.merge_s) == (0.17e6, 0.33e6, 0.12)
    assert module.PICTURES.flops == module.SOUNDS.flops == 6e12 and module.IN_HALF.flops == 30e12
    assert "6 TFLOP/s" in said and "30 TFLOP/s" in said and module.PICTURES.gpu_dollars == 3
