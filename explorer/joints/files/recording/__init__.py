"""A recorded training run on disk: a folder that is written while the run goes on, and can be read meanwhile.

    RUN/recording.json          what was recorded: levels, every how many steps, the budget
    RUN/records-000000.jsonl    a line a record: step, losses, measures, codes that got new vectors; append-only
    RUN/frame-R-S.npz           codes, counts and latents at record R, step S; old ones are thinned
    RUN/lock                    held by the process that writes

The format: `layout.py`. No torch: a run is read, and can be made, with numpy alone.
"""

from explorer.joints.files.recording.layout import RecordLevel, Reseeds
from explorer.joints.files.recording.reading import Recording, open_recording
from explorer.joints.files.recording.story import name_losses
from explorer.joints.files.recording.writing import Budget, RecordingWriter

__all__ = ["Budget", "RecordLevel", "Recording", "RecordingWriter", "Reseeds", "name_losses", "open_recording"]
