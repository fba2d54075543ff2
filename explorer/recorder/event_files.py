"""Files of events for TensorBoard, written by torch's own writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from explorer.foundation.errors import SettingsError


def open_event_file(folder: Path | str) -> Any:
    """A `SummaryWriter` into a folder. Raises SettingsError without the package tensorboard."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # wants the package tensorboard
    except ImportError as error:
        raise SettingsError("TensorBoard needs the package tensorboard: pip install tensorboard.") from error
    return SummaryWriter(str(folder))
