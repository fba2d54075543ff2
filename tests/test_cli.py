"""The command line, with a small tokenizer that can be checked by hand and with those that are really here."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, ModuleType

import numpy as np
import pytest
from made_codecs import made
from PIL import Image

from explorer import tokenizers
from explorer.__main__ import DELEGATED, build_parser, main
from explorer.cli.listing import table
from explorer.foundation.config import REPOSITORY
from explorer.foundation.errors import RecordError, SettingsError, UnknownIdError
from explorer.foundation.registry import unknown_id_message
from explorer.joints.files.tokens import load_tokens, save_tokens
from explorer.joints.record import Codebook, TokenLayout, TokenLevel, TokenRecord
from explorer.joints.tokenizer import Tokenizer, TokenizerSpec
from explorer.media.medium import load_medium, values
from explorer.media.pictures.image import fit, load_image
from explorer.media.samples import SAMPLES, samples_of

PATCH = 8
GREYS = np.linspace(0, 1, 16, dtype=np.float32)[:, None]  # (K, D) = (16, 1)


class GreyTokenizer(Tokenizer):
    """Each 8 x 8 patch becomes the nearest of 16 greys."""

    spec = TokenizerSpec(
        "grey", "Sixteen greys", "For tests", "image", "vq", 16, 1, 1, "single", PATCH, 0, "MIT",
        MappingProxyType({"psnr_db": 12.5}),
    )  # fmt: skip
    device = "cpu"

    def tokenize(self, media):
        rows, columns = media.shape[0] // PATCH, media.shape[1] // PATCH
        z_e = media.reshape(rows, PATCH, columns, PATCH, 3).mean(axis=(1, 3, 4)).reshape(-1, 1).astype(np.float32)
        indices = np.abs(z_e - GREYS[:, 0]).argmin(axis=1)
        layout = TokenLayout("grid2d", (rows, columns), media.shape[:2])
        level = TokenLevel(indices.reshape(rows, columns), z_e, GREYS[indices], *self.codebooks(), layout)
        decoded = self.detokenize([level.indices])
        return TokenRecord(media, "grey", (level,), decoded, {"encode": 0.0}, notes=("Sight in grey.",))

    def detokenize(self, indices):
        (grid,) = indices
        return np.repeat(GREYS[grid].repeat(PATCH, axis=0).repeat(PATCH, axis=1), 3, axis=2)

    def codebooks(self):
        return (Codebook(16, 1, "euclidean", GREYS),)

    def decode_levels(self, record, levels):
        return record.reconstruction

    def decode_alone(self, level, codes, tokens=3):
        return np.repeat(GREYS[list(codes)].reshape(-1, 1, 1, 1), 3, axis=3).repeat(PATCH, axis=1).repeat(PATCH, axis=2)

    def decode_fields(self, level, fields):
        return np.stack([self.detokenize([field]) for field in fields])


@pytest.fixture
def grey(monkeypatch):
    """The only tokenizer there is; returns the devices that were asked for."""
    devices = []

    def load(tokenizer_id: str, device: str | None = None) -> Tokenizer:
        if tokenizer_id != "grey":
            raise UnknownIdError(unknown_id_message("tokenizer", tokenizer_id, ["grey"]))
        devices.append(device)
        return GreyTokenizer()

    monkeypatch.setattr(tokenizers, "load_tokenizer", load, raising=False)
    monkeypatch.setattr(tokenizers, "list_tokenizers", lambda: [GreyTokenizer.spec], raising=False)
    return devices


@pytest.fixture
def picture(tmp_path) -> Path:
    """A picture of 3 x 2 flat patches, on greys of the codebook, as PNG."""
    codes = np.array([[0, 5, 15], [3, 3, 9]])
    pixels = np.round(GREYS[codes, 0] * 255).astype(np.uint8).repeat(PATCH, axis=0).repeat(PATCH, axis=1)
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).convert("RGB").save(path)
    return path


def one_line(capsys) -> str:
    """What went to stderr, which must be one line and no trace; nothing may have gone to stdout."""
    out, error = capsys.readouterr()
    assert out == "" and error.startswith("explorer: ") and error.count("\n") == 1 and "Traceback" not in error
    return error


def run(*arguments) -> int:
    return main([str(argument) for argument in arguments])


def test_list_is_a_table(grey, capsys):
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "codes", "a", "token", "title"]
    assert lines[1].split() == ["grey", "16", "8", "x", "8", "pixels", "Sixteen", "greys"] and len(lines) == 2


@pytest.mark.parametrize(("changes", "words"), [
    ({"modality": "audio", "downsampling": 1920, "layout": "sequence"}, "1,920 samples"),
    ({"modality": "video", "downsampling": 8, "layout": "grid3d", "time_step": 4}, "4 x 8 x 8 pixels"),
    ({"layout": "set1d"}, "no place"),
])  # fmt: skip
def test_list_says_what_a_token_stands_for(grey, changes, words):
    spec = tokenizers.list_tokenizers()[0]
    assert words in table([replace(spec, **changes)]).splitlines()[1]


def test_list_as_markdown(grey, monkeypatch, capsys):
    """By hand: log2(16) bits for 8 x 8 pixels is 0.0625; what was not measured is said so. Broken ones are named."""
    monkeypatch.setattr(tokenizers, "broken_tokenizers", lambda: {"x": "x has no config"})
    assert run("list", "--markdown") == 0
    out, error = capsys.readouterr()
    head, _, row = out.splitlines()
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["`grey`", "Sixteen greys", "16", "0.062", "12.50"]
    assert set(cells[5:]) == {"not measured"} and head.count("|") == row.count("|")
    assert error == "left out: x has no config\n"


def test_list_as_json(grey, capsys):
    assert run("list", "--json") == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["id"] == "grey" and entry["codebook_size"] == 16 and entry["measured"] == {"psnr_db": 12.5}
    assert set(entry) == set(TokenizerSpec.__dataclass_fields__)


def test_list_with_nothing_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(tokenizers, "list_tokenizers", lambda: [], raising=False)
    assert run("list") == 0 and "train NAME" in capsys.readouterr().out
    assert run("list", "--json") == 0 and json.loads(capsys.readouterr().out) == []


def test_tokenize_and_detokenize_give_the_picture_back(grey, picture, tmp_path, capsys):
    assert run("tokenize", "grey", picture, "--out", tmp_path / "t.npz", "--device", "cpu") == 0
    out, error = capsys.readouterr()
    # 6 tokens of 4 bits over 24 x 16 pixels; codes 0, 5, 9 and 15 once, 3 twice.
    assert "6 tokens of grey for 24 x 16 pixels; 24 bits at log2(K) (0.062 a pixel)" in out
    empirical = 4 * np.log2(6) + 2 * np.log2(3)
    assert f"{empirical:,.0f} at their own entropy ({empirical / (24 * 16):.3f} a pixel)" in out
    assert error == "note: Sight in grey.\n"
    tokens = load_tokens(tmp_path / "t.npz")
    assert tokens.indices[0].tolist() == [[0, 5, 15], [3, 3, 9]] and tokens.tokenizer_id == "grey"
    assert run("detokenize", tmp_path / "t.npz", "--out", tmp_path / "back.png") == 0
    assert "24 x 16 pixels from 6 tokens" in capsys.readouterr().out
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "back.png")), np.asarray(Image.open(picture)))
    assert grey == ["cpu", None]


@pytest.mark.parametrize(
    ("name", "out", "off"), [("tones", "d.wav", 1 / 65536), ("rates", "d.wav", 1 / 65536), ("blocks", "d.mp4", 0.03)]
)
def test_sounds_and_clips_there_and_back(name, out, off, tmp_path, capsys):
    adapter = ("--adapter", Path(__file__).with_name("made_adapter.py"))
    spec, tokens = made(name).spec, tmp_path / "t.npz"
    sample = next(iter(samples_of(spec.modality)))
    assert run("tokenize", spec.id, f"sample:{sample}", "--out", tokens, *adapter) == 0
    said = capsys.readouterr().out
    assert ("kbit/s" in said) == (spec.modality == "audio") and "tokens of made-" in said
    assert run("detokenize", tokens, "--out", tmp_path / out, *adapter) == 0
    decoded, file = load_medium(tmp_path / out), load_tokens(tokens)
    expected = made(name).detokenize(file.indices)
    rate = decoded.sample_rate_hz if spec.modality == "audio" else decoded.frames_per_second
    assert rate == pytest.approx(file.rate) and values(decoded).shape == expected.shape
    assert np.abs(values(decoded) - expected.clip(-1, 32767 / 32768)).mean() <= off
    assert run("tokenize", spec.id, "sample:coffee", "--out", tokens, *adapter) == 2
    assert "this is a picture" in one_line_after(capsys)


def one_line_after(capsys):
    """The last line on stderr, after what was said before."""
    return capsys.readouterr().err.splitlines()[-1]


def test_a_sample_and_its_notes(grey, tmp_path, capsys):
    assert run("tokenize", "grey", "sample:chelsea", "--out", tmp_path / "t.npz") == 0
    tokens = load_tokens(tmp_path / "t.npz")
    assert tokens.levels[0].layout.shape == (37, 56)  # 300 // 8, 451 // 8
    assert tokens.notes[0].startswith("Cropped") and tokens.notes[1] == "Sight in grey."
    assert capsys.readouterr().err.splitlines() == [f"note: {note}" for note in tokens.notes]
    expected = GreyTokenizer().tokenize(fit(SAMPLES["chelsea"].load(), 8, 1024).pixels)
    np.testing.assert_array_equal(tokens.indices[0], expected.levels[0].indices)


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_text_files_by_suffix(grey, picture, suffix, tmp_path):
    path = tmp_path / f"t.{suffix}"
    assert run("tokenize", "grey", picture, "--out", path) == 0
    if suffix == "json":
        assert json.loads(path.read_text())["indices"] == [[[0, 5, 15], [3, 3, 9]]]
    else:
        codes = [int(line.split(",")[4]) for line in path.read_text().splitlines()[1:]]
        assert codes == [0, 5, 15, 3, 3, 9]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tokenize", "gray", "{picture}", "--out", "{folder}/t.npz"), "Did you mean 'grey'"),
        (("tokenize", "grey", "{folder}/none.png", "--out", "{folder}/t.npz"), "There is no file"),
        (("tokenize", "grey", "{folder}", "--out", "{folder}/t.npz"), "not a file"),
        (("tokenize", "grey", "{folder}/notes.txt", "--out", "{folder}/t.npz"), "not a picture"),
        (("tokenize", "grey", "sample:astronuat", "--out", "{folder}/t.npz"), "Did you mean 'astronaut'"),
        (("tokenize", "grey", "{picture}", "--out", "{folder}/t.pt"), ".npz, .json or .csv"),
        (("tokenize", "grey", "{picture}", "--out", "{folder}/none/t.npz"), "cannot write"),
        (("detokenize", "{folder}/none.npz", "--out", "{folder}/p.png"), "no token file"),
        (("detokenize", "{picture}", "--out", "{folder}/p.png"), "not a token file"),
        (("detokenize", "{folder}/good.npz", "--out", "{folder}/p.jpg"), "does not end in .png"),
        (("detokenize", "{folder}/good.npz", "--out", "{folder}/none/p.png"), "cannot write"),
    ],
)
def test_mistakes_give_one_line_code_2_and_no_file(grey, picture, arguments, words, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("hello")
    save_tokens(tmp_path / "good.npz", GreyTokenizer().tokenize(load_image(picture).pixels))
    before = sorted(tmp_path.iterdir())
    assert run(*(argument.format(picture=picture, folder=tmp_path) for argument in arguments)) == 2
    assert words in one_line(capsys)
    assert sorted(tmp_path.iterdir()) == before


def test_a_wrong_out_is_found_before_the_work(grey, tmp_path, capsys):
    assert run("tokenize", "grey", "sample:coffee", "--out", tmp_path / "t.bin") == 2
    assert run("detokenize", tmp_path / "none.npz", "--out", tmp_path / "p.gif") == 2
    assert grey == [] and capsys.readouterr().out == ""


def test_what_a_tokenizer_refuses_reaches_the_person(grey, picture, tmp_path, monkeypatch, capsys):
    def refuse(self, indices):
        raise RecordError("codes reach to 99, the codebook has 16")

    save_tokens(tmp_path / "t.npz", GreyTokenizer().tokenize(load_image(picture).pixels))
    monkeypatch.setattr(GreyTokenizer, "detokenize", refuse)
    assert run("detokenize", tmp_path / "t.npz", "--out", tmp_path / "p.png") == 2
    assert one_line(capsys) == "explorer: codes reach to 99, the codebook has 16\n"


def test_ctrl_c_is_130(picture, tmp_path, monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(tokenizers, "load_tokenizer", interrupted, raising=False)
    assert run("tokenize", "grey", picture, "--out", tmp_path / "t.npz") == 130
    assert one_line(capsys) == "explorer: stopped.\n"
    assert not (tmp_path / "t.npz").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["tokenize", "grey"], ["tokenize", "grey", "a.png"], ["list", "--yaml"]]
)
def test_a_wrong_line_shows_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2 and "usage: python -m explorer" in capsys.readouterr().err


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


def test_list_does_not_wait_for_torch():
    code = (
        "import sys; from explorer.__main__ import main; assert main(['list', '--json']) == 0; "
        "assert not {'torch', 'gradio', 'sklearn', 'skimage'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), list)


@pytest.fixture(scope="module")
def shipped() -> str:
    """The id of the first tokenizer that is really here."""
    specs = tokenizers.list_tokenizers() if hasattr(tokenizers, "list_tokenizers") else []
    if not specs:
        pytest.skip("no trained tokenizer is here: python -m explorer train NAME makes one")
    return specs[0].id


def test_a_process_of_its_own_tokenizes_and_decodes_with_a_shipped_tokenizer(shipped, tmp_path):
    def command(*arguments):
        line = [sys.executable, "-m", "explorer", *map(str, arguments)]
        return subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True)

    made = command("tokenize", shipped, "sample:astronaut", "--out", tmp_path / "t.npz", "--device", "cpu")
    assert made.returncode == 0, made.stderr
    back = command("detokenize", tmp_path / "t.npz", "--out", tmp_path / "p.png", "--device", "cpu")
    assert back.returncode == 0, back.stderr
    tokenizer = tokenizers.load_tokenizer(shipped, device="cpu")
    record = tokenizer.tokenize(fit(SAMPLES["astronaut"].load(), tokenizer.spec.downsampling, 1024).pixels)
    for stored, level in zip(load_tokens(tmp_path / "t.npz").indices, record.levels, strict=True):
        assert np.mean(stored == level.indices) > 0.999  # threads may round a tie apart
    decoded = load_image(tmp_path / "p.png").pixels
    assert np.abs(decoded - record.reconstruction).mean() < 1 / 255


def test_a_mistake_in_a_process_of_its_own(tmp_path):
    line = [sys.executable, "-m", "explorer", "detokenize", "none.npz", "--out", str(tmp_path / "p.png")]
    done = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("explorer: There is no token file 'none.npz'") and done.stderr.count("\n") == 1
