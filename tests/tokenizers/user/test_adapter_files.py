"""Adapter files: what they bring, what is wrong in them with its line, and the command line that takes them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer import tokenizers
from explorer.__main__ import main
from explorer.foundation.errors import AdapterError
from explorer.tokenizers.user.adapter import bring_adapter

ROOT = Path(__file__).resolve().parents[3]


def written(folder, text, name="mine.py"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_template_is_short_and_runs(brought):
    file = ROOT / "assets" / "my_adapter.py"
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 15
    (spec,) = bring_adapter(file)
    assert (spec.id, spec.title, spec.source, spec.codebook_size) == ("user--my-vq-vae", "My VQ-VAE", "user", 512)
    record = tokenizers.load_tokenizer(spec.id, "cpu").tokenize(np.zeros((64, 64, 3), np.float32))
    assert record.levels[0].indices.shape == (8, 8) and record.tokenizer_id == spec.id


def test_a_file_may_bring_several_and_import_its_neighbours(brought, tmp_path):
    written(tmp_path, "SIZE = 7\n", "my_neighbour.py")
    file = written(
        tmp_path,
        "from my_neighbour import SIZE\nfrom explorer.tokenizers.user.adapter import adapt\n"
        "def tokenizer():\n    one = lambda t: adapt(len, None, codebook=SIZE, downsampling=2, title=t)\n"
        "    return [one(''), one('Second One!'), one('')]\n",
    )
    specs = bring_adapter(file)
    assert [(spec.id, spec.title) for spec in specs] == [
        ("user--mine", "mine"),
        ("user--second-one", "Second One!"),
        ("user--mine-3", "mine 3"),
    ]
    assert {spec.id for spec in specs} <= {spec.id for spec in tokenizers.list_tokenizers()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def tokenizer(:\n    pass\n", r"mine.py, line 1: .*"),
        ("import no_such_library_here\n", "line 1: ModuleNotFoundError: No module named 'no_such_lib"),
        ("x = 1\n", r"mine.py defines no function tokenizer\(\)"),
        ("def tokenizer():\n    return 5\n", r"mine.py: tokenizer\(\) returned int"),
        ("def tokenizer():\n    return []\n", "empty list"),
        ("def tokenizer():\n    y = 1\n    raise ValueError('no\\nway')\n", "mine.py, line 3: ValueError: no"),
        ("import sys\nsys.exit('bye')\n", "mine.py, line 2: SystemExit: bye"),
        (
            "from explorer.tokenizers.user.adapter import adapt\ndef tokenizer():\n    return adapt(len, codebook=4)\n",
            "mine.py, line 3: downsampling must be",
        ),
    ],
)  # fmt: skip
def test_errors_of_the_file_are_one_line_with_the_line(tmp_path, text, words):
    with pytest.raises(AdapterError, match=words) as caught:
        bring_adapter(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_python():
    for name in ("nowhere.py", str(ROOT / "README.md")):
        with pytest.raises(AdapterError, match="needs a Python file"):
            bring_adapter(name)


def test_the_command_line_takes_an_adapter_and_shows_no_trace(brought, tmp_path, capsys):
    good, bad = ROOT / "assets" / "my_adapter.py", written(tmp_path, "oops\n")
    out = tmp_path / "tokens.npz"
    assert main(["tokenize", "--adapter", str(good), "user--my-vq-vae", "sample:coffee", "--out", str(out)]) == 0
    assert out.exists() and "tokens of user--my-vq-vae" in capsys.readouterr().out
    assert main(["list", "--adapter", str(bad)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.strip() == "explorer: mine.py, line 1: NameError: name 'oops' is not defined"
    app = subprocess.run(
        [sys.executable, "app.py", "--adapter", str(bad)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert app.returncode == 1
    assert app.stderr.strip() == "app.py: mine.py, line 1: NameError: name 'oops' is not defined"


OWN = """
from dataclasses import replace
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.user.adapter import adapt

def tokenizer():
    codec = adapt(lambda x: x[:, 0, ::4, ::4].long(), None, codebook=[2], downsampling=4)
    return AdaptedTokenizer(codec, replace(codec.spec, id={name!r}, title="Own", source="zoo"), "cpu")
"""


def test_a_whole_tokenizer_of_a_file_is_the_users_own_too(brought, tmp_path):
    file = written(tmp_path, OWN.format(name="own-one"))
    for _ in range(2):  # the second time it takes its own place
        assert [(spec.id, spec.source) for spec in bring_adapter(file)] == [("own-one", "user")]
    assert tokenizers.load_tokenizer("own-one").spec.title == "Own"
    with pytest.raises(AdapterError, match="has no id, which its records need"):
        bring_adapter(written(tmp_path, OWN.format(name=""), "nameless.py"))


def test_visitors_who_bring_many_do_not_push_out_what_an_adapter_brought(brought):
    (own,) = bring_adapter(ROOT / "assets" / "my_adapter.py")
    many = [replace(own, id=f"file--{number}", source="file") for number in range(tokenizers.BROUGHT_KEPT + 3)]
    for spec in many:
        tokenizers.bring(spec, lambda device: None)
    left = {spec.id for spec in tokenizers.brought_tokenizers()}
    assert own.id in left and {spec.id for spec in many[3:]} <= left and not {spec.id for spec in many[:3]} & left
