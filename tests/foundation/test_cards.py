"""That a run is computed on the CPU is said only where torch could not choose anything else."""

import pytest

from explorer.foundation import cards
from explorer.foundation.cards import may_have_card, surely_cpu
from explorer.foundation.device import pick_device


def test_nothing_that_torch_finds_is_overlooked():
    assert pick_device("auto").type == "cpu" or may_have_card()
    assert not surely_cpu("auto") or pick_device("auto").type == "cpu"


@pytest.mark.parametrize(
    "platform, there, may",
    [
        ("linux", (), False),
        ("linux", ("nvidiactl",), True),
        ("linux", ("kfd",), True),
        ("darwin", (), True),
        ("win32", (), False),
        ("win32", ("nvcuda",), True),
    ],
)
def test_a_driver_is_known_by_what_it_leaves(monkeypatch, tmp_path, platform, there, may):
    for name in there:
        (tmp_path / name).touch()
    monkeypatch.setattr(cards, "NODES", [str(tmp_path / node.rpartition("/")[2]) for node in cards.NODES])
    monkeypatch.setattr(cards, "find_library", lambda name: name if name in there else None)
    monkeypatch.setattr(cards.sys, "platform", platform)
    assert may_have_card() == may
    assert surely_cpu("cpu") and surely_cpu("auto") == (not may)
    assert not surely_cpu("cuda") and not surely_cpu("cuda:1") and not surely_cpu("mps")
