"""The folders of visitors: whose they are, when they go, and that the server watches over all of them."""

import os
import time

from explorer import tokenizers
from explorer.foundation.cache import every_cache
from explorer.pages import launch
from explorer.pages.bring import events as loading
from explorer.pages.shared.visitor_files import LEFT, LEFT_S, VisitorFiles, files
from explorer.pages.shared.visitors import visitors


def test_the_folder_of_a_server_that_was_killed_goes_with_the_next(tmp_path):
    dead, alive = VisitorFiles(tmp_path), VisitorFiles(tmp_path)
    (dead.new_folder("anna") / "picture.png").write_bytes(b"x")
    left, there = dead.root, alive.root
    dead._held.close()  # as the end of its process does
    other = VisitorFiles(tmp_path)
    assert other.root.exists() and not left.exists() and there.exists()
    for one in (alive, other):
        one.delete()
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_owns_goes_when_it_is_old_and_nothing_else(tmp_path):
    there = VisitorFiles(tmp_path)
    own = there.new_folder("anna")
    old, new, file = there.root / "old", there.root / "new", there.root / "file"
    for path in (old, new):
        path.mkdir()
        (path / "x").write_bytes(b"x")
    file.write_bytes(b"x")
    past = time.time() - LEFT_S - 1
    for path in (old, file, own):
        os.utime(path, (past, past))
    assert there.owners() == {"anna", LEFT}
    there.let_go(LEFT)
    assert [path.exists() for path in (old, file, new, own, there.root / "in-use")] == [False, False, True, True, True]
    assert there.owners() == {"anna"}
    there.delete()


def test_folders_cannot_be_guessed_and_are_no_business_of_other_users():
    names = {files.new_folder("anna").name for _ in range(50)}
    assert len(names) == 50 and all(len(name) >= 32 for name in names)
    assert files.new_folder("anna").stat().st_mode & 0o077 == 0


def test_the_server_watches_over_everything_that_is_a_visitors():
    assert {"owners", "let_go"} <= set(dir(launch.GradioSessions))
    watched = launch.keepers(launch.GradioSessions)
    assert {id(one) for one in [visitors, tokenizers, loading.uploads, files, *every_cache]} <= {*map(id, watched)}
    for keeper in watched:
        assert keeper is launch.GradioSessions or isinstance(keeper.owners(), set)
