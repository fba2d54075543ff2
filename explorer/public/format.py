"""Format: one public way to keep a tokenizer in files. Recognised from a Header; `explorer.loading.fill` fills it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Literal, Protocol

from explorer.joints.tokenizer import TokenizerSpec
from explorer.public.header import Header

Progress = Callable[[float, str], None]  # share done 0..1, what is being done; raises Cancelled to stop


class BuiltCodec(Protocol):
    """A `tokenizers.codec.Codec`, named without torch: pages read formats."""

    spec: TokenizerSpec


def silent(share: float, words: str) -> None:
    """No progress shown."""


class Format(ABC):
    """id: of the registry. title: as people call it, such as "taming VQGAN". modality: of its media.

    averaged_first: whether the original takes the running averages of the weights where a file has a dict of them.
    library: whose model it is, if it is one of a library.
    """

    id: str
    title: str
    modality: Literal["image", "audio", "video"]
    averaged_first = False
    library = ""

    @abstractmethod
    def recognises(self, header: Header) -> bool:
        """Whether the header has this format's fingerprint: a few keys, shapes or words of its config."""

    def resembles(self, header: Header) -> bool:
        """Whether the tensors alone look like this format, which is told by its config.json and cannot do without."""
        return False

    def missing(self, header: Header) -> str:
        """Where files only resemble this format: a sentence on what they lack, "" if nothing particular is known."""
        return ""

    @abstractmethod
    def describe(self, header: Header) -> TokenizerSpec:
        """All that a page shows before weights are read. `id`, `title` and `licence` are the loader's to change.

        Raises CheckpointError, naming the key or shape and what was expected, for what only looks like this format.
        """

    @abstractmethod
    def build(self, header: Header) -> BuiltCodec:
        """The codec with the modules that the header asks for; called on torch's meta device, so nothing is filled."""

    def rename(self, key: str) -> str | None:
        """The module's name of a tensor of the file; None for one that tokenizing never reads (losses, teachers)."""
        return key

    def places(self, header: Header) -> dict[str, str]:
        """File's key -> module's name for all that is read; by `rename`, unless one key can stand in for another."""
        return {key: name for key in header.tensors if (name := self.rename(key)) is not None}
