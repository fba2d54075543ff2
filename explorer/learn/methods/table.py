"""The table of methods, in the order of the surveys."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.learn.methods.life import (
    DEATH_METHODS,
    INITIALIZATION_METHODS,
    LOSS_METHODS,
    RESEEDING_METHODS,
    UPDATE_METHODS,
)
from explorer.learn.methods.measures import EXPERIMENT_METHODS, MEASURE_METHODS, MODALITY_METHODS
from explorer.learn.methods.method import Method
from explorer.learn.methods.quantizers import GRADIENT_METHODS, QUANTIZER_METHODS

# Heading -> its methods.
METHODS: Mapping[str, tuple[Method, ...]] = {
    "Quantizers": QUANTIZER_METHODS,
    "Gradients": GRADIENT_METHODS,
    "Where codes start": INITIALIZATION_METHODS,
    "What moves codes": UPDATE_METHODS,
    "When a code is dead": DEATH_METHODS,
    "Reseeding": RESEEDING_METHODS,
    "Losses": LOSS_METHODS,
    "Measures": MEASURE_METHODS,
    "Experiments": EXPERIMENT_METHODS,
    "Modalities": MODALITY_METHODS,
}
