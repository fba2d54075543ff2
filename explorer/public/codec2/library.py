"""libcodec2, asked in a process of its own: where it is, and one answer for one request. No torch."""

from __future__ import annotations

import ctypes.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from explorer.foundation import stages
from explorer.foundation.errors import CheckpointError, ExplorerError

PROGRAM = Path(__file__).with_name("program.py")
ABSENT = (
    "Codec2 and LPCNet are run by the library libcodec2, which is not installed on this machine. On Debian and Ubuntu "
    "it is the package libcodec2-1.0: sudo apt install libcodec2-1.0."
)
LONGEST_S = 1800.0  # of one request, all media together: a process that hangs must end
LOOK_EVERY_S = 0.1


class LibraryFailedError(ExplorerError):
    """libcodec2, or the process that runs it, did not answer."""


@cache
def library_name() -> str:
    """What the loader of this machine calls libcodec2, "" where it is not installed."""
    return ctypes.util.find_library("codec2") or ""


def ask(request: Mapping[str, object], numbers: bytes = b"") -> bytes:
    """The answer of `program.py` to a request.

    Raises CheckpointError where the library is absent, LibraryFailedError where it fails, Cancelled where the thread
    need not wait any longer.
    """
    name = library_name()
    if not name:
        raise CheckpointError(ABSENT)
    command = [sys.executable, "-I", "-S", str(PROGRAM), name]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(json.dumps(request).encode() + b"\n" + numbers)
        given.seek(0)
        with subprocess.Popen(command, stdin=given, stdout=subprocess.PIPE, stderr=errors) as process:
            try:
                answer = _answer(process)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            errors.seek(0)
            raise LibraryFailedError(_failed(process.returncode, errors.read()[-2000:].decode(errors="replace")))
    return answer


def _answer(process: subprocess.Popen) -> bytes:
    """All that the process writes, looking again and again whether anybody still waits."""
    waited = 0.0
    while True:
        try:
            return process.communicate(timeout=LOOK_EVERY_S)[0]
        except subprocess.TimeoutExpired as error:
            waited += LOOK_EVERY_S
            stages.wait("waiting for libcodec2")
            if waited > LONGEST_S:
                raise LibraryFailedError(f"libcodec2 has not answered for {LONGEST_S:,.0f} s.") from error


def _failed(status: int, errors: str) -> str:
    """What is said of a process that ended badly: by a signal, or with the last line that it wrote."""
    signal = -status if status < 0 else status - 128 if status > 128 else 0
    lines = [line for line in errors.splitlines() if line.strip()]
    how = f"ended by signal {signal}" if signal else (lines[-1].strip()[:200] if lines else f"ended with {status}")
    return f"libcodec2 could not code this sound: {how}. It ran in a process of its own; nothing else was lost."
