"""Tokenizers of others on the command line: --hub and --checkpoint, plan, and the list of known ones."""

import json
import subprocess
import sys
from pathlib import Path

import made_format
import numpy as np
import pytest
import torch
from fake_hub import Repository, serving
from PIL import Image
from safetensors.torch import save

from explorer import tokenizers
from explorer.__main__ import main
from explorer.joints.files.tokens import load_tokens
from explorer.loading.planning import plan
from explorer.loading.recognition import recognise
from explorer.public import FORMATS
from explorer.public.catalogue import known_for, known_in, known_tokenizers
from explorer.public.header import Header, TensorInfo


@pytest.fixture
def checkpoint(made, set_settings, tmp_path):
    set_settings()
    torch.save({"state_dict": made_format.state(), "epoch": 3}, tmp_path / "last.ckpt")
    return tmp_path / "last.ckpt"


@pytest.fixture
def picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def run(*arguments):
    return main([str(argument) for argument in arguments])


def refused(capsys, *arguments):
    """Exit code 2, and the one line that says why."""
    capsys.readouterr()
    assert run(*arguments) == 2
    out, error = capsys.readouterr()
    assert out == "" and "Traceback" not in error and error.splitlines()[-1].startswith("explorer: ")
    return error.splitlines()[-1]


def test_a_file_tokenizes_and_detokenizes(checkpoint, picture, tmp_path, capsys):
    assert run("tokenize", "--checkpoint", checkpoint, picture, "--out", tmp_path / "t.npz", "--device", "cpu") == 0
    out, error = capsys.readouterr()
    assert (
        "24 tokens of file--last-" in out
        and f"{checkpoint}: Made format, 0.0 M parameters, licence: not stated" in error
    )
    pixels = np.asarray(Image.open(picture), np.float32) / 255
    indices, decoded = made_format.answer(made_format.state(), pixels)
    tokens = load_tokens(tmp_path / "t.npz")
    assert np.array_equal(tokens.indices[0], indices) and tokens.tokenizer_id == plan(str(checkpoint)).id
    tokenizers.forget(tokens.tokenizer_id)
    assert run("detokenize", tmp_path / "t.npz", "--checkpoint", checkpoint, "--out", tmp_path / "back.png") == 0
    back = np.asarray(Image.open(tmp_path / "back.png"), np.float32)
    assert np.abs(back - decoded * 255).max() <= 0.51
    tokenizers.forget(tokens.tokenizer_id)
    words = refused(capsys, "detokenize", tmp_path / "t.npz", "--out", tmp_path / "x.png")
    assert "There is no tokenizer" in words and "with --hub or --checkpoint" in words


def test_options_may_stand_anywhere(checkpoint, picture, tmp_path, capsys):
    for order in (
        ["--out", tmp_path / "a.npz", picture, f"--checkpoint={checkpoint}"],
        [picture, "--device", "cpu", "--checkpoint", checkpoint, "--out", tmp_path / "b.npz"],
    ):
        assert run("tokenize", *order) == 0
    assert np.array_equal(load_tokens(tmp_path / "a.npz").indices[0], load_tokens(tmp_path / "b.npz").indices[0])


def test_one_of_two_sets_of_weights_is_chosen(checkpoint, picture, tmp_path, capsys):
    raw, averaged = made_format.state(seed=1), made_format.state(seed=2)
    torch.save({"model": raw, "ema": averaged}, checkpoint)
    pixels = np.asarray(Image.open(picture), np.float32) / 255
    for chosen, tensors in ((["--weights", "averaged"], averaged), (["--weights", "raw"], raw), ([], raw)):
        line = ["tokenize", "--checkpoint", checkpoint, *chosen, picture, "--out", tmp_path / "t.npz"]
        assert run(*line) == 0
        used = "averaged" if tensors is averaged else "raw"
        assert f"('model') are in this file; the {used} ones are used." in capsys.readouterr().err
        assert np.array_equal(load_tokens(tmp_path / "t.npz").indices[0], made_format.answer(tensors, pixels)[0])
    assert run("plan", checkpoint, "--weights", "averaged", "--json") == 0
    assert json.loads(capsys.readouterr().out)["weights"] == "averaged; raw ones are there, too"
    torch.save({"model": raw}, checkpoint)
    assert "no averaged ones lie beside it" in refused(capsys, "plan", checkpoint, "--weights", "averaged")
    line = ["tokenize", "vq-ema", "sample:coffee", "--out", tmp_path / "t.npz", "--weights", "raw"]
    assert "--weights goes with --hub or --checkpoint" in refused(capsys, *line)


