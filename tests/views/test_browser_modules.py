"""The tests of the browser modules, `js/**/*.test.js`, all in one process of node."""

import re
import subprocess
from pathlib import Path

import pytest

JS = Path(__file__).with_name("js")
JS_TESTS = sorted(file.relative_to(JS).as_posix() for file in JS.rglob("*.test.js"))


def run(node, folder, names):
    """{name: (whether all of it passed, what was printed of it)} of those test files."""
    line = [node, "--test-reporter=tap", str(JS / "all.js"), *names]
    printed = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=600)
    found = {}
    for part in re.split(r"^# Subtest: ", printed.stdout, flags=re.MULTILINE)[1:]:
        if end := re.search(r"^(not )?ok \d+ - (\S+)$", part, re.MULTILINE):
            found[end[2]] = end[1] is None, part
    assert set(found) == set(names), printed.stdout[-4000:] + printed.stderr[-1000:]
    return found


@pytest.fixture(scope="module")
def results(node):
    return run(node, JS, JS_TESTS)


@pytest.mark.parametrize("name", JS_TESTS)
def test_browser_modules(results, name):
    passed, printed = results[name]
    assert passed, printed[:8000]
    assert re.search(r"^    ok \d+ - ", printed, re.MULTILINE), "a file without a test"


def test_what_fails_is_seen_beside_what_passes(node, tmp_path):
    head = 'import assert from "node:assert";\nimport test from "node:test";\n'
    (tmp_path / "good.test.js").write_text(head + 'test("one", () => assert.equal(1, 1));\n')
    (tmp_path / "late.test.js").write_text(head + 'test("two", async () => assert.equal(await 1, 2));\n')
    (tmp_path / "none.test.js").write_text("const = 1;\n")
    (tmp_path / "package.json").write_text('{"type": "module"}\n')
    found = run(node, tmp_path, ["good.test.js", "late.test.js", "none.test.js"])
    assert {name: passed for name, (passed, _) in found.items()} == {
        "good.test.js": True,
        "late.test.js": False,
        "none.test.js": False,
    }
    assert "SyntaxError" in found["none.test.js"][1] or "Unexpected" in found["none.test.js"][1]
