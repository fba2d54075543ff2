"""What to try in a training of one's own: the ailments that the rules of the lab name, with what libraries call the
remedies (vector-quantize-pytorch, encodec, transformers)."""

from __future__ import annotations

from collections.abc import Mapping

ADVICE: Mapping[str, str] = {
    "dead": (
        "No code was reseeded: let the quantizer replace dead codes (threshold_ema_dead_code in vector-quantize-pytorch"
        " and encodec), start it on latents (kmeans_init), or take fewer codes."
    ),
    "dead_although_reseeded": (
        "Codes die although they are reseeded: look whether reseeded codes get fresh EMA statistics, check oftener, or "
        "take fewer codes."
    ),
    "slid": "Reseed them onto latents: the EMA has drawn codes that win nothing to the origin.",
    "far": "Start on the latents (kmeans_init), or reseed codes onto latents of the batch.",
    "churn": "Lower the threshold below which a code is reseeded well under tokens a step / K, or check less often.",
    "churn_below": "Check less often, or wait longer before a code counts as dead.",
    "jump_back": "Set the EMA sum and count of a reseeded code anew: the old ones pull it back.",
    "still": "Look whether the codebook learns at all: its learning rate or decay, and whether it is in the optimizer.",
    "run_away": "Raise the commitment weight, or lower the learning rate of the encoder.",
    "lags": "Lower the decay of the EMA or raise the codebook's learning rate, or lower that of the encoder.",
    "softened": "Lower the temperature, so that latents count for fewer codes.",
    "mismatch": "Give the decoder in training what it will get later: single codes.",
    "frozen": "Lower the commitment weight, or raise the learning rate of the encoder.",
    "alike": "Add noise to reseeded codes, or a term that drives codes apart; or take fewer codes.",
    "nearly_equal": "Start on the latents (kmeans_init), raise the codebook's learning rate, or drive codes apart.",
    "unfaithful": "Lower the weights of terms that force usage, or let the encoder learn faster.",
    "pressed": "Lower the weight of terms that drive latents away from their codes.",
    "blunt": "Start on the latents (kmeans_init), or let the codes learn faster.",
    "worsened": "Codes fitted better before: lower the decay of the EMA, or the learning rate of the encoder.",
    "skewed": "Start on the latents (kmeans_init), or add a term that spreads usage (entropy, KL to uniform).",
    "coarse": "Take more codes, or more levels.",
}
# Of codes that follow from a rule (FSQ, LFQ, BSQ), which cannot be moved.
_FEWER = (
    "Choose fewer values an axis or fewer dimensions, or add a term that spreads usage (the entropy of LFQ and BSQ)."
)
RULES: Mapping[str, str] = {
    "dead": _FEWER,
    "dead_although_reseeded": _FEWER,
    "skewed": "Add a term that spreads usage (the entropy of LFQ and BSQ), or choose fewer values an axis.",
    "blunt": "Choose more values an axis or more dimensions, or scale the latents to the range of the rule.",
    "worsened": "Lower the learning rate of the encoder: its latents have left the range of the rule.",
    "coarse": "Choose more values an axis, or more dimensions.",
}


def advise_run(ailment: str, follows_a_rule: bool = False) -> str:
    """What can be tried against it; "" for an ailment that is not known. follows_a_rule: whether codes cannot move."""
    return (RULES.get(ailment) if follows_a_rule else None) or ADVICE.get(ailment, "")
