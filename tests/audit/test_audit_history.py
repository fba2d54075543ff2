"""The curve of usage that training left beside the weights."""

import json

from explorer.audit.history import usage_history
from explorer.foundation.config import settings


def test_the_history_of_a_level_is_that_of_its_curve(tmp_path):
    rows = json.loads((settings().checkpoints / "rvq-4" / "curve.json").read_text(encoding="utf-8"))
    history = usage_history("rvq-4", 2)
    assert history.steps.tolist() == [row["step"] for row in rows] and len(rows) > 3
    assert history.usage.tolist() == [row["usage"][2] for row in rows]
    assert history.tokens.tolist() == [row["tokens"] for row in rows]
    (tmp_path / "x").mkdir()
    assert usage_history("x", 0, tmp_path) is None
    for text in ("[]", "{", '[{"step": 5, "usage": [0.5]}]'):
        (tmp_path / "x" / "curve.json").write_text(text)
        assert usage_history("x", 0, tmp_path) is None, text
    (tmp_path / "x" / "curve.json").write_text('[{"step": 5, "usage": [0.5], "tokens": 100}]')
    assert usage_history("x", 0, tmp_path).usage.tolist() == [0.5] and usage_history("x", 1, tmp_path) is None
