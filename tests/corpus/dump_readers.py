"""What tests of written dumps share: the writer on a folder, and readers of every format by their own libraries."""

import io
import json
import tarfile

import numpy as np
import pytest

from explorer.audit.sources import open_source
from explorer.corpus.run import DumpOptions, tokenize_source
from explorer.dumps.writing.formats import WRITERS
from tests.corpus.whole_folders import DecodingGrey

EACH = 64  # files a shard: 150 files are three
FORMATS = list(WRITERS)


def write(root, folder, cancelled=None, progress=None, **options):
    chosen = DumpOptions(files_a_shard=EACH, **options)
    return tokenize_source(DecodingGrey(), open_source(root), folder, chosen, cancelled=cancelled, progress=progress)


def read_npy(folder):
    for path in sorted(folder.glob("*.npy")):
        yield from np.load(path)


def read_jsonl(folder):
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield np.array(json.loads(line)["tokens"])


def read_parquet(folder):
    pq = pytest.importorskip("pyarrow.parquet")
    for path in sorted(folder.glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            yield np.array(row["tokens"])


def read_webdataset(folder):
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar.getmembers():
                if member.name.endswith(".tokens.npy"):
                    yield np.load(io.BytesIO(tar.extractfile(member).read()))


READERS = {"npy": read_npy, "jsonl": read_jsonl, "parquet": read_parquet, "webdataset": read_webdataset}
