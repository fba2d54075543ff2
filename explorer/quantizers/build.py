"""From the plain numbers of a config file to a quantizer, and back to a checked set of options."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.foundation.errors import SettingsError
from explorer.quantizers import QUANTIZERS
from explorer.quantizers.base import Quantizer
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.reseeding import Reseeding
from explorer.quantizers.vq import CodebookOptions


def codebook_options(config: Mapping) -> CodebookOptions:
    """CodebookOptions from nested plain values, as JSON holds them. Raises SettingsError for unknown names."""
    values = dict(config)
    try:
        if "initialization" in values:
            values["initialization"] = Initialization(**values["initialization"])
        if "reseeding" in values:
            values["reseeding"] = Reseeding(**values["reseeding"])
        if "regularizers" in values:
            values["regularizers"] = tuple((str(name), float(weight)) for name, weight in values["regularizers"])
        return CodebookOptions(**values)
    except TypeError as error:
        raise SettingsError(f"codebook options: {error}") from error


def build_quantizer(quantizer_id: str, config: Mapping) -> Quantizer:
    """The quantizer of that id with the keyword arguments of `config` (its "options" as a nested mapping).

    Raises UnknownIdError for the id, SettingsError for arguments that it does not take.
    """
    values = dict(config)
    if "options" in values:
        values["options"] = codebook_options(values["options"])
    if "initialization" in values:
        values["initialization"] = Initialization(**values["initialization"])
    try:
        return QUANTIZERS.load(quantizer_id)(**values)
    except TypeError as error:
        raise SettingsError(f"quantizer {quantizer_id!r}: {error}") from error
