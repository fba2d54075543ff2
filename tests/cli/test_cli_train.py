"""`train` hands its line on, and `--help` names every command without loading any."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from explorer.__main__ import DELEGATED, build_parser, main
from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import SettingsError
from tests.cli.grey_tokenizer import one_line


def fake_training(monkeypatch, function) -> None:
    module = ModuleType("explorer.training.command")
    module.main = function
    monkeypatch.setitem(sys.modules, "explorer.training.command", module)


def test_train_gets_the_rest_of_the_line_as_it_stands(monkeypatch):
    seen = []
    fake_training(monkeypatch, lambda argv: seen.append(argv) or 7)
    assert main(["train", "vq_ema", "--steps", "5", "--help"]) == 7
    assert seen == [["vq_ema", "--steps", "5", "--help"]]


@pytest.mark.parametrize(("error", "code"), [(SettingsError("bad"), 2), (KeyboardInterrupt(), 130)])
def test_train_fails_as_the_others_do(error, code, monkeypatch, capsys):
    def fail(argv):
        raise error

    fake_training(monkeypatch, fail)
    assert main(["train", "x"]) == code
    one_line(capsys)


def test_help_names_every_command():
    text = build_parser().format_help()
    assert all(name in text for name in ("list", "tokenize", "detokenize", "audit", "compare", "lab", *DELEGATED))


@pytest.mark.parametrize("arguments", [["--help"], ["tokenize", "--help"]])
def test_help_is_quick_because_nothing_heavy_is_imported(arguments):
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['explorer', *{arguments!r}]\n"
        "try: runpy.run_module('explorer', run_name='__main__')\n"
        "except SystemExit as stopped: assert stopped.code == 0\n"
        "heavy = {'torch', 'numpy', 'PIL', 'gradio', 'plotly', 'sklearn', 'skimage'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: python -m explorer")
