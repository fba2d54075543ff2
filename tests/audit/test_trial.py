"""What an audit tries beside counting, with tokenizers of one's own: ranges, mute decoders, models that change, NaN."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_audit import assert_same, save_picture

from explorer.analysis.codebook.diagnosis import diagnose
from explorer.audit.run import run_audit
from explorer.audit.sources import open_source
from explorer.audit.trial import DECODED, moments
from explorer.joints.files.audits import load_audit, save_audit
from explorer.tokenizers.adapted_tokenizer import AdaptedTokenizer
from explorer.tokenizers.user.adapter import adapt

PATCH, GREYS = 8, 32


class Greys:
    """Patches as one of 32 greys of 0.1 to 0.9, as far as the pictures reach; what is 0 to 1 is decoded to `out`."""

    def __init__(self, out=(0.0, 1.0), vectors=None):
        self.levels = np.linspace(0.1, 0.9, GREYS, dtype=np.float32)
        self.table = self.levels[:, None] if vectors is None else vectors
        self.out, self.calls = out, 0

    def encode(self, media):
        grey = torch.nn.functional.avg_pool2d(media.mean(1, keepdim=True), PATCH)  # (B, 1, h, w)
        return {"indices": self.codes(grey[:, 0]), "latents": grey}

    def codes(self, grey):
        away = (grey[..., None] - torch.from_numpy(self.table[:, 0])).abs()
        return torch.nan_to_num(away, nan=-1.0).argmin(-1)

    def decode(self, indices):
        low, high = self.out
        values = low + (high - low) * torch.from_numpy(self.levels)[indices]
        return values[:, None].repeat_interleave(PATCH, 2).repeat_interleave(PATCH, 3).expand(-1, 3, -1, -1)

    def tokenizer(self, **facts):
        codec = adapt(self.encode, self.decode, codebook=self.table, title="Greys", downsampling=PATCH, **facts)
        return AdaptedTokenizer(codec, replace(codec.spec, id="greys"), "cpu")


class Moving(Greys):
    """As a model left in training mode: each medium moves its codes."""

    def encode(self, media):
        grey = torch.nn.functional.avg_pool2d(media.mean(1, keepdim=True), PATCH)
        self.calls += len(media)
        return {"indices": (self.codes(grey[:, 0]) + self.calls // 6 * 3) % GREYS, "latents": grey}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("waves")
    for number in range(24):
        save_picture(folder / f"{number:02}.png", 64, 96 if number < 12 else 80, seed=number)
    return open_source(folder)


def said(tokenizer, source):
    audit = run_audit(tokenizer, source, title="t")
    return audit, diagnose(audit, tokenizer.codebooks())


def titles(findings):
    return [one.title for one in findings if one.level in ("bad", "warning")]


def test_a_good_tokenizer_decodes_and_encodes_as_before(source, tmp_path):
    audit, findings = said(Greys().tokenizer(), source)
    assert titles(findings) == [] and audit.trial.changed == 0 < audit.trial.compared == 96
    assert len(audit.trial.decoded) == DECODED and "PSNR" in findings[-1].text
    assert_same(load_audit(save_audit(tmp_path, audit)).trial, audit.trial)


def test_the_wrong_range_is_asked_for(source):
    _, findings = said(Greys(out=(-1.0, 1.0)).tokenizer(), source)
    assert len(titles(findings)) == 1 and "is the range right?" in findings[0].title and " dB" in findings[0].title
    declared = Greys(out=(-1.0, 1.0), vectors=np.linspace(-0.8, 0.8, GREYS, dtype=np.float32)[:, None])
    _, findings = said(declared.tokenizer(pixel_range=(-1, 1)), source)
    assert titles(findings) == [], "the range was said"


def test_a_mute_decoder_is_named(source):
    _, findings = said(Greys(out=(0.5, 0.5)).tokenizer(), source)
    assert titles(findings) == ["The decoder is mute: it gives a blank picture"]


class Failing(Greys):
    """Its decoder ends in an error, for all media or for every second one."""

    def __init__(self, every=1):
        super().__init__()
        self.every, self.decodes = every, 0

    def decode(self, indices):
        self.decodes += 1
        if self.decodes % self.every == 0:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return super().decode(indices)


def test_a_decoder_that_fails_is_a_finding_and_leaves_no_tick(source, tmp_path):
    audit, findings = said(Failing().tokenizer(), source)
    assert titles(findings) == [f"The decoder fails on all {DECODED} media that it was tried on"]
    assert findings[0].level == "bad" and "cannot be multiplied" in findings[0].text
    assert all(one.level != "good" for one in findings)
    assert load_audit(save_audit(tmp_path, audit)).trial.refusals == DECODED
    older = replace(audit, trial=replace(audit.trial, refusals=0))
    assert titles(diagnose(older, Greys().tokenizer().codebooks()))[0].startswith("The decoder fails on the one medium")


def test_a_decoder_that_fails_on_some_media_is_tried_on_as_many_as_one_that_does_not(source):
    audit, findings = said(Failing(every=2).tokenizer(), source)
    assert len(audit.trial.decoded) + audit.trial.refusals == DECODED and audit.trial.refusals
    words = f"The decoder fails on {audit.trial.refusals} of {DECODED} media that it was tried on"
    assert [(one.level, one.title) for one in findings if one.title == words] == [("warning", words)]


def test_a_model_that_changes_while_it_is_counted_is_named_and_nothing_else(source):
    audit, findings = said(Moving().tokenizer(), source)
    assert audit.trial.changed > 0.5 * audit.trial.compared
    assert "changes while it is counted" in findings[0].title and findings[0].level == "bad"
    assert not any("do not belong" in one.title for one in findings), "its tokens are of many codebooks"


def test_nan_codes_are_named_while_the_first_medium_is_counted(source):
    vectors = np.linspace(0, 1, GREYS, dtype=np.float32)[:, None].copy()
    vectors[[3, 5, 9]] = np.nan
    told = []
    tokenizer = Greys(vectors=vectors).tokenizer()
    audit = run_audit(tokenizer, source, title="t", progress=lambda at: told.append(at.trouble))
    assert told[0].startswith("3 of 32 codes are NaN: the run diverged")
    findings = diagnose(audit, tokenizer.codebooks())
    assert findings[0].title == "3 of 32 codes are NaN: the run diverged" and len(titles(findings)) == 1


def test_nan_latents_are_named_while_the_first_medium_is_counted(source, tmp_path):
    class Broken(Greys):
        def encode(self, media):
            return {
                name: value * torch.nan if name == "latents" else value for name, value in super().encode(media).items()
            }

    told = []
    audit = run_audit(Broken().tokenizer(), source, title="t", progress=lambda at: told.append(at.trouble))
    assert "latents hold NaN or infinity: the encoder diverged" in told[0]
    back = load_audit(save_audit(tmp_path, audit))
    assert back.levels[0].not_finite == back.tokens and len(back.levels[0].latents) == 0
    findings = diagnose(back, Broken().tokenizer().codebooks())
    assert titles(findings) == [
        f"{back.tokens:,} of {back.tokens:,} latents hold NaN or infinity: the encoder diverged"
    ]


def test_stopped_and_resumed_it_tries_the_same(source, tmp_path):
    whole = run_audit(Greys().tokenizer(), source, title="t")
    asked = iter([False, True])
    state = tmp_path / "state.npz"
    part = run_audit(Greys().tokenizer(), source, title="t", resume=state, cancelled=lambda: next(asked, False))
    assert not part.complete and part.trial.compared == 0, "what was stopped is not compared yet"
    again = run_audit(Greys().tokenizer(), source, title="t", resume=state)
    assert_same(again.trial, whole.trial)


def test_moments_by_hand():
    x = np.array([0.0, 1.0, 0.5, 0.5]).reshape(2, 2, 1).repeat(3, 2)
    y = 0.5 * x + 0.25
    row = moments(x, y, ends=True)
    assert row[:5] == pytest.approx((0.5, 0.5, x.var(), 0.25 * x.var(), 0.5 * x.var())) and row[5] == 0.0
    assert row[6] == pytest.approx(np.square(x - y).mean()) and np.isnan(moments(x, y, ends=False)[5])
