"""How far codes and latents go in one step: looked at before a step with a record, and after it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from explorer.lab.dynamics import spread_of
from explorer.recorder.ear import Ear, Probe


class Motion:
    """Of the codes of the first level, and of the latents of a probe where there is one."""

    def __init__(self) -> None:
        self.probe: Probe | None = None
        self._vectors: Tensor | None = None
        self._latents: Tensor | None = None

    def forget(self) -> None:
        """The step that comes has no record, or is none."""
        self._vectors = self._latents = None

    def look_before(self, ears: Sequence[Ear]) -> None:
        """Before a step with a record."""
        self.forget()
        if not ears or not ears[0].tallies:
            return
        vectors = ears[0].attachment.vectors(0)
        self._vectors = None if vectors is None else vectors.detach().clone()
        self._latents = self.probe.latents() if self.probe is not None else None

    def moved(self, ears: Sequence[Ear]) -> dict[str, Tensor]:
        """In the step that was finished; as measures."""
        values = {}
        now = ears[0].attachment.vectors(0) if self._vectors is not None else None
        if now is not None and now.shape == self._vectors.shape:
            values["code_speed"] = (now.detach() - self._vectors).norm(dim=-1).mean()
        if self._latents is not None and self.probe is not None:
            new = self.probe.latents()
            values["drift"] = (new - self._latents).square().sum(-1).mean().sqrt() / spread_of(new)
        return values

    def end(self) -> None:
        if self.probe is not None:
            self.probe.remove()
