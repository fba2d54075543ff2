"""The arithmetic of the teaching cards is that of the quantizers: same inputs, same codes, same indices, same vectors.

A file of rows (`arithmetic_<family>.py`) is added to TABLE with its line.
"""

import json
import subprocess
from numbers import Integral
from pathlib import Path

import numpy as np
import pytest

from tests.learn import (
    arithmetic_composed,
    arithmetic_gradients,
    arithmetic_implicit,
    arithmetic_lloyd,
    arithmetic_nearest,
)

TABLE = (
    *arithmetic_nearest.ROWS,
    *arithmetic_composed.ROWS,
    *arithmetic_implicit.ROWS,
    *arithmetic_gradients.ROWS,
    *arithmetic_lloyd.ROWS,
)
SEEDS = range(3)
COMPUTE = Path(__file__).parents[1] / "views" / "js" / "compute.js"


@pytest.fixture(scope="module")
def answers(node):
    """(method, seed) -> [(arguments, what the browser's function returned)]. One process of node for all."""
    rows = {row.method: row for row in TABLE}
    assert len(rows) == len(TABLE), "two rows have one name"
    asked = []
    for method, row in rows.items():
        for seed in SEEDS:
            chance = np.random.default_rng(seed)
            asked += [(method, seed, row.inputs(chance)) for _ in range(row.many)]
    calls = [{"module": rows[method].module, "name": rows[method].function, "args": args} for method, _, args in asked]
    done = subprocess.run([node, str(COMPUTE)], input=json.dumps(calls), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = {}
    for (method, seed, args), out in zip(asked, json.loads(done.stdout), strict=True):
        found.setdefault((method, seed), []).append((args, out))
    return found


def same(browser, python, close=1e-6, at="result"):
    """Raises AssertionError at the first place where they differ."""
    if isinstance(python, dict):
        assert set(browser) == set(python), at
        for name, value in python.items():
            same(browser[name], value, close, f"{at}.{name}")
    elif isinstance(python, (list, tuple)):
        assert len(browser) == len(python), at
        for i, (a, b) in enumerate(zip(browser, python, strict=True)):
            same(a, b, close, f"{at}[{i}]")
    elif isinstance(python, (Integral, str)) or python is None:
        assert browser == python, at
    else:
        assert abs(browser - python) <= close * max(1.0, abs(python)), f"{at}: {browser} is not {python}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.method)
def test_the_browser_computes_what_the_quantizer_does(answers, row, seed):
    for args, browser in answers[row.method, seed]:
        same(browser, row.python(*args), row.close)


def test_the_comparison_sees_what_differs():
    same([1, {"x": 0.5}], [1, {"x": 0.5 + 1e-9}])
    for browser, python in (([1], [2]), ([1.0], [1.0 + 1e-4]), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ([1.5], [1])):
        with pytest.raises(AssertionError):
            same(browser, python)
