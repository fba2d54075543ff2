"""A user's tokenizer is tried when it is read: a wrong range of pixels, clipped decodes, a decoder that fails."""

import numpy as np
import pytest
import torch
from torch import nn

from explorer import tokenizers
from explorer.__main__ import main
from explorer.foundation.errors import AdapterError
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.user.adapter import adapt, attach, bring_adapter

THREE = torch.tensor([[-1.0], [0.0], [1.0]])
SHADES = np.repeat(np.float32([0, 128 / 255, 1]), 8)[None, :, None].repeat(8, 0).repeat(3, 2)  # (8, 24, 3)


def mean(media):
    """(B, 3, H, W) -> (B, 1, H / 8, W / 8)."""
    return nn.functional.avg_pool2d(media, 8).mean(1, keepdim=True)


def painted(latents):
    """(B, 1, h, w) -> (B, 3, 8 h, 8 w)."""
    return latents.repeat_interleave(8, 2).repeat_interleave(8, 3).expand(-1, 3, -1, -1)


def by_hand(codes):
    return painted(THREE[codes].movedim(-1, 1))


def nearest(media):
    return (mean(media)[:, None] - THREE[:, :, None, None]).square().sum(2).argmin(1)


def ready(codec):
    return AdaptedTokenizer(codec, codec.spec, "cpu")


MADE = {
    "attach": lambda **more: attach(mean, painted, codebook=THREE, downsampling=8, **more),
    "adapt": lambda **more: adapt(nearest, by_hand, codebook=THREE, downsampling=8, **more),
}


@pytest.mark.parametrize("way", MADE)
def test_the_right_range_gives_all_three_codes_and_no_word(way):
    tokenizer = ready(MADE[way](pixel_range=(-1, 1)))
    record = tokenizer.tokenize(SHADES)
    assert record.levels[0].indices.tolist() == [[0, 1, 2]]
    assert tokenizer.spec.warnings == () and not any("pixel_range" in note for note in record.notes)
    np.testing.assert_allclose(record.reconstruction[0, ::8, 0], [0, 0.5, 1])


@pytest.mark.parametrize("way", MADE)
def test_the_wrong_range_is_said_with_the_likely_one(way):
    """Pixels from 0 to 1 never come near -1, and grey is as near to white."""
    tokenizer = ready(MADE[way]())
    record = tokenizer.tokenize(SHADES)
    assert record.levels[0].indices.tolist() == [[1, 2, 2]]
    (words,) = tokenizer.spec.warnings
    assert "black, grey and white get 2 different codes; code 0 of 3 never occurs on them" in words
    count = 3 * 2 * 64 * 72  # both pictures that were tried, all colours
    assert f"0 of {count:,} decoded values lie outside 0 to 1 and are clipped" in words
    assert "With pixel_range=(-1, 1) they come back at" in words and words in record.notes


def test_the_decibels_that_are_said_are_right(monkeypatch):
    """By hand, from the two pictures that the functions were given."""
    given = []
    adapt_to = ready(adapt(lambda x: given.append(x.clone()) or nearest(x), by_hand, codebook=THREE, downsampling=8))
    shades, colours = given[:2]
    assert sorted(set(shades.flatten().tolist())) == pytest.approx([0, 128 / 255, 1])

    def decibels(low, high):
        error = 0.0
        for media in (shades, colours):
            back = (by_hand(nearest(media * (high - low) + low)) - low) / (high - low)
            error += (back.clamp(0, 1) - media).square().mean().item() / 2
        return -10 * np.log10(error)

    words = f"they come back at {decibels(-1, 1):.1f} dB instead of {decibels(0, 1):.1f} dB"
    assert words in adapt_to.spec.warnings[0]


def test_a_decode_that_clips_is_counted():
    """Trained on -1 to 1, and attached as from 0 to 1: half of what it gives is below 0."""
    table = torch.linspace(-1, 1, 64)[:, None]
    tokenizer = ready(attach(lambda x: mean(2 * x - 1), painted, codebook=table, downsampling=8))
    ramp = np.broadcast_to(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], (64, 64, 3))
    record = tokenizer.tokenize(ramp)
    clipped = int((THREE.new_tensor(record.levels[0].z_q) < 0).sum()) * 8 * 8 * 3
    assert clipped == 64 * 64 * 3 // 2
    note = f"{clipped:,} of {64 * 64 * 3:,} decoded values (50%) lie outside 0 to 1 and were clipped"
    assert any(note in words for words in record.notes)
    assert "many decoded values are far off" in tokenizer.spec.warnings[0]


