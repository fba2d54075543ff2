"""A shard of one large file reads its own part of it: bytes are counted, not seconds."""

import io
import json
import tarfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from explorer.audit.indices import blocks
from explorer.audit.indices.run import Reading, audit_indices
from explorer.audit.shards.indices import run_index_shard
from explorer.audit.shards.plan import Shard
from explorer.dumps import places
from explorer.dumps.opening import open_dump
from tests.audit.indices.test_index_shards import K as CODES
from tests.audit.indices.test_index_shards import assert_same, rows_of
from tests.dumps.made_dumps import add_member, npy_bytes

K, OF = 1000, 4
ROWS = np.random.default_rng(0).integers(0, K, (2000, 200))


class CountedFile(io.FileIO):
    """A file that adds the bytes that are read of it to `total`."""

    def __init__(self, path, total):
        super().__init__(path)
        self._total = total

    def readinto(self, buffer):
        many = super().readinto(buffer)
        self._total[0] += many
        return many

    def read(self, size=-1):
        data = super().read(size)
        self._total[0] += len(data)
        return data

    def readall(self):
        return self.read()


@pytest.fixture
def read(monkeypatch):
    """[bytes read of dumps so far]"""
    total, real = [0], places.local_file

    def counted(path, name):
        return replace(real(path, name), open=lambda: io.BufferedReader(CountedFile(path, total)))

    monkeypatch.setattr(places, "local_file", counted)
    monkeypatch.setattr(blocks, "PIECE", 4000)
    for name in ("arrays", "parquet"):
        monkeypatch.setattr(f"explorer.dumps.{name}.ROWS_AT_ONCE", 4000)
    monkeypatch.setattr("explorer.dumps.parquet.READ_BYTES", 2**13)
    return total


def write_parquet(path, lists=True):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    column = pa.array(list(ROWS), pa.list_(pa.int64())) if lists else pa.array(ROWS.reshape(-1))
    options = {"compression": "none", "use_dictionary": False, "row_group_size": 20 if lists else 4000}
    pq.write_table(pa.table({"tokens": column}), path, **options)


def test_one_row_group_is_read_some_pages_at_a_time(read, tmp_path):
    """What pyarrow reads ahead by itself would be all of the column, and stay in memory."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"tokens": pa.array(list(ROWS), pa.list_(pa.int64()))})
    pq.write_table(
        table, tmp_path / "t.parquet", compression="none", use_dictionary=False, data_page_size=2**13,
        write_batch_size=2**10,
    )  # fmt: skip
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 1
    parts = open_dump(tmp_path / "t.parquet").parts()
    read[0] = 0
    assert next(parts).values.tolist() == ROWS[:20].reshape(-1).tolist()
    assert read[0] < 0.1 * (tmp_path / "t.parquet").stat().st_size


def write_hdf5(path):
    with pytest.importorskip("h5py").File(path, "w") as file:
        file.create_dataset("tokens", data=ROWS, chunks=(20, 200))


def write_tar(path):
    with io.BytesIO() as packed, path.open("wb") as file:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for number, row in enumerate(ROWS[:200]):
                add_member(tar, f"{number:06}.jpg", bytes(40_000))
                add_member(tar, f"{number:06}.tokens.npy", npy_bytes(np.tile(row, 100)))
        file.write(packed.getvalue())


# name: (what writes it, what a quarter of it may cost over a quarter of its bytes, in shares of the whole file)
WRITTEN = {
    "t.npy": (lambda path: np.save(path, ROWS), 0.05),
    "t.parquet": (write_parquet, 0.15),
    "row.parquet": (partial(write_parquet, lists=False), 0.15),
    "t.h5": (write_hdf5, 0.15),
    "t.tar": (write_tar, 0.15),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_shard_reads_its_own_part(name, read, tmp_path):
    write, beside = WRITTEN[name]
    write(tmp_path / name)
    tokens, size = 0, (tmp_path / name).stat().st_size
    reading = Reading("b,t" if name in ("t.npy", "t.h5") else "t")  # a guess would read some more
    for number in range(1, OF + 1):
        read[0] = 0
        tokens += run_index_shard(tmp_path / name, K, reading, None, Shard(number, OF), tmp_path / "s").tokens
        assert read[0] <= (1 / OF + beside) * size
    assert tokens == (200 * 100 * 200 if name == "t.tar" else ROWS.size)


def write_json_lines(path):
    path.write_text("\n".join(json.dumps({"tokens": row.tolist()}) for row in ROWS))


@pytest.mark.parametrize(
    ("name", "write"),
    [("t.jsonl", write_json_lines), ("t.csv", lambda path: np.savetxt(path, ROWS, fmt="%d", delimiter=","))],
)
def test_a_shard_of_lines_counts_their_ends_up_to_its_own_and_reads_its_part_alone(
    name, write, read, monkeypatch, tmp_path
):
    """The number of a line tells which media are sampled, so ends are counted, and no line is taken apart for it."""
    write(tmp_path / name)
    monkeypatch.setattr("explorer.dumps.line_index.READ_BYTES", 2**13)
    lines, module = [0], "json_lines" if name == "t.jsonl" else "csv_rows"

    def check_text(line):
        lines[0] += 1
        return line

    monkeypatch.setattr(f"explorer.dumps.{module}.check_text", check_text)
    tokens, size = 0, (tmp_path / name).stat().st_size
    for number in range(1, OF + 1):
        read[0] = lines[0] = 0
        tokens += run_index_shard(tmp_path / name, K, Reading("t"), None, Shard(number, OF), tmp_path / "s").tokens
        assert read[0] <= (number / OF + 1 / OF + 0.1) * size
        assert lines[0] <= (1 / OF + 0.05) * len(ROWS)
    assert tokens == ROWS.size


@pytest.mark.parametrize("lists", [True, False])
def test_damage_in_a_row_group(lists, monkeypatch, tmp_path):
    """Shards that jump to their row groups count no row behind damage that another one finds, and those before it."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("explorer.dumps.parquet.ROWS_AT_ONCE", 260)
    monkeypatch.setattr(blocks, "PIECE", 700)
    for name in ("t", "u"):
        column = pa.array(list(rows_of()), pa.list_(pa.int16())) if lists else pa.array(rows_of().reshape(-1))
        options = {"row_group_size": 5 if lists else 200, "compression": "zstd", "use_dictionary": False}
        pq.write_table(pa.table({"tokens": column}), tmp_path / f"{name}.parquet", **options)
    chunk = pq.ParquetFile(tmp_path / "u.parquet").metadata.row_group(9).column(0)
    torn = bytearray((tmp_path / "u.parquet").read_bytes())
    for place in range(chunk.data_page_offset + 30, chunk.data_page_offset + chunk.total_compressed_size):
        torn[place] ^= 255
    (tmp_path / "u.parquet").write_bytes(torn)
    audit = audit_indices(tmp_path / "u.parquet", CODES, Reading("t"))
    assert "damaged" in audit.settings["notes"][0] and 1000 <= audit.levels[0].tokens <= 1800  # of 3,600
    assert_same(tmp_path / "u.parquet", CODES, tmp_path / "s", Reading("t"), cuts=(2, 5, 11))
    both = [tmp_path / "u.parquet", tmp_path / "t.parquet"]
    assert_same(both, CODES, tmp_path / "r", Reading("t"), cuts=(2, 5, 11))
