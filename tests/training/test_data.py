"""Pictures for training: what is read, what is skipped and named, and crops that depend on (seed, step) alone."""

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import structured

from explorer.foundation.errors import MediaError
from explorer.training.data import centre_crop, load_pictures, picture_files, random_crops, sample_pictures


def test_crops_depend_on_seed_and_step_alone(pictures):
    first = random_crops(pictures, 4, 32, seed=0, step=5)
    torch.manual_seed(1)
    np.random.default_rng(1)
    random_crops(pictures, 4, 32, seed=0, step=6)
    assert torch.equal(first, random_crops(pictures, 4, 32, seed=0, step=5))
    assert not torch.equal(first, random_crops(pictures, 4, 32, seed=0, step=6))
    assert not torch.equal(first, random_crops(pictures, 4, 32, seed=1, step=5))
    assert first.shape == (4, 3, 32, 32) and first.dtype == torch.float32


def test_every_crop_is_a_part_of_a_picture_maybe_mirrored():
    """Pixels hold their own coordinates, so each crop says where it came from."""
    y, x = np.mgrid[0:40, 0:50].astype(np.uint8)
    crops = random_crops([np.stack([y, x, y], axis=-1)], 64, 16, seed=0, step=0)
    values = torch.round(crops * 255).long()
    mirrored = 0
    for rows, columns, _ in values:
        top, left = int(rows[0, 0]), int(columns[0].min())
        mirrored += int(columns[0, 0] > columns[0, -1])
        assert torch.equal(rows, torch.arange(top, top + 16)[:, None].expand(16, 16))
        assert torch.equal(columns[0].sort().values, torch.arange(left, left + 16))
    assert 16 < mirrored < 48
    assert {int(v[0].min()) for v in values} >= {0, 24}  # both edges are reached


def test_pictures_are_found_in_folders_within(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("b/one.PNG", "a.jpg", "notes.txt"):
        Image.new("RGB", (8, 8)).save(tmp_path / name, format="PNG")
    assert [path.name for path in picture_files(tmp_path)] == ["a.jpg", "one.PNG"]


def test_an_empty_or_missing_folder_says_so(tmp_path):
    with pytest.raises(MediaError, match="no pictures"):
        picture_files(tmp_path)
    with pytest.raises(MediaError, match="there is no folder"):
        picture_files(tmp_path / "none")


def test_unreadable_and_small_pictures_are_skipped_and_named(tmp_path):
    good = structured(64, 1)[0]
    Image.fromarray(good).save(tmp_path / "good.png")
    Image.fromarray(good[:20]).save(tmp_path / "small.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG not a picture")
    read, skipped = load_pictures(picture_files(tmp_path), 32)
    assert len(read) == 1 and np.array_equal(read[0], good)
    assert len(skipped) == 2 and skipped[0].startswith("broken.png: ")
    assert skipped[1] == "small.png: smaller than 32 px"
    with pytest.raises(MediaError, match=r"none of the 3 pictures can be used; the first: broken\.png"):
        load_pictures(picture_files(tmp_path), 65)


def test_the_pictures_inside_the_packages():
    found = sample_pictures(256)
    assert len(found) > 10
    assert all(p.dtype == np.uint8 and p.ndim == 3 and min(p.shape[:2]) >= 256 for p in found)
    assert len({p.tobytes() for p in found}) == len(found)


def test_the_centre_crop_by_hand():
    picture = np.arange(5 * 6 * 3).reshape(5, 6, 3)
    assert np.array_equal(centre_crop(picture, 3), picture[1:4, 1:4])