def test_whole_bytes_are_named_too():
    """A decoder that gives 0 to 255."""
    levels = torch.arange(0, 256, 5.0)[:, None]
    (words,) = ready(attach(mean, painted, codebook=levels, downsampling=8)).spec.warnings
    assert "With pixel_range=(0, 255) they come back at" in words
    assert ready(attach(mean, painted, codebook=levels, downsampling=8, pixel_range=(0, 255))).spec.warnings == ()


@pytest.mark.parametrize("name", ["vq-ema-reseed", "vq-ema", "vq-collapsed", "kmeans"])
def test_a_trained_tokenizer_is_believed_in_its_range_and_corrected_in_another(name):
    """Those that ship take pixels from -1 to 1."""
    if name not in {spec.id for spec in tokenizers.list_tokenizers()}:
        pytest.skip(f"checkpoints/ lacks {name}")
    zoo = tokenizers.load_tokenizer(name, "cpu")
    model, table = zoo._codec.model, zoo.codebooks()[0].vectors

    def attached(**more):
        return ready(attach(model.encode, model.decode, codebook=table, downsampling=8, **more))

    assert attached(pixel_range=(-1, 1)).spec.warnings == ()
    for wrong in ((0, 1), (0, 255)):
        (words,) = attached(pixel_range=wrong).spec.warnings
        assert "With pixel_range=(-1, 1) they come back at" in words


def test_a_decoder_that_says_nothing_is_given_no_other_range():
    """Grey everywhere is nearer to the middle of another range, which would be no reason."""
    mute = attach(mean, lambda z: 0 * painted(z), codebook=torch.linspace(0, 1, 32)[:, None], downsampling=8)
    assert not any("pixel_range" in words for words in ready(mute).spec.warnings)


def test_what_fails_under_another_range_is_not_said(caplog):
    def strict(media):
        if media.min() < 0 or media.max() > 1:
            raise ValueError("pixels from 0 to 1, please")
        return nearest(media)

    tokenizer = ready(adapt(strict, by_hand, codebook=THREE, downsampling=8))
    assert "pixel_range" not in tokenizer.spec.warnings[0] and caplog.records == []
    assert tokenizer.tokenize(SHADES).levels[0].indices.tolist() == [[1, 2, 2]]  # the range is its own again


FILE = """
import torch
from torch import nn
from explorer.tokenizers.user.adapter import adapt, attach

def encoder(x):
    return nn.functional.avg_pool2d(x, 8).mean(1, keepdim=True)

def decoder(z):
    {decoder}

def tokenizer():
    three = torch.tensor([[-1.0], [0.0], [1.0]])
    return attach(encoder, decoder, codebook=three, downsampling=8, title="Three"{more})
"""
GOOD = "return z.repeat_interleave(8, 2).repeat_interleave(8, 3).expand(-1, 3, -1, -1)"


def written(folder, decoder=GOOD, more="", name="mine.py"):
    (folder / name).write_text(FILE.format(decoder=decoder, more=more), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("decoder", "words"),
    [
        ("return 1 / 0", r"decoder of .* failed at mine.py, line 10: ZeroDivisionError: division by zero"),
        ("return z", r"what decode gave has shape \(1, 1, 8, 9\); \(1, 3, 64, 72\) was expected"),
        ("return 'no'", "the decoder gave str"),
        (GOOD + " / 0 * 0", "the decoder gave NaN or infinity for 13,824 of 13,824 values"),
    ],
)
def test_the_decoder_is_tried_when_the_file_is_read(brought, tmp_path, decoder, words):
    """At the line where the file made it, before anybody chooses the tokenizer."""
    with pytest.raises(AdapterError, match=rf"^mine\.py, line 14: {words}") as caught:
        bring_adapter(written(tmp_path, decoder))
    assert "\n" not in str(caught.value) and tokenizers.brought_tokenizers() == []


OWN = """
from explorer.tokenizers.user.adapter import attach
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
import torch
from torch import nn
from dataclasses import replace

class Mine({base}):
    {body}

def tokenizer():
    made = attach(nn.Conv2d(3, 4, 8, 8), nn.ConvTranspose2d(4, 3, 8, 8), codebook=torch.randn(9, 4), downsampling=8)
    return {made}
"""


