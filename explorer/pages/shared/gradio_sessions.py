"""What Gradio keeps of each session, a page or a client: the last value of every component, and unfetched messages.

It lets go of them only when there are `state_session_capacity` sessions, or 2,000 of whom messages wait. A value is a
page's pictures as text, megabytes a session, so they are let go when the session has ended.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr


class GradioSessions:
    """As `presence.Keeper`: the sessions of one launched `gr.Blocks` and its app."""

    def __init__(self, demo: gr.Blocks, app: Any) -> None:
        self._demo, self._states, self._queue = demo, app.state_holder, demo._queue

    def owners(self) -> set[str]:
        """All sessions of which Gradio holds anything, but for those whose events still run."""
        held = {*list(self._states.session_data), *list(self._queue.pending_messages_per_session)}
        return {f"session:{name}" for name in held if not self._queue.pending_event_ids_session.get(name)}

    def let_go(self, owner: str) -> None:
        """That session has ended."""
        session = owner.removeprefix("session:")
        for held in (
            self._states.session_data,
            self._states.time_last_used,
            self._queue.pending_messages_per_session,
            self._demo.pending_diff_streams,
        ):
            held.pop(session, None)
        for names in self._demo.temp_file_sets:  # of files that are no longer there
            names -= {name for name in list(names) if not Path(str(name)).exists()}
