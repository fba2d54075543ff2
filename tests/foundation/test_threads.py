"""Threads are decided before torch is imported, and what a person has set stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.foundation import threads
from explorer.foundation.threads import WAITING, cores_allowed, decide_threads

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(threads, "cores_usable", lambda: 8)


def _group(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_waiting_threads_sleep_unless_somebody_said_otherwise(tmp_path):
    environment = {}
    decide_threads(environment, tmp_path)
    assert environment == {"OMP_WAIT_POLICY": "PASSIVE"}  # no container: as many threads as torch takes itself
    for name in WAITING:
        given = {name: "7"}
        decide_threads(given, tmp_path)
        assert given == {name: "7"}


@pytest.mark.parametrize(("text", "cores"), [("150000 100000\n", 2), ("200000 100000\n", 2), ("50000 100000\n", 1)])
def test_a_container_counts_its_own_cores(text, cores, tmp_path, eight_cores):
    environment, group = {}, _group(tmp_path, cpu_dot_max=text)
    decide_threads(environment, group)
    assert environment["OMP_NUM_THREADS"] == str(cores)
    environment = {"OMP_NUM_THREADS": "5"}
    decide_threads(environment, group)
    assert environment["OMP_NUM_THREADS"] == "5"


@pytest.mark.parametrize("text", ["max 100000\n", "800000 100000\n", "", "0 0", "nonsense here too"])
def test_no_limit_leaves_the_number_to_torch(text, tmp_path, eight_cores):
    environment = {}
    decide_threads(environment, _group(tmp_path, cpu_dot_max=text))
    assert "OMP_NUM_THREADS" not in environment


def test_control_groups_of_the_first_kind(tmp_path):
    names = {"cpu__cpu_dot_cfs_quota_us": "250000\n", "cpu__cpu_dot_cfs_period_us": "100000\n"}
    assert cores_allowed(_group(tmp_path, **names)) == 3
    assert cores_allowed(_group(tmp_path, cpu__cpu_dot_cfs_quota_us="-1\n")) is None


def test_every_way_in_decides_before_torch_is_there():
    """The package itself does: whatever is imported of it, and by whom, comes after."""
    code = "import os, sys, explorer; print(os.environ.get('OMP_WAIT_POLICY'), 'torch' in sys.modules)"
    usual = {name: value for name, value in os.environ.items() if name not in WAITING}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=usual, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["PASSIVE", "False"]