def test_a_codec_and_a_whole_tokenizer_of_ones_own_are_tried_too(brought, tmp_path):
    body = "def tokenize(self, media):\n        return undefined_name"
    made = 'Mine(made, replace(made.spec, id="own"), "cpu")'
    (tmp_path / "whole.py").write_text(OWN.format(base="AdaptedTokenizer", body=body, made=made), encoding="utf-8")
    with pytest.raises(AdapterError, match=r"^whole\.py, line 10: NameError: name 'undefined_name'"):
        bring_adapter(tmp_path / "whole.py")
    parts = "from explorer.tokenizers.user.parts import Parts\n"
    body = "def decode(self, embedded):\n        return undefined_name"
    made = "Mine(made.encoder, made.levels, made.decoder, made.spec, (0, 1), None)"
    (tmp_path / "codec.py").write_text(parts + OWN.format(base="Parts", body=body, made=made), encoding="utf-8")
    with pytest.raises(AdapterError, match=r"^codec\.py, line 11: NameError: name 'undefined_name'"):
        bring_adapter(tmp_path / "codec.py")


def test_what_was_seen_is_said_when_the_command_starts(brought, tmp_path, capsys):
    file = written(tmp_path)
    assert (
        main(["tokenize", "--adapter", str(file), "user--three", "sample:coffee", "--out", str(tmp_path / "t.npz")])
        == 0
    )
    said = capsys.readouterr().err
    assert "warning: Three: Tried on black, grey, white" in said and "With pixel_range=(-1, 1)" in said
    (spec,) = bring_adapter(written(tmp_path, more=", pixel_range=(-1, 1)"))
    assert spec.warnings == ()


STATE = """
import torch
from torch import nn
from explorer.tokenizers.user.adapter import attach

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Conv2d(3, 4, 8, 8), nn.ConvTranspose2d(4, 3, 8, 8)
        self.codes = nn.Embedding(9, 4)

def tokenizer():
    model = Model()
    model.load_state_dict(torch.load({path!r}, weights_only=True))
    return attach(model.encoder, model.decoder, codebook=model.codes.weight, downsampling=8, title="Loaded")
"""


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Conv2d(3, 4, 8, 8), nn.ConvTranspose2d(4, 3, 8, 8)
        self.codes = nn.Embedding(9, 4)


def refused(tmp_path, change):
    state = dict(Model().state_dict())
    torch.save(change(state) or state, tmp_path / "w.pt")
    (tmp_path / "mine.py").write_text(STATE.format(path=str(tmp_path / "w.pt")), encoding="utf-8")
    with pytest.raises(AdapterError) as caught:
        bring_adapter(tmp_path / "mine.py")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_state_dict_that_does_not_fit_names_the_first_of_each_kind(brought, tmp_path):
    def change(state):
        del state["encoder.bias"], state["codes.weight"]
        state["encoder.weight"] = torch.ones(4, 3, 4, 4)
        state["decoder.bias"] = torch.ones(5)
        state["loss.weight"] = torch.ones(1)

    words = refused(tmp_path, change)
    assert words.startswith("mine.py, line 14: RuntimeError: the state dict does not fit Model: ")
    assert "2 missing, first 'encoder.bias'; 1 not expected, first 'loss.weight'; 2 of another shape, first " in words
    assert "'encoder.weight': [4, 3, 4, 4] in the file, [4, 3, 8, 8] in the model" in words


def test_keys_that_differ_by_what_they_begin_with_are_told_so(brought, tmp_path):
    words = refused(tmp_path, lambda state: {f"module.{key}": value for key, value in state.items()})
    assert "5 missing, first 'encoder.weight'; 5 not expected, first 'module.encoder.weight'" in words
    assert "the keys of the file differ by 'module.' alone: take it off" in words


def test_two_of_one_title_are_both_kept(brought, tmp_path):
    """Of one file and of two; a file that is brought again takes its own places."""
    twice = FILE.replace("    return attach", "    one = lambda: attach").format(decoder=GOOD, more="")
    (tmp_path / "a.py").write_text(twice + "    return [one(), one()]\n", encoding="utf-8")
    other = written(tmp_path, name="b.py")
    expected = [("user--three", "Three"), ("user--three-2", "Three (2)")]
    for _ in range(2):
        assert [(spec.id, spec.title) for spec in bring_adapter(tmp_path / "a.py")] == expected
        assert [(spec.id, spec.title) for spec in bring_adapter(other)] == [("user--three-3", "Three (3)")]
    ids = [spec.id for spec in tokenizers.brought_tokenizers()]
    assert sorted(ids) == ["user--three", "user--three-2", "user--three-3"]
    for name in ids:
        assert tokenizers.load_tokenizer(name, "cpu").tokenize(SHADES).tokenizer_id == name
