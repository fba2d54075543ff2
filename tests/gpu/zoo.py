"""Part `zoo`: members of the zoo, trained one after another for as long as there is, each written out as it is done."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from explorer.foundation.words import count_of
from explorer.training import command
from explorer.training.recipes import ZOO
from explorer.training.schedules import PictureSchedule
from tests.gpu.scale import Setting
from tests.gpu.table import Row

OWED_DB = {"rvq-4": 27.5}  # on the held-out pictures; of members with one level:
OWED_SINGLE_DB = 24.0
COUNTED = {"image": "picture", "video": "clip", "audio": "sound"}  # what a member is measured on, by its modality
FEWEST_S = 40.0  # of a member: with less, no other one is begun
BESIDES = 1.25  # of the time of training: reading, measuring, writing


def minutes_each(seconds: float, members: int) -> float:
    """Of training, for each of those that are left."""
    return seconds / max(1, members) / BESIDES / 60


def arguments_of(name: str, setting: Setting, minutes: float) -> list[str]:
    """As `python -m explorer train` takes them. Members with grids or views of their own keep their batches."""
    scale, out = setting.scale, setting.folder
    line = [name, "--out", str(out / "checkpoints"), "--runs", str(out / "runs"), "--device", str(setting.device)]
    if type(ZOO[name].schedule) is PictureSchedule:
        line += ["--batch", str(scale.batch), "--crop", str(scale.crop_px), "--rate", str(scale.rate)]
    if ZOO[name].modality != "audio":  # whose members keep to the sounds that come with the app
        line += ["--data", *setting.data] if setting.data else []
        line += ["--held-out", *setting.held_out] if setting.held_out else []
    return [*line, *(("--steps", str(scale.steps)) if scale.steps else ("--minutes", f"{minutes:.3f}"))]


def train_members(setting: Setting) -> Iterator[Row]:
    began, members = time.monotonic(), setting.scale.members
    for number, name in enumerate(members):
        left = setting.seconds - (time.monotonic() - began)
        if left < FEWEST_S and not setting.scale.steps:
            yield Row("zoo", ", ".join(members[number:]), "no time was left", "", "skipped")
            return
        # The first ones are those that are owed: they get a third of what is left, or as much as is just.
        share = max(left / 3, left / (len(members) - number), min(left, FEWEST_S))
        try:
            command.main(arguments_of(name, setting, minutes_each(share, 1)))
            yield result_of(name, setting.folder / "checkpoints" / name)
        except Exception as error:  # each member is a row
            yield Row("zoo", name, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}", "", "failed")


def result_of(name: str, folder: Path) -> Row:
    """What was written, and what was owed."""
    config = json.loads((folder / "config.json").read_text())
    measured, training = config["measured"], config["training"]
    levels = range(1, config["num_quantizers"] + 1)
    usage = ", ".join(f"{measured[f'usage_{q}']:.0%}" for q in levels)
    modality, side = ZOO[name].modality, training.get("crop_px")
    sound = modality == "audio"
    ratio = f"{measured['si_sdr_db']:.2f} dB" if "si_sdr_db" in measured else "not defined"
    quality = f"SI-SDR {ratio}" if sound else f"{measured['psnr_db']:.2f} dB"
    each = f"pieces of {training['samples']:,} samples" if sound else f"crops of {side} px"
    words = f"{quality}, usage {usage}; {training['steps']:,} steps of {training['batch']} {each} in "
    words += f"{training['seconds']:,.0f} s"
    plain = len(levels) == 1 and config["healthy"] and type(ZOO[name].schedule) is PictureSchedule
    single = OWED_SINGLE_DB if plain else None
    owed = OWED_DB.get(name, single)
    state = "below" if owed and measured["psnr_db"] < owed else "ok"
    noun = COUNTED[modality]
    what = f"{name}, on {count_of(measured[f'{noun}s'], f'held-out {noun}')}"
    return Row("zoo", what, words, f"{owed:g} dB" if owed else "", state)
