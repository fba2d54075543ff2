"""Attachment: what a library's quantizer has to offer a recorder, and the ears that it puts on it.

Everything here runs inside the training step: nothing may wait for the device, change a value or draw a random number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from explorer.joints.files.recording import RecordLevel

Latents = Callable[[], Tensor]  # (N, d) of what a level was given, computed only where it is looked at


class Listener(Protocol):
    """What an attachment tells."""

    def begin(self) -> None:
        """The quantizer is about to run."""

    def see(self, level: int, indices: Tensor, latents: Latents | None) -> None:
        """A level chose `indices`, of any shape; below 0 or from K on there is no token. latents: (N, d), flattened."""

    def fit(self, level: int, codes: int, dim: int) -> None:
        """A level has another shape from now on, where it has."""

    def see_sides(
        self,
        given: Tensor,
        quantized: Tensor,
        losses: Mapping[str, Tensor],
        channels: int,
        total: Tensor | None = None,
    ) -> None:
        """What the whole quantizer was given and returned, and its losses; `channels` is the axis of a latent. total:
        their sum, where it is returned beside them."""

    def see_reseeds(self, level: int, mask: Tensor, strategy: str) -> None:
        """Codes that got new vectors in this step: (K,) bool."""


@dataclass(frozen=True)
class Reseed:
    """As a library tells it afterwards. forward: the number of the training forward, from 1, of this quantizer."""

    forward: int
    level: int
    code: int
    strategy: str
    source: int = -1


class Attachment(ABC):
    """levels: as they are now, named within the quantizer ("", "level 1", "group 2")."""

    reports_reseeds = False  # whether the library itself tells which codes got new vectors

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self._handles: list[Any] = []

    @abstractmethod
    def levels(self) -> Sequence[RecordLevel]:
        """What is recorded; shapes are read anew, since codebooks may grow."""

    @abstractmethod
    def vectors(self, level: int) -> Tensor | None:
        """(K, d) of a level as they are now, None where a rule gives them. May be what training changes."""

    @abstractmethod
    def listen(self, to: Listener) -> None:
        """Put hooks on the module."""

    def drain_reseeds(self) -> Sequence[Reseed]:
        """Since the last call, of a library that keeps them; at a record only, since it may wait for the device."""
        return ()

    def leave(self) -> None:
        """Take the hooks off again."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def place(self) -> str:
        """Class and package, in words."""
        return f"{type(self.module).__name__} of {type(self.module).__module__.split('.')[0]}"


def hear_nothing(*_: Any, **__: Any) -> None:
    """What the hooks of a copy do."""


class Hook:
    """A hook that stays with its module: copies of a model, as of running averages, and files of a whole one have a
    hook that does nothing, and hold nothing of the recorder."""

    def __init__(self, act: Callable[..., Any]) -> None:
        self._act = act

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._act(*args, **kwargs)

    def __deepcopy__(self, _: dict[int, Any]) -> Hook:
        return Hook(hear_nothing)

    def __reduce__(self) -> tuple[Any, ...]:
        return Hook, (hear_nothing,)


class Method:
    """A method of one object that stands in for its own; copies of the object have their own again."""

    def __init__(self, owner: Any, name: str, act: Callable[..., Any]) -> None:
        self._owner, self._name, self._act = owner, name, act

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._act(*args, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        owner = memo.get(id(self._owner), self._owner)  # the copy, which is being filled
        return getattr(type(owner), self._name).__get__(owner)

    def __reduce__(self) -> tuple[Any, ...]:
        return _method_of, (self._owner, self._name)


def _method_of(owner: Any, name: str) -> Any:
    return getattr(type(owner), name).__get__(owner)


class Patch:
    """A method of one object, replaced until `remove`."""

    def __init__(self, owner: Any, name: str, method: Callable[..., Any]) -> None:
        self._owner, self._name = owner, name
        object.__setattr__(owner, name, Method(owner, name, method))

    def remove(self) -> None:
        self._owner.__dict__.pop(self._name, None)


def comes_from(module: nn.Module, package: str, *names: str) -> bool:
    """Whether a class of that package and one of these names is among the module's ancestors; nothing is imported."""
    return any(kind.__name__ in names and kind.__module__.split(".")[0] == package for kind in type(module).__mro__)


def first_tensor(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor | None:
    """The first positional argument that is a tensor, or else the first by name."""
    return next((one for one in (*args, *kwargs.values()) if isinstance(one, Tensor)), None)


def names_of_levels(many: int, word: str = "level") -> list[str]:
    """ "" of a single one; else "level 1" and so on."""
    return [""] if many == 1 else [f"{word} {number + 1}" for number in range(many)]
