"""Long sounds in parts: the codes and the decode are those of the whole sound, whatever the parts and the blocks.

The oracle goes through encoder, quantizer and decoder of the model at once, and knows of no parts.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from small_media import SMALL_MEDIA, media_tokenizer, noise

from explorer.__main__ import main
from explorer.media.sounds.audio import fit_audio, load_audio
from explorer.media.sounds.blocks import resampled_blocks, sound_blocks
from explorer.tokenizers import load_tokenizer, parts
from tests.shipped import shipped_ids

SOUNDS = [name for name in SMALL_MEDIA if name.startswith("sound")]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    root = tmp_path_factory.mktemp("sounds")
    return {name: media_tokenizer(name, root) for name in SOUNDS}


def whole(tokenizer, sound):
    """Codes (T, Q) and decode (S, 1), by the model alone."""
    model = tokenizer._codec.model
    with torch.inference_mode():
        output = model.quantizer(model.encode(torch.from_numpy(sound.T[None].copy())))
        return output.indices[0].numpy(), model.decode(output.z_q)[0].numpy().T


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("part", [7, 50])
def test_parts_give_what_the_whole_gives(small, name, part, monkeypatch):
    monkeypatch.setattr(parts, "PART", part)
    monkeypatch.setattr(parts.spans, "__defaults__", (part,))
    tokenizer = small[name]
    sound = noise(tokenizer.spec.downsampling * 333)
    codes, decoded = whole(tokenizer, sound)
    assert parts.goes_in_parts(tokenizer._codec, 333)
    record = tokenizer.tokenize(sound)
    np.testing.assert_array_equal(np.stack([level.indices for level in record.levels], -1), codes)
    np.testing.assert_allclose(record.reconstruction, decoded, atol=1e-5)
    np.testing.assert_allclose(tokenizer.detokenize(list(codes.T)), decoded, atol=1e-5)
    np.testing.assert_array_equal(np.stack([level.indices for level in tokenizer.encode([sound])[0]], -1), codes)


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("block", [1, 997, 100_000])
def test_a_stream_of_blocks_of_any_length_gives_what_the_whole_gives(small, name, block):
    tokenizer, hop = small[name], small[name].spec.downsampling
    if block == 1 and name != SOUNDS[0]:
        pytest.skip("sample by sample once is enough")
    sound = noise(hop * (60 if block == 1 else 1200) - 13)
    filled = np.pad(sound, ((0, 13), (0, 0)))
    codes, decoded = whole(tokenizer, filled)
    found = list(tokenizer.stream_codes(sound[at : at + block] for at in range(0, len(sound), block)))
    np.testing.assert_array_equal(np.concatenate(found), codes)
    uneven = np.split(codes, [1, 4, 50])
    made = np.concatenate(list(tokenizer.stream_sound(uneven)))
    np.testing.assert_allclose(made, decoded, atol=1e-5)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_token_less_of_context_would_not_do(small, name):
    """The first of those samples that are said to count changes the latent, and none before it does."""
    tokenizer = small[name]
    context, hop, model = tokenizer._codec.context, tokenizer.spec.downsampling, tokenizer._codec.model
    sound = noise(hop * (context + 20))
    changed = []
    with torch.inference_mode():
        first = model.encode(torch.from_numpy(sound.T[None].copy()))
        for token in range(6):
            other = sound.copy()
            other[token * hop : (token + 1) * hop] += 1
            different = (model.encode(torch.from_numpy(other.T[None].copy())) != first)[0].any(-1)
            changed.append(int(different.nonzero().max()) - token)
    assert context - 1 <= max(changed) <= context


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44_100, 16_000), (48_000, 16_000), (8_000, 16_000), (11_025, 16_000)])
def test_resampling_block_by_block_is_resampling_the_whole(from_hz, to_hz):
    from scipy.signal import resample_poly

    sound, cuts = noise(5 * from_hz // 4 + 17), np.cumsum(np.random.default_rng(0).integers(1, 3000, 40))
    blocks = [block for block in np.split(sound, cuts[cuts < len(sound)]) if len(block)]
    found = np.concatenate(list(resampled_blocks(iter(blocks), from_hz, to_hz)))
    shared = np.gcd(from_hz, to_hz)
    expected = resample_poly(sound.astype(np.float64), to_hz // shared, from_hz // shared, axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_blocks_of_a_file_are_the_sound_that_is_read_whole(tmp_path, suffix):
    path = tmp_path / f"stereo.{suffix}"
    soundfile.write(path, np.concatenate([noise(30_000), noise(30_000, seed=1)], 1) * 0.3, 22_050)
    found = np.concatenate(list(sound_blocks(path, 16_000, block_s=0.11)))
    expected = fit_audio(load_audio(path), 16_000, 1, 1, 1).samples
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.skipif("sound-vq" not in shipped_ids(), reason="no tokenizer of sound ships")
def test_the_command_streams_a_file(tmp_path, capsys):
    path, codes, decoded = (tmp_path / name for name in ("long.flac", "codes.npy", "decoded.wav"))
    soundfile.write(path, noise(16_000 * 8)[:, 0] * 0.3, 16_000)
    assert main(["stream", "sound-vq", str(path), "--codes", str(codes), "--decoded", str(decoded)]) == 0
    tokenizer = load_tokenizer("sound-vq")
    expected, made = whole(tokenizer, fit_audio(load_audio(path), 16_000, 1, tokenizer.spec.downsampling, 1).samples)
    np.testing.assert_array_equal(np.load(codes), expected)
    np.testing.assert_allclose(soundfile.read(decoded)[0], np.clip(made[:, 0], -1, 1), atol=1e-4)
    said = capsys.readouterr()
    assert "8.00 s of sound" in said.out and not said.err
    soundfile.write(path.with_suffix(".wav"), noise(16_000)[:, 0] * 1e6, 16_000, subtype="FLOAT")
    assert main(["stream", "sound-vq", str(path.with_suffix(".wav")), "--codes", str(codes)]) == 0
    assert "louder than full scale" in capsys.readouterr().err, "a whole sound would be turned down"


@pytest.mark.skipif("sound-vq" not in shipped_ids(), reason="no tokenizer of sound ships")
def test_what_cannot_be_streamed_is_said_and_nothing_is_written(tmp_path, capsys):
    path = tmp_path / "no.wav"
    for content, words in ((b"", "is empty (0 bytes)"), (b"RIFF\0\0\0\0WAVE", "cannot be read in blocks")):
        path.write_bytes(content)
        target = [str(tmp_path / "codes.npy"), "--decoded", str(tmp_path / "made.wav")]
        assert main(["stream", "sound-vq", str(path), "--codes", *target]) == 2
        assert words in capsys.readouterr().err
    soundfile.write(path, noise(800)[:, 0], 16_000)
    codes, nowhere = str(tmp_path / "codes.npy"), str(tmp_path / "nowhere")
    wrong = [
        (["vq-ema", str(path), "--codes", codes], "takes pictures, which cannot be taken in parts"),
        (["sound-vq", str(path), "--codes", codes, "--decoded", f"{nowhere}/made.wav"], "There is no folder"),
        (["sound-vq", str(path), "--codes", f"{nowhere}/codes.npy"], "There is no folder"),
        (["sound-vq", nowhere, "--codes", codes], "There is no file"),
        (["sound-vq", str(tmp_path), "--codes", codes], "is a folder"),
    ]
    for options, words in wrong:
        assert main(["stream", *options]) == 2
        assert words in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["no.wav"]


@pytest.mark.skipif("sound-vq" not in shipped_ids(), reason="no tokenizer of sound ships")
def test_memory_does_not_grow_with_the_sound():
    """Peaks of two processes; activations of the whole longer sound alone would be 400 MB more."""
    program = (
        "import sys, numpy as np\n"
        "from explorer.tokenizers import load_tokenizer\n"
        "from tests.peak_memory import peak_bytes\n"
        "one = load_tokenizer('sound-vq')\n"
        "chance, seconds = np.random.default_rng(0), int(sys.argv[1])\n"
        "blocks = (chance.normal(size=(16000, 1)).astype(np.float32) for _ in range(seconds))\n"
        "print(sum(len(s) for s in one.stream_sound(one.stream_codes(blocks))), peak_bytes())\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program, seconds], cwd=ROOT, capture_output=True, text=True, check=True)
        for seconds in ("10", "60")
    ]
    (short, low), (long, high) = ([int(word) for word in run.stdout.split()] for run in runs)
    assert (short, long) == (160_000, 960_000)
    assert high - low < 60 * 2**20
