"""What a card says of losses beyond the squared error, and of the sibling that has the squared error alone."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.training.evaluation.prefixes import FIRST
from explorer.training.siblings import PREFIX

HEADS = {
    "psnr_db": ("PSNR, dB", ".2f"),
    "ssim": ("SSIM", ".3f"),
    "gradient_energy": ("gradient energy", ".2f"),
    "fine_power": ("fine power", ".3f"),
    "gmsd": ("GMSD", ".4f"),
}


def losses_row(training: Mapping) -> str:
    """The row of the card's table, ending its line; "" where the squared error is all."""
    if "adversary_from" not in training:
        return ""
    if "feature_weight" in training:
        return _sound_losses(training)
    widths = ", ".join(map(str, training["adversary_channels"]))
    since = f"from step {training['adversary_from']:,} on " if training["adversary_from"] else ""
    return (
        "| losses | squared error over the variance of the data; "
        f"{training['perceptual_weight']:g} times a distance of local energies of oriented waves, a fixed bank of "
        f"filters that stands in for LPIPS; {since}a PatchGAN ({widths} channels, "
        f"hinge), {training['adversary_weight']:g} times the adaptive weight |\n"
    )


def _sound_losses(training: Mapping) -> str:
    return (
        f"| losses | of the decoder alone, from the weights of `{training['sibling']}`, whose encoder and codes stay: "
        f"{training['waveform_weight']:g} times the logarithm of noise over signal, {training['mel_weight']:g} times "
        "the log-mel distance, from step "
        f"{training['adversary_from']:,} on an adversary on spectrograms of three windows "
        f"({training['adversary_channels']} channels, hinge), {training['adversary_weight']:g} times the adaptive "
        f"weight, and {training['feature_weight']:g} times the distance of its features |\n"
    )


def beside_sibling(config: Mapping) -> str:
    """The table of both, with what its columns mean; "" without one."""
    training, measured = config["training"], config["measured"]
    if f"{PREFIX}psnr_db" not in measured:
        return ""
    if f"{PREFIX}gmsd" not in measured:
        return _without_textures(config)
    rows = "".join(
        f"| {named} | {' | '.join(format(measured[prefix + key], form) for key, (_, form) in HEADS.items())} |\n"
        for named, prefix in ((f"`{config['id']}`", ""), (f"`{training['sibling']}`, squared error alone", PREFIX))
    )
    return (
        f"\nBeside its sibling of the same network, data and bits, with whose weights it began after the "
        f"{measured[PREFIX + 'steps']:,}\nsteps of that one, on the same pictures:\n\n"
        f"| | {' | '.join(head for head, _ in HEADS.values())} |\n|{' --- |' * (1 + len(HEADS))}\n{rows}\n"
        "Gradient energy and fine power (above a quarter of a cycle a pixel) are those of the decode over those of\n"
        "the picture: 1 would be as sharp. GMSD is a perceptual distance that neither was trained on: lower is\n"
        "better.\n"
    )


def first_tokens(config: Mapping) -> str:
    """PSNR of the first tokens alone, and of the same of the sibling; "" where it was not measured."""
    measured, training = config["measured"], config["training"]
    kept = [name.removeprefix(FIRST) for name in measured if name.startswith(FIRST)]
    if not kept:
        return ""
    heads = [*kept, str(config["architecture"]["tokens"])]
    names = [FIRST + count for count in kept] + ["psnr_db"]
    rows = [(f"`{config['id']}`", "")]
    rows += [(f"`{training['sibling']}`", PREFIX)] if PREFIX + names[0] in measured else []
    table = "".join(
        f"| {named} | {' | '.join(f'{measured[prefix + one]:.2f}' for one in names)} |\n" for named, prefix in rows
    )
    return (
        "\nPSNR in dB where only the first tokens are kept, the others as the zero vector:\n\n"
        f"| tokens kept | {' | '.join(heads)} |\n|{' --- |' * (1 + len(heads))}\n{table}"
    )


def _without_textures(config: Mapping) -> str:
    """What a sibling of plain pictures loses or gains."""
    measured, name = config["measured"], config["training"]["sibling"]
    more, steps = measured["psnr_db"] - measured[PREFIX + "psnr_db"], f"{measured[PREFIX + 'steps']:,} steps"
    return (
        f"\nIt began with the weights of `{name}` after the {steps} of that one, which has\n"
        f"{measured[PREFIX + 'psnr_db']:.2f} dB, SSIM {measured[PREFIX + 'ssim']:.3f}, with all tokens: "
        f"{abs(more):.2f} dB {'less' if more > 0 else 'more'} than this one.\n"
    )
