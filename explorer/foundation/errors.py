"""Errors whose message is written for the person in front of the screen.

Every message says what was wrong, with the offending value, and what to do. Pages show the message as it is;
anything that is not an `ExplorerError` is a bug and goes to the log with its trace.
"""

import logging


class ExplorerError(Exception):
    """Base of all errors that a user can cause and can mend."""


class MediaError(ExplorerError):
    """A picture, sound or clip that cannot be read, or is over a limit."""


class CheckpointError(ExplorerError):
    """A checkpoint that cannot be loaded: missing key, wrong shape, NaN weights, unsafe format."""


class UnknownIdError(ExplorerError, KeyError):
    """An id that no registry entry has; the message lists the valid ones."""

    def __str__(self) -> str:  # KeyError would print the repr of its argument
        return str(self.args[0]) if self.args else ""


class SettingsError(ExplorerError, ValueError):
    """An impossible setting, such as groups that do not divide the dimension."""


class FieldError(SettingsError):
    """An impossible value, and the field that it belongs to. place: what else says where, such as start and end of the
    characters at fault."""

    def __init__(self, field: str, message: str, **place: int) -> None:
        super().__init__(message)
        self.field, self.place = field, place


class RecordError(ExplorerError, ValueError):
    """Arrays whose shapes do not fit together at a joint, or a token file that is not one."""


class AdapterError(ExplorerError):
    """A user's own tokenizer whose adapter file is wrong, or that does not do what the file says."""


class Cancelled(ExplorerError):
    """Work that the visitor stopped."""


BUG = "Something went wrong that should not have; the log of the server has the details. Your choices are kept."
_log = logging.getLogger(__name__)


def plain_words(error: Exception) -> str:
    """What to tell the visitor: the message of an ExplorerError; for a bug an apology, and the trace in the log."""
    if isinstance(error, ExplorerError):
        return str(error)
    _log.error("a bug", exc_info=error)
    return BUG
