"""A folder of pictures for dumps, and short stretches."""

import numpy as np
import pytest

from explorer.audit import batches
from explorer.media.pictures.image import fit, load_image
from tests.corpus.whole_folders import BROKEN, DecodingGrey, picture_folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The folder, and what each picture's indices are: (number, name, (2, h, w)), of those that can be read."""
    root = tmp_path_factory.mktemp("media")
    grey, expected = DecodingGrey(), []
    for number, path in enumerate(picture_folder(root)):
        if number != BROKEN:
            record = grey.tokenize(fit(load_image(path), 8, 1024).pixels)
            expected.append((number, path.name, np.stack([level.indices for level in record.levels])))
    return root, expected


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    monkeypatch.setattr(batches, "STRETCH_PIXELS", 8 * 32 * 48)
