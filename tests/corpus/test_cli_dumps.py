"""`tokenize FOLDER` and `detokenize DUMP` at the command line."""

import json
import os
import re
import signal
import zipfile

import numpy as np
import pytest
from PIL import Image

from explorer import tokenizers
from explorer.__main__ import main
from explorer.audit import batches, beside
from explorer.dumps.writing import formats
from explorer.media.medium import fit_medium, values
from explorer.media.pictures.image import fit, load_image, png_bytes
from explorer.media.sounds.audio import load_audio, wav_bytes
from tests.corpus.whole_folders import DecodingGrey, bytes_of, picture_folder
from tests.made_codecs import made


def run(*arguments):
    return main([str(one) for one in arguments])


@pytest.fixture
def grey(monkeypatch):
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda tokenizer_id, device=None: DecodingGrey())


@pytest.fixture
def few(tmp_path):
    return picture_folder(tmp_path / "in", 4)


def sound_folder(root, tokenizer):
    root.mkdir()
    chance = np.random.default_rng(0)
    for number, length in enumerate((800, 400, 800)):
        sound = 0.3 * chance.standard_normal((length, 1)).astype(np.float32)
        (root / f"{number}.wav").write_bytes(wav_bytes(sound, tokenizer.spec.sample_rate_hz))


def test_a_folder_becomes_a_dump_and_says_how_to_count_it(grey, few, tmp_path, capsys):
    (tmp_path / "in" / "notes.txt").write_text("notes")
    out = tmp_path / "out"
    assert run("tokenize", "grey", tmp_path / "in", "--out", out, "--format", "jsonl") == 0
    said, told = capsys.readouterr()
    tokens = 2 * (4 * 6 + 6 * 4 + 4 * 4 + 4 * 6)
    assert said.startswith(
        f"{out}: {tokens} tokens of 4 of 5 media, 1 skipped; 1 file (jsonl, int16) and manifest.json"
    )
    assert "audit --indices DUMP --axes q,h,w --codebook-size 16,5" in said
    assert "skipped notes.txt: This file is not a picture" in told
    assert "2 of 4 pictures were encoded together, in 1 batch; 2 alone: no other of their size" in told
    assert "5 of 5 media" in told
    hint = re.search(r"--indices DUMP (.*)", said).group(1).split()
    assert run("audit", "--indices", out, *hint, "--out", tmp_path / "audit") == 0
    assert f"{tokens // 2} tokens of 4 media" in capsys.readouterr().out


def test_ids_are_told(grey, few, tmp_path, capsys):
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "o", "--offset", 32_000, "--tags") == 0
    said = capsys.readouterr().out
    assert "codes from 32,000, 32,016 (level by level)" in said and "begin of a medium 32,021, end 32,022" in said
    assert "needs 32,023 entries" in said and "audit --indices" not in said


@pytest.mark.parametrize("more", [[], ["--format", "webdataset"], ["--offset", 500, "--tags", "--format", "jsonl"]])
def test_a_medium_of_a_dump_decodes_as_its_tokens_do(more, grey, few, tmp_path, capsys):
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "out", *more) == 0
    for wanted, path in (("002.png", few[2]), ("1", few[1])):
        assert run("detokenize", tmp_path / "out", "--medium", wanted, "--out", tmp_path / "back.png") == 0
        record = DecodingGrey().tokenize(fit(load_image(path), 8, 1024).pixels)
        decoded = DecodingGrey().detokenize([level.indices for level in record.levels])
        assert (tmp_path / "back.png").read_bytes() == png_bytes(decoded)
    assert "001.png from 48 tokens of grey" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["tones", "rates"])