def test_a_repository_of_the_hub(made, set_settings, picture, tmp_path, monkeypatch, capsys):
    set_settings()
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    files = {"config.json": b"{}", "model.safetensors": save(made_format.state()), "modeling.py": b""}
    with serving({"someone/made": Repository(files, {"license": "mit"})}) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        assert run("tokenize", "--hub", "someone/made@main", picture, "--out", tmp_path / "t.npz") == 0
        error = capsys.readouterr().err
        assert "explorer: someone/made@main: Made format" in error and "licence: mit, 0 MB to fetch" in error
        assert "note: Code of the repository was neither fetched nor run: modeling.py." in error
        assert run("plan", "someone/made", "--json") == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts["licence"] == "mit" and facts["to_fetch"] == "nothing" and facts["format"] == "Made format"
        assert "no public model repository" in refused(capsys, "plan", "hub:someone/else")


def test_an_audit_and_a_comparison(checkpoint, picture, tmp_path, capsys):
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture.rename(folder / "picture.png")
    assert run("audit", "--checkpoint", checkpoint, folder, "--out", tmp_path / "audit", "--device", "cpu") == 0
    assert "24 tokens of 1 of 1 medium" in capsys.readouterr().out
    torch.save(made_format.state(seed=1), tmp_path / "other.pt")
    both = ["--checkpoint", checkpoint, "--checkpoint", tmp_path / "other.pt"]
    line = ["compare", *both, folder / "picture.png", "--out", tmp_path / "compare", "--repeats", 1, "--device", "cpu"]
    assert run(*line, "--maps", 0) == 0
    out = capsys.readouterr().out
    assert "file--last-" in out and "file--other-" in out


def test_what_does_not_go_together_is_said(checkpoint, picture, tmp_path, capsys):
    both = ["--checkpoint", checkpoint, "--checkpoint", checkpoint]
    assert "one tokenizer" in refused(capsys, "tokenize", *both, picture, "--out", tmp_path / "t.npz")
    assert "from 2 to 8" in refused(capsys, "compare", "--checkpoint", checkpoint, picture, "--out", tmp_path / "c")
    numbers = tmp_path / "x.npy"
    np.save(numbers, np.zeros(3, int))
    line = ["audit", "--checkpoint", checkpoint, "--indices", numbers, "--codebook-size", 3, "--out", tmp_path / "a"]
    assert "--indices goes without a tokenizer" in refused(capsys, *line)
    assert "There is no file" in refused(capsys, "plan", "file:/nowhere/x.ckpt")
    assert "neither a file here nor a Hub repository" in refused(capsys, "plan", "/nowhere/x.ckpt")


def test_a_harmful_file_is_one_line(picture, tmp_path, capsys):
    (tmp_path / "x.ckpt").write_bytes(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00echo\x85R.")
    message = refused(capsys, "tokenize", "--checkpoint", tmp_path / "x.ckpt", picture, "--out", tmp_path / "t.npz")
    assert "asks for os.system" in message and not (tmp_path / "t.npz").exists()


def test_plan_says_what_a_file_is(checkpoint, capsys):
    assert run("plan", checkpoint) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["format"] == "Made format" and lines["parameters"] == "568" and lines["licence"] == "not stated"
    assert tokenizers.brought_tokenizers() == []


def test_the_list_of_known_ones(capsys):
    assert run("list", "--known") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(known_tokenizers()) + 2 and lines[0].startswith("--hub")
    assert "from memory" in lines[-1]  # what is not read anywhere is said to be so
    assert any(line.startswith("facebook/encodec_24khz") and "19.1 M" in line for line in lines)
    assert run("list", "--known", "--json") == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["id"] for entry in entries] == [one.id for one in known_tokenizers()]


