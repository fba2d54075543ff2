"""Where a recorder's numbers and pictures also go: TensorBoard, Weights & Biases, trackio.

    from explorer.figures.boards import TensorBoard
    from explorer.recorder import Recorder
    Recorder("runs/first", sinks=(TensorBoard("runs/first/board"),))

Importing this package imports none of the three; each is imported when its class is made.
"""

from explorer.figures.boards.judge import judge
from explorer.figures.boards.tensorboard import TensorBoard
from explorer.figures.boards.trackio import Trackio
from explorer.figures.boards.weights_and_biases import WeightsAndBiases

__all__ = ["TensorBoard", "Trackio", "WeightsAndBiases", "judge"]
