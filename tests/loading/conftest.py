"""Loading is tested with a format of its own, so that no public one must be there; each test starts with nothing."""

import dataclasses
import sys
from pathlib import Path

import made_format
import pytest

from explorer.foundation import config
from explorer.loading import recognition
from explorer.public import FORMATS
from explorer.tokenizers import shelf

sys.path.append(str(Path(__file__).parent.parent / "public"))  # for the originals' weights and answers


@pytest.fixture(autouse=True)
def own_tokenizers(monkeypatch):
    """Nothing loaded and nothing brought."""
    for name in ("_loaded", "_brought"):
        monkeypatch.setattr(shelf, name, type(getattr(shelf, name))())


@pytest.fixture
def made(monkeypatch):
    """The format of made_format.py is known beside the public ones."""
    entries = {"made": "made_format:MADE", **FORMATS.entries}
    monkeypatch.setattr(recognition, "FORMATS", dataclasses.replace(FORMATS, entries=entries))
    return made_format


@pytest.fixture
def set_settings(monkeypatch, tmp_path):
    """Call with fields of Settings, or of its Limits, to change them for the test."""
    current = config.settings()
    state = {"settings": dataclasses.replace(current, cache=tmp_path / "cache")}

    def change(**fields):
        now = state["settings"]
        names = {field.name for field in dataclasses.fields(config.Limits)}
        limits = dataclasses.replace(now.limits, **{key: value for key, value in fields.items() if key in names})
        others = {key: value for key, value in fields.items() if key not in names}
        state["settings"] = dataclasses.replace(now, limits=limits, **others)

    import explorer.loading.hub
    import explorer.loading.hub_client
    import explorer.loading.planning
    import explorer.loading.reading

    for module in (explorer.loading.hub, explorer.loading.hub_client, explorer.loading.reading,
                   explorer.loading.planning, shelf):  # fmt: skip
        monkeypatch.setattr(module, "settings", lambda: state["settings"])
    return change
