"""Folders, zips and files as sources of an audit; zips that are meant to do harm."""

import io
import re
import struct
import zipfile

import numpy as np
import pytest
from small_audit import save_picture

from explorer.audit import sources as module
from explorer.audit.sources import files_source, open_source, samples_source, source_named
from explorer.foundation.config import Limits
from explorer.foundation.errors import MediaError, UnknownIdError
from explorer.media.pictures.image import load_image
from explorer.media.samples import PICTURES


def picture_bytes(tmp_path, seed=0):
    return save_picture(tmp_path / "p.png", 24, 32, seed).read_bytes()


def packed(path, members, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_folder_is_listed_in_order_with_its_subfolders(pictures):
    root, paths = pictures
    (root / ".hidden").mkdir()
    (root / ".hidden" / "x.png").write_bytes(paths[0].read_bytes())
    (root / "loop").symlink_to(root, target_is_directory=True)
    source = open_source(root)
    assert source.names == tuple(path.relative_to(root).as_posix() for path in paths)
    assert (source.title, len(source)) == ("pictures", 11)
    for number, path in enumerate(paths):
        np.testing.assert_array_equal(source.open(number).pixels, load_image(path).pixels)


def test_a_zip_is_read_as_its_folder_would_be(pictures, tmp_path):
    root, paths = pictures
    members = {path.relative_to(root).as_posix(): path.read_bytes() for path in reversed(paths)}
    members |= {"__MACOSX/a/._00.png": b"x", "a/.DS_Store": b"x"}
    source = open_source(packed(tmp_path / "all.zip", members, compression=zipfile.ZIP_DEFLATED))
    assert source.names == open_source(root).names and source.title == "all.zip"
    for number, path in enumerate(paths):
        np.testing.assert_array_equal(source.open(number).pixels, load_image(path).pixels)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "pictures"]  # nothing was unpacked


def test_samples_and_files(pictures):
    source = samples_source()
    assert source.names == tuple(PICTURES)
    np.testing.assert_array_equal(source.open(3).pixels, PICTURES[source.names[3]].load().pixels)
    files = files_source(pictures[1][:2], Limits())
    assert files.names == ("00.png", "01.png") and files.title == "2 files"
    assert open_source(pictures[1][0]).names == ("00.png",)