# What must be there, whatever else is.
NAMED = (
    *("encodec-24khz", "encodec-32khz", "encodec-48khz", "dac-16khz", "dac-24khz", "dac-44khz", "mimi"),
    *("xcodec-librispeech", "xcodec2", "neucodec", "wav2vec2-base", "chameleon", "janus-pro", "emu3", "flava"),
    *("vqgan-f16-1024", "vqgan-f16-16384", "vqgan-gumbel-f8", "ldm-vq-f4", "ldm-vq-f8", "llamagen-ds16"),
    *("llamagen-ds8", "janus", "chameleon-original", "ibq-16384", "var", "rq-vae", "maskgit-vqgan", "open-magvit2-256"),
    *("simvq", "amused-vq", "openai-dvae", "titok-l32", "vit-vqgan-base", "bsq-vit", "snac-24khz", "speechtokenizer"),
    *("wavtokenizer-small-40", "cosmos-di16x16", "cosmos-dv8x16x16"),
)


def test_every_public_tokenizer_that_is_promised_is_listed():
    ids = [one.id for one in known_tokenizers()]
    assert len(ids) == len(set(ids)) and set(NAMED) <= set(ids)
    sources = [one.source.lower() for one in known_tokenizers() if one.source]
    assert len(sources) == len(set(sources))
    for one in known_tokenizers():
        assert one.title and one.licence and one.trained_on and one.facts and one.home.startswith("https://")
        assert one.memory_bytes == (None if one.parameters is None else 4 * one.parameters)
        assert not one.published or one.published_on
        if one.source:
            repository, _, inside = one.source.replace("/", "\0", 1).partition("/")
            assert known_for(repository.replace("\0", "/"), inside) is one
            assert one in known_in(repository.replace("\0", "/"))


def test_every_known_one_is_of_a_format_that_reads_it():
    for one in known_tokenizers():
        assert one.format in FORMATS, f"{one.id}: {one.format}"
        assert FORMATS.load(one.format).modality == one.modality


GOLDENS = Path(__file__).parent.parent / "public" / "goldens"
COUNTED = {  # names and shapes of the originals at their published configurations -> id of the list
    "vqgan_f16_1024": "vqgan-f16-1024", "vqgan_f16_16384": "vqgan-f16-16384", "vqgan_gumbel_f8": "vqgan-gumbel-f8",
    "ldm_vq_f4": "ldm-vq-f4", "ldm_vq_f8": "ldm-vq-f8", "chameleon": "chameleon-original", "ibq_16384": "ibq-16384",
    "llamagen_vq_ds16": "llamagen-ds16", "llamagen_vq_ds8": "llamagen-ds8", "var_ch160v4096z32": "var",
    "open_magvit2_256_L": "open-magvit2-256", "rqvae_8x8x4": "rq-vae", "maskgit_vqgan": "maskgit-vqgan",
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_sizes_of_the_list_are_those_of_the_originals(name):
    with np.load(GOLDENS / "convvq_published.npz") as arrays:
        shapes = json.loads(str(arrays[f"{name}_shapes"]))
    found = recognise(Header(Path("x"), "torch", {key: TensorInfo(tuple(shape)) for key, shape in shapes.items()}))
    one = next(one for one in known_tokenizers() if one.id == COUNTED[name])
    assert (found.format_id, found.spec.parameters) == (one.format, one.parameters)


def test_help_needs_no_torch():
    code = (
        "import sys; from explorer.__main__ import main\n"
        "try: main(['tokenize', '--help'])\nfinally: print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert "--hub ID[@REVISION]" in said and said.splitlines()[-1] == "False"
