"""One process of a run that several train together, as torchrun starts it: the command on tiny recipes.

`python -m tests.training.train_together NAME ARGUMENTS ...`, with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT set.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tiny import tiny

from explorer.training import command
from explorer.training.recipes import ZOO


def main():
    command.ZOO = {name: tiny(name) for name in ZOO}
    names, port = sys.argv[1].split(","), int(os.environ["MASTER_PORT"])
    for number, name in enumerate(names):
        os.environ["MASTER_PORT"] = str(port + number)  # the first may still be at the one before
        command.main([name, *sys.argv[2:]])


if __name__ == "__main__":
    main()