@pytest.mark.parametrize("format", ["npy", "jsonl"])
def test_sounds_with_levels_of_one_rate_and_of_their_own(name, format, tmp_path, monkeypatch, capsys):
    tokenizer = made(name)
    monkeypatch.setattr(tokenizers, "load_tokenizer", lambda tokenizer_id, device=None: tokenizer)
    sound_folder(tmp_path / "in", tokenizer)
    assert run("tokenize", "made", tmp_path / "in", "--out", tmp_path / "out", "--format", format) == 0
    assert run("detokenize", tmp_path / "out", "--medium", "1.wav", "--out", tmp_path / "back.wav") == 0
    given = values(fit_medium(load_audio(tmp_path / "in" / "1.wav"), tokenizer.spec, 1024))
    (levels,) = tokenizer.encode([given])
    decoded = tokenizer.detokenize([level.indices for level in levels])
    assert (tmp_path / "back.wav").read_bytes() == wav_bytes(decoded, tokenizer.spec.sample_rate_hz)
    even = len({level.layout.shape for level in levels}) == 1
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["axes"] == ("q,t" if even else "t")
    assert ("--indices DUMP" in capsys.readouterr().out) == even


def test_ctrl_c_keeps_whole_shards_and_the_same_command_goes_on(grey, tmp_path, capsys, monkeypatch):
    picture_folder(tmp_path / "in", 90)
    line = ["tokenize", "grey", tmp_path / "in", "--out", tmp_path / "out", "--shard-files", 64, "--format", "jsonl"]
    encode, done, sent = batches.encode_group, [], []
    monkeypatch.setattr(batches, "STRETCH_PIXELS", 8 * 32 * 48)

    def interrupted(tokenizer, media):
        done.extend(media)
        if len(done) > 66 and not sent:  # in the second shard, after the 64 of the first
            sent.append(os.kill(os.getpid(), signal.SIGINT))
        return encode(tokenizer, media)

    with monkeypatch.context() as patched:
        for module in (batches, beside):  # one after the other, and beside each other
            patched.setattr(module, "encode_group", interrupted)
        assert run(*line) == 130
    assert "Whole shards are kept" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").glob("*.jsonl")] == ["tokens-00000.jsonl"]
    assert run(*line) == 0 and run(*line[:4], tmp_path / "whole", *line[5:]) == 0
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "whole")


def test_a_zip_and_the_samples_are_folders_too(grey, few, tmp_path):
    with zipfile.ZipFile(tmp_path / "few.zip", "w") as archive:
        for path in few:
            archive.write(path, path.name)
    assert run("tokenize", "grey", tmp_path / "few.zip", "--out", tmp_path / "a") == 0
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "b") == 0
    for path in (tmp_path / "a").glob("*.npy"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert run("tokenize", "grey", "sample:all", "--out", tmp_path / "c", "--side", 32) == 0
    assert json.loads((tmp_path / "c" / "manifest.json").read_text())["fitting"]["longest_side_px"] == 32


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--format", "tar"], "no format of a token dump 'tar'.*webdataset"),
        (["--dtype", "int8"], "no --dtype 'int8'"),
        (["--offset", 32_760, "--dtype", "int16"], "highest id is 32,780, and int16 ends at 32,767"),
        (["--offset", -1], "0 or more, not -1"),
        (["--shard-files", 100], "multiple of 64"),
        (["--crop", 30], "multiples of 8: not 30"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(more, words, grey, few, tmp_path, capsys):
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "out", *more) == 2
    assert re.search(words, capsys.readouterr().err) and not (tmp_path / "out").exists()


def test_places_that_cannot_be(grey, few, tmp_path, capsys):
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "in" / "out") == 2
    assert "lies in the folder of the media" in capsys.readouterr().err
    assert run("tokenize", "grey", tmp_path / "in", "--out", few[0]) == 2
    assert "is a file; many media become a folder" in capsys.readouterr().err
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "t.npz") == 2
    assert "--out t.npz names a token file" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert run("tokenize", "grey", tmp_path / "empty", "--out", tmp_path / "out") == 2
    assert "no files in the folder" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_missing_package_is_named(grey, few, tmp_path, capsys, monkeypatch):
    def missing(_):
        raise ImportError("No module named 'pyarrow'", name="pyarrow")

    monkeypatch.setattr(formats.Registry, "load", lambda self, key: missing(key))
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "out", "--format", "parquet") == 2
    assert "pip install pyarrow" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_what_cannot_be_decoded_is_said(grey, few, tmp_path, capsys):
    few[3].write_text("no picture")
    out = tmp_path / "out"
    assert run("tokenize", "grey", tmp_path / "in", "--out", out, "--format", "jsonl") == 0
    capsys.readouterr()
    cases = [
        ([], "Name one with --medium"),
        (["--medium", "02.png"], "no medium '02.png' among the 3 of 'out'. Did you mean '002.png'?"),
        (["--medium", "003.png"], "'003.png' was skipped when the dump was made"),
    ]
    for more, words in cases:
        assert run("detokenize", out, *more, "--out", tmp_path / "x.png") == 2
        assert words in capsys.readouterr().err
    text = (out / "tokens-00000.jsonl").read_text()
    (out / "tokens-00000.jsonl").write_text(text.replace('"002.png"', '"992.png"'))
    assert run("detokenize", out, "--medium", "002.png", "--out", tmp_path / "x.png") == 2
    assert "not as it was written: its SHA-256" in capsys.readouterr().err
    (out / "tokens-00000.jsonl").unlink()
    assert run("detokenize", out, "--medium", "002.png", "--out", tmp_path / "x.png") == 2
    assert "missing or cut short" in capsys.readouterr().err
    assert run("detokenize", tmp_path / "in", "--medium", "1", "--out", tmp_path / "x.png") == 2
    assert "is no dump that `tokenize` wrote" in capsys.readouterr().err
    assert run("detokenize", few[0], "--medium", "1", "--out", tmp_path / "x.png") == 2
    assert "--medium names one of a dump" in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


