"""The server ends tidily when it is told to."""

import subprocess
import sys


def test_a_sigterm_ends_the_process_with_its_last_wishes_done():
    code = (
        "import atexit, os, signal, time\n"
        "from explorer.pages.shared.serve import end_well_on_sigterm\n"
        "atexit.register(lambda: print('tidied'))\n"
        "end_well_on_sigterm()\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "time.sleep(30)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout.strip()) == (0, "tidied")
