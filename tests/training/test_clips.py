"""Clips for training: photographs in motion, by hand, and what is measured of them at the end."""

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from tiny import structured, tiny

from explorer.media.clips import moving
from explorer.media.clips.moving import HELD_FRAMES, HELD_PX, View, held_out_clip, made_clip
from explorer.tokenizers import list_tokenizers, load_tokenizer
from explorer.training import command
from explorer.training.command import main
from explorer.training.recipes import ZOO
from explorer.training.tasks.clip import ClipTask


def coordinates(height=120, width=160):
    """A picture whose pixels hold their own y and x, and 255, which nothing outside has."""
    y, x = np.mgrid[0:height, 0:width].astype(np.uint8)
    return np.stack([y, x, np.full_like(y, 255)], axis=-1)


def test_a_view_that_is_not_turned_is_a_crop():
    seen = moving._seen(Image.fromarray(coordinates()), View(50.0, 70.0, 32.0, 0.0), 32)
    assert np.array_equal(seen, coordinates()[34:66, 54:86])


def test_a_view_of_twice_the_side_takes_every_second_pixel_and_a_quarter_turn_turns():
    wide = moving._seen(Image.fromarray(coordinates()), View(50.0, 70.0, 64.0, 0.0), 32).astype(int)
    assert (np.diff(wide[:, 5, 0]) == 2).all() and (np.diff(wide[5, :, 1]) == 2).all()
    turned = moving._seen(Image.fromarray(coordinates()), View(50.0, 70.0, 32.0, np.pi / 2), 32).astype(int)
    assert (np.abs(np.diff(turned[3:29, 10, 1])) == 1).all() and (np.abs(np.diff(turned[10, 3:29, 0])) == 1).all()


@pytest.mark.parametrize("seed", range(12))
def test_motion_is_even_and_stays_inside(seed):
    """Where nothing is in front, the middle of each frame moves by the same step until a border stops it."""
    random = np.random.default_rng(seed)
    clip = moving._panned(coordinates(), 9, 32, random).astype(float)
    assert clip[..., 2].min() == 255  # no black corner comes from outside
    steps = np.diff(clip[:, 15:17, 15:17, :2].mean((1, 2)), axis=0)
    assert np.abs(steps).max() < 0.02 * 32 + 1.5 and np.abs(steps - np.median(steps, 0)).max() < 1.6


def test_a_thing_in_front_covers_a_part_and_moves():
    white, black = np.full((80, 80, 3), 255, np.uint8), np.zeros((80, 80, 3), np.uint8)
    shares, moved = [], []
    for seed in range(40):
        clip = made_clip([white], 9, 32, np.random.default_rng(seed), first=black)
        covered = (clip[..., 0] > 127).mean((1, 2))
        shares.append(covered.max())
        moved.append(bool((clip[0] != clip[8]).any()))
    front = [share for share in shares if share > 0]
    assert 10 < len(front) < 30 and max(front) < 0.5 and sum(moved) > 10


def test_batches_depend_on_seed_and_step_alone_and_held_out_clips_never_change(pictures):
    task = ClipTask(tiny("clip-fsq"), pictures, [])
    first = task.batch(3)
    assert first.shape == (4, 3, 5, 32, 32) and float(first.min()) >= 0 and float(first.max()) <= 1
    assert (first == task.batch(3)).all() and (first != task.batch(4)).any()
    large = structured(160, 2)
    clip = held_out_clip(large[0], large[1], 0)
    assert clip.shape == (HELD_FRAMES, HELD_PX, HELD_PX, 3) and clip.dtype == np.uint8
    assert np.array_equal(clip, held_out_clip(large[0], large[1], 0))
    assert not np.array_equal(clip, held_out_clip(large[0], large[1], 1))


def test_from_a_folder_to_a_checkpoint_of_clips(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "ZOO", {name: tiny(name) for name in ZOO})
    large = structured(150, 6)
    (tmp_path / "pictures").mkdir()
    for i, pixels in enumerate(large):
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{i}.png")
    places = ("--out", tmp_path / "out", "--runs", tmp_path / "runs", "--device", "cpu")
    assert main([str(word) for word in ("clip-fsq", "--data", tmp_path / "pictures", *places)]) == 0
    assert "4 pictures, 2 held out" in capsys.readouterr().out
    (spec,) = list_tokenizers(tmp_path / "out")
    assert (spec.modality, spec.time_step, spec.measured["clips"], spec.measured["frames"]) == ("video", 4, 2, 17)
    tokenizer = load_tokenizer("clip-fsq", "cpu", tmp_path / "out")
    decibels = []
    for number, (one, other) in enumerate(((large[0], large[5]), (large[5], large[0]))):
        clip = held_out_clip(one, other, number).astype(np.float32) / 255
        decibels.append(peak_signal_noise_ratio(clip, tokenizer.tokenize(clip).reconstruction, data_range=1))
    assert spec.measured["psnr_db"] == pytest.approx(np.mean(decibels), abs=2e-3)
    assert spec.measured["tokens"] == 2 * 5 * 16 * 16 and spec.measured["side_px"] == HELD_PX
    card = (tmp_path / "out" / "clip-fsq" / "card.md").read_text()
    for part in (f"| {spec.measured['psnr_db']:.2f} |", "4 frames x 8 x 8 pixels", "2 held-out clips of 17 frames"):
        assert part in card, part
