"""The page of recorded runs: the lab's player for a training of one's own, while it goes on and after.

As the lab's, it is one browser component that asks for frames itself (`replay_pull`, `replay_do`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from explorer.foundation.errors import ExplorerError
from explorer.pages.replay import events
from explorer.pages.replay.part import ReplayPart
from explorer.pages.shared.link_keys import tell_beyond, tell_stray
from explorer.pages.shared.session import level_of, tell_lost, whole_number
from explorer.pages.shared.visitors import visitors
from explorer.views.replay.view import ReplayView, opening


def build(demo: gr.Blocks) -> None:
    """Lay out the page and wire it, inside `demo.route(...)`."""
    view = ReplayView(server_functions=[replay_pull, replay_do])
    demo.load(_open, None, view, show_progress="hidden", api_visibility="private")
    demo.unload(_leave)


def replay_pull(request: dict[str, Any]) -> str:
    """The newest of the runs that are open."""
    return events.pull(request)


def replay_do(request: dict[str, Any]) -> str:
    """Carry out one action."""
    return events.do(request)


def _open(request: gr.Request) -> str:
    """A page was opened, perhaps by a link."""
    visitor = visitors.enter(request.session_hash or "")
    return opening_of(dict(request.query_params), visitor.part(ReplayPart), visitor.token)


def opening_of(query: Mapping[str, str], part: ReplayPart, token: str) -> str:
    """The opening of a page for a link's query; what of it cannot be had is said, and the rest is shown."""
    listed = [one["id"] for one in part.listed()]
    wanted = [query[name] for name in ("run", "b") if query.get(name)] or listed[:1]
    there, said = [one for one in wanted if part.has(one)], ""
    if len(there) < len(wanted):
        said = (
            tell_lost("run")
            if any(one.startswith("own-") for one in wanted)
            else "The link names a run that is not here. Runs are named at the start: python app.py --run FOLDER."
        )
    shown = tuple(dict.fromkeys(there or listed[:1]))
    for some in (shown, shown[:1]):  # a second that cannot be seen beside the first takes nothing from it
        try:
            part.show(some)
            break
        except ExplorerError as error:
            said = " ".join(dict.fromkeys(filter(None, [said, str(error)])))
    seen = query if there[:1] == wanted[:1] else {}  # a moment and a code of a run that is gone are none of another's
    first = {"step": whole_number(seen.get("step")), "level": level_of(seen)}
    said = " ".join(filter(None, [said, *tell_stray("replay", query), *_tell_step(seen, part)]))
    return opening(token, part.listed(), part.desk.status(), first | {"code": whole_number(seen.get("code"))}, said)


def _tell_step(query: Mapping[str, str], part: ReplayPart) -> list[str]:
    """What is said of a step after the last of a run to which none comes any more."""
    runs = [side.run for side in part.desk.sides]
    if not runs or any(run.live or not run.shown for run in runs):
        return []
    return tell_beyond(query, "step", 0, part.desk.now, "the last one is shown")


def _leave(request: gr.Request) -> None:
    """The page was closed or reloaded: what it recorded ends and goes."""
    visitors.leave(request.session_hash or "")
