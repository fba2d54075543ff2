"""Shards as WebDataset: a tar of samples, NUMBER.json with the name of the medium and NUMBER.tokens.npy.

Format: https://github.com/webdataset/webdataset#the-webdataset-format ; a plain tar, so nothing needs to be installed.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence

import numpy as np

from explorer.dumps.writing.formats import TokenRow


def shard_files(stem: str, rows: Sequence[TokenRow]) -> dict[str, bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for row in rows:
            array = io.BytesIO()
            np.save(array, row.tokens, allow_pickle=False)
            about = json.dumps({"number": row.number, "name": row.name})
            for ending, data in (("json", about.encode()), ("tokens.npy", array.getvalue())):
                member = tarfile.TarInfo(f"{row.number:09}.{ending}")
                member.size = len(data)  # no time, owner or rights: the same media give the same bytes
                tar.addfile(member, io.BytesIO(data))
    return {f"{stem}.tar": buffer.getvalue()}
