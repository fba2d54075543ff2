"""What can be given to compare, the caps on it, and the presets of hard content."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from explorer.compare.media import open_media
from explorer.compare.presets import PRESETS
from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError, UnknownIdError
from explorer.media.quality.fidelity import MS_SSIM_LEAST_PX
from explorer.media.samples import PICTURES


def save(path, value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16), (value, 0, 0)).save(path)
    return str(path)


def test_files_folders_zips_samples_and_presets_are_one_list(tmp_path):
    one, folder = save(tmp_path / "one.png", 10), tmp_path / "folder"
    save(folder / "b.png", 20), save(folder / "a.png", 30)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(one, "in.png")
    media = open_media([one, str(folder), str(tmp_path / "z.zip"), "sample:coffee", "preset:face"])
    assert media.names == ("one.png", "a.png", "b.png", "in.png", "sample:coffee", "preset:face")
    assert [round(float(media.read(n).pixels[0, 0, 0]) * 255) for n in range(4)] == [10, 30, 20, 10]
    assert media.title == "6 pictures" and open_media([one]).title == "one.png"
    assert open_media([one], title="Mine").title == "Mine"
    assert len(open_media(["sample:all"])) == len(PICTURES) and len(open_media(["preset:all"])) == len(PRESETS)


def test_equal_names_are_told_apart(tmp_path):
    files = [save(tmp_path / folder / "x.png", n) for n, folder in enumerate("abc")]
    files.append(save(tmp_path / "d" / "x.png (2)".replace(" (2)", "") / "y.png", 9))
    media = open_media(files)
    assert media.names == ("x.png", "x.png (2)", "x.png (3)", "y.png")
    assert [round(float(media.read(n).pixels[0, 0, 0]) * 255) for n in range(4)] == [0, 1, 2, 9]


def test_the_cap_and_what_is_not_there(tmp_path):
    files = [save(tmp_path / f"{n}.png") for n in range(4)]
    assert len(open_media(files, Limits(compare_media=4))) == 4
    with pytest.raises(MediaError, match="4 pictures were given; at most 3"):
        open_media(files, Limits(compare_media=3))
    with pytest.raises(MediaError, match="No picture"):
        open_media([])
    with pytest.raises(MediaError, match="no folder or file"):
        open_media([str(tmp_path / "none.png")])
    with pytest.raises(UnknownIdError, match="Did you mean 'face'"):
        open_media(["preset:fase"])
    with pytest.raises(UnknownIdError, match="Valid ids"):
        open_media(["sample:nothing"])


@pytest.mark.parametrize("preset_id", list(PRESETS))
def test_presets_are_crops_of_samples_as_they_say(preset_id):
    one = PRESETS[preset_id]
    top, left, height, width = one.box
    crop, whole = one.load(), one.sample.load()
    assert crop.pixels.shape == (height, width, 3) and height % 8 == width % 8 == 0
    assert min(height, width) >= MS_SSIM_LEAST_PX
    assert np.array_equal(crop.pixels, whole.pixels[top : top + height, left : left + width])
    assert one.sample_id in crop.notes[-1] and one.look and one.sample.licence


def test_presets_hold_what_they_promise():
    """Text is dark on light with hard edges; gradients have nearly none; grass has the most slope of them all."""
    slope = {
        name: np.mean([np.abs(np.diff(one.load().pixels, axis=axis)).mean() for axis in (0, 1)])
        for name, one in PRESETS.items()
    }
    assert max(slope, key=slope.get) in ("texture", "pattern") and min(slope, key=slope.get) == "gradients"
    text = PRESETS["text"].load().pixels
    assert np.quantile(text, 0.02) < 0.3 < 0.6 < np.median(text)