def test_one_file_is_a_token_file_as_ever_and_takes_a_crop(grey, few, tmp_path, capsys):
    assert run("tokenize", "grey", few[0], "--out", tmp_path / "t.npz", "--crop", 16) == 0
    assert "for 16 x 16 pixels" in capsys.readouterr().out
    assert run("detokenize", tmp_path / "t.npz", "--out", tmp_path / "t.png") == 0
    assert Image.open(tmp_path / "t.png").size == (16, 16)


def test_a_folder_that_is_not_there_is_named_and_not_the_out(tmp_path, capsys):
    assert run("tokenize", "grey", tmp_path / "none", "--out", tmp_path / "dump") == 2
    assert f"There is no file or folder '{tmp_path / 'none'}'" in capsys.readouterr().err
    assert not (tmp_path / "dump").exists()


def test_codes_of_another_revision_are_not_decoded_by_this_one(grey, few, tmp_path, capsys):
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "o") == 0
    manifest = json.loads((tmp_path / "o" / "manifest.json").read_text())
    back = ("detokenize", tmp_path / "o", "--medium", "0", "--out", tmp_path / "back.png")

    def changed(**facts):
        text = json.dumps(manifest | {"tokenizer": manifest["tokenizer"] | facts})
        (tmp_path / "o" / "manifest.json").write_text(text)
        capsys.readouterr()
        return run(*back), capsys.readouterr().err

    assert changed() == (0, "")
    (tmp_path / "back.png").unlink()
    code, said = changed(codebooks="0" * 64, revision="sha256:old")
    assert code == 2 and "of grey with other codebooks (revision sha256:old)" in said
    assert not (tmp_path / "back.png").exists()
    code, said = changed(revision="sha256:old")
    assert code == 0 and said.startswith("note: made by revision sha256:old, decoded by ")


def test_a_tokenizer_that_is_not_here_is_no_damage_of_the_dump(grey, few, tmp_path, capsys, monkeypatch):
    assert run("tokenize", "grey", tmp_path / "in", "--out", tmp_path / "o") == 0
    monkeypatch.undo()
    capsys.readouterr()
    assert run("detokenize", tmp_path / "o", "--medium", "0", "--out", tmp_path / "back.png") == 2
    assert capsys.readouterr().err.startswith("explorer: There is no tokenizer 'grey'.")
