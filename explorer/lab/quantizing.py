"""From the settings of the lab to a quantizer, and changes of settings onto one that is training."""

from __future__ import annotations

from explorer.lab.controls import CONTROLS
from explorer.lab.settings import LabSettings
from explorer.quantizers.base import Quantizer
from explorer.quantizers.lab_specs import builder
from explorer.quantizers.vq import VectorQuantizer, options_in_lab

_ON_THE_RUN = {control.name for control in CONTROLS if not control.restarts}


def build_lab_quantizer(s: LabSettings) -> Quantizer:
    """The quantizer of the settings. Raises SettingsError for what it does not take."""
    return builder(s.quantizer)(s)


def apply_settings(quantizer: Quantizer, s: LabSettings) -> None:
    """Let new values act on a quantizer that is training; what needs a new run is not looked at."""
    for module in quantizer.modules():
        if isinstance(module, VectorQuantizer):
            module.options = options_in_lab(s)
            module.counts.decay = s.decay
            module.use_reseeding()
            module.vectors.requires_grad_(s.update == "gradient")
            if s.update != "gradient":
                module.vectors.grad = None
    for name in _ON_THE_RUN.intersection(s.spec.names):
        if hasattr(quantizer, name):
            setattr(quantizer, name, getattr(s, name))