def test_nothing_to_audit(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.zip").write_text("no zip")
    whole = packed(tmp_path / "whole.zip", {"a.png": b"x" * 1000}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    cases = {
        "empty": "There are no files in the folder 'empty'",
        "gone": "There is no folder or file",
        "no.zip": "not a zip archive",
        "cut.zip": "not a zip archive",
        packed(tmp_path / "hollow.zip", {"folder/": b""}).name: "There are no files in the zip",
    }
    for name, words in cases.items():
        with pytest.raises(MediaError, match=words):
            open_source(tmp_path / name)
    with pytest.raises(MediaError, match="No file"):
        files_source([], Limits())


@pytest.mark.parametrize("name", ["../out.png", "a/../../out.png", "/etc/out.png", "..\\out.png", "C:\\out.png"])
def test_names_that_point_outside_are_refused(name, tmp_path):
    source = open_source(packed(tmp_path / "t.zip", {name: picture_bytes(tmp_path), "in.png": picture_bytes(tmp_path)}))
    number = next(n for n, one in enumerate(source.names) if "out" in one)
    with pytest.raises(MediaError, match="points outside"):
        source.open(number)
    assert source.open(1 - number).pixels.shape == (24, 32, 3)


def test_a_zip_that_claims_far_more_than_it_is(tmp_path):
    path = packed(tmp_path / "bomb.zip", {"a.png": bytes(80 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**20
    with pytest.raises(MediaError, match="claims to unpack to 80 MiB"):
        open_source(path)


def test_a_member_is_never_read_beyond_the_cap(tmp_path):
    limits = Limits(upload_bytes=10_000)
    path = packed(tmp_path / "t.zip", {"a.png": bytes(20_000)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(MediaError, match="over the cap"):
        open_source(path, limits).open(0)
    lying = bytearray(path.read_bytes())
    at = lying.rfind(b"PK\x01\x02")
    struct.pack_into("<L", lying, at + 24, 100)  # the list says 100 bytes; the data are 20,000
    (tmp_path / "lying.zip").write_bytes(bytes(lying))
    with pytest.raises(MediaError):
        open_source(tmp_path / "lying.zip", limits).open(0)


def test_a_list_of_members_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    path = packed(tmp_path / "t.zip", {f"{n}.png": b"" for n in range(100)})
    assert len(open_source(path)) == 100
    monkeypatch.setattr(module, "ZIP_DIRECTORY_BYTES", 1000)
    monkeypatch.setattr(zipfile, "ZipFile", None)  # what would read it
    with pytest.raises(MediaError, match="list of files in the zip"):
        module.zip_source(path, Limits())


def test_members_that_cannot_be_read(tmp_path):
    good, buffer = picture_bytes(tmp_path), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as inner:
        inner.writestr("a.png", good)
    members = {
        "a.png": good,
        "b.zip": buffer.getvalue(),
        "c.mp4": b"\0\0\0\x18ftypisom",
        "d.png": good[:100],
        "e.png": b"",
    }
    path = packed(tmp_path / "t.zip", members)
    data = bytearray(path.read_bytes())
    data[40] ^= 0xFF  # in the data of a.png, so that its check sum is wrong
    path.write_bytes(bytes(data))
    source, words = open_source(path), ["damaged", "zip archive", "video", "damaged", "empty"]
    for number, word in enumerate(words):
        with pytest.raises(MediaError, match=word):
            source.open(number)
    data = bytearray(packed(tmp_path / "locked.zip", {"a.png": good}).read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(data))
    with pytest.raises(MediaError, match="encrypted"):
        open_source(tmp_path / "locked.zip").open(0)


def made_on_a_mac(path, files):
    """A zip whose names are UTF-8 and that does not say so."""
    data = bytearray(packed(path, files).read_bytes())
    for mark, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        for found in re.finditer(re.escape(mark), bytes(data)):
            data[found.start() + flags + 1] &= 0xF7
    path.write_bytes(bytes(data))
    return path


def test_a_data_set_from_a_mac_is_the_same_as_folder_and_as_zip(tmp_path):
    """Of nine files five are media: four are read, one is cut; names and order are alike."""
    good, root = picture_bytes(tmp_path), tmp_path / "set"
    files = dict.fromkeys(["b.png", "cafe\u0301.png", "cafez.png", "a.png"], good)  # macOS takes an accent apart
    files |= {"cut.png": good[:-40], "._1.png": b"\0\5\x16\7", "__MACOSX/._a.png": b"\0\5\x16\7"}
    files |= {".DS_Store": b"\0\0\0\1Bud1", "Thumbs.db": b"\xd0\xcf\x11\xe0"}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    for source in map(
        open_source, (root, packed(tmp_path / "one.zip", files), made_on_a_mac(tmp_path / "mac.zip", files))
    ):
        assert source.names == ("a.png", "b.png", "cafez.png", "caf\u00e9.png", "cut.png")
        for number in range(4):
            assert source.open(number).pixels.shape == (24, 32, 3)
        with pytest.raises(MediaError, match="of its 24 rows can be decoded"):
            source.open(4)


def test_samples_are_named_as_in_every_other_command():
    assert source_named("sample:all", "image").names == samples_source().names
    one = source_named("sample:astronaut", "image")
    assert one.names == ("astronaut",) and one.open(0).pixels.shape == (512, 512, 3)
    with pytest.raises(MediaError, match="sample:astronaut is of the modality image, and the tokenizer takes audio"):
        source_named("sample:astronaut", "audio")
    with pytest.raises(UnknownIdError, match="astronaut"):
        source_named("sample:astronaut2", "image")
    with pytest.raises(MediaError, match="There is no folder or file"):
        source_named("samples", "image")
