"""Tars that mean harm: what they hold beside tokens is passed over, what lies is refused, and neither takes memory."""

import gzip
import io
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pytest

from explorer.audit.indices.run import audit_indices
from explorer.dumps import webdataset
from explorer.foundation.errors import RecordError
from tests.damaged_bytes import damage
from tests.dumps.made_dumps import npy_bytes

K = 16


def member(name, data=b"", **more):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512)


def tokens(name, many):
    return member(name, npy_bytes(np.arange(many) % K))


END = bytes(1024)
BEFORE = tokens("a1.npy", 2) + tokens("a2.npy", 3)


def count(tmp_path, data, name="t.tar"):
    (tmp_path / name).write_bytes(data)
    return audit_indices(tmp_path / name, K)


def test_links_devices_and_archives_are_passed_over_and_names_lead_nowhere(tmp_path):
    secret = tmp_path / "secret.npy"
    np.save(secret, np.arange(9))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("z.npy", npy_bytes(np.arange(3)))
    links = [
        member("b.npy", type=tarfile.SYMTYPE, linkname=str(secret)),
        member("c.npy", type=tarfile.LNKTYPE, linkname="../secret.npy"),
        member("d.npy", type=tarfile.CHRTYPE),
        member("e.npy", type=tarfile.FIFOTYPE),
        member("f.npy", type=tarfile.DIRTYPE),
    ]
    nested = [member("g.tar", tokens("h.npy", 11) + END), member("i.npz", inner.getvalue())]
    named = [tokens("../../outside.npy", 6), tokens("/etc/absolute.npy", 7)]
    before = sorted(path.name for path in tmp_path.iterdir())
    audit = count(tmp_path, tokens("a.npy", 5) + b"".join(links + nested + named) + END)
    assert audit.levels[0].tokens == 5 + 6 + 7 and audit.settings["media"] == 3
    assert all("no file" in why for _, why in audit.skipped)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "t.tar"])


def size_field(header, value):
    """The header with a size of eight bytes or more, as GNU writes it, and its check sum."""
    header = bytearray(header[:512])
    header[124:136] = (value % 2**96).to_bytes(12, "big")
    header[124] |= 0x80
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header)


SPARSE = b"28 GNU.sparse.map=a,b,c,d,e\n26 GNU.sparse.size=words\n"
LIES = {
    "a list of attributes of 2^40 bytes": size_field(member("x", type=tarfile.XHDTYPE), 2**40),
    "a long name of 2^33 bytes": size_field(member("x", type=tarfile.GNUTYPE_LONGNAME), 2**33),
    "a size below nothing": size_field(member("b.npy"), 2**96 - 1024),
    "attributes that say a size below nothing": member("x", b"17 size=-1000000\n"[:17], type=tarfile.XHDTYPE)
    + member("b.npy", bytes(64)),
    "a sparse map of words": member(
        "x", b"28 GNU.sparse.map=a,b,c,d,e\n26 GNU.sparse.size=words\n", type=tarfile.XHDTYPE
    )
    + member("b.npy", bytes(64)),
    "headers without end": member("x", b"9 a=bcde\n"[:9], type=tarfile.XHDTYPE) * 3000,
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_tar_that_lies_is_told_and_what_stands_before_is_kept(lie, packed, tmp_path):
    data = BEFORE + LIES[lie] + bytes(4 * 2**20) + END
    tracemalloc.start()
    try:
        audit = count(tmp_path, gzip.compress(data) if packed else data, "t.tar.gz" if packed else "t.tar")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert audit.levels[0].tokens == 5 and peak < 2**26
    (told,) = [why for _, why in audit.skipped] or ["nothing"]
    assert "damaged" in told and "\n" not in told


def test_a_packed_tar_that_unpacks_to_far_more_is_refused_before_it_is_read_through(tmp_path, monkeypatch):
    monkeypatch.setattr(webdataset, "ROOM_BYTES", 2**20)
    data = BEFORE + size_field(member("big.bin"), 2**45) + bytes(2**20)
    audit = count(tmp_path, gzip.compress(data), "t.tar.gz")
    assert audit.levels[0].tokens == 5
    assert "'t.tar.gz' claims to unpack to over 200 times its size. Unpack it first." in audit.skipped[0][1]
    plain = b"".join(member(f"{number}.npy", npy_bytes(np.arange(900) % K)) for number in range(9))
    assert count(tmp_path, gzip.compress(plain + END), "t.tar.gz").levels[0].tokens == 8100


@pytest.mark.parametrize("packed", [False, True])
def test_a_tar_that_was_cut_or_changed_is_counted_or_refused_in_words(packed, tmp_path):
    plain = b"".join(tokens(f"{number}.npy", 5 + number) for number in range(4)) + END
    whole, refused = gzip.compress(plain) if packed else plain, 0
    for data in damage(whole, 100, 200, head=len(whole)):
        try:
            audit = count(tmp_path, data, "t.tar.gz" if packed else "t.tar")
            assert all("\n" not in why for _, why in audit.skipped)
        except RecordError as error:
            refused += 1
            assert "\n" not in str(error)
    assert 10 < refused < 290
