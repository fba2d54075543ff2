"""Views: browser components (`<room>/<name>.py`, `.js` and `.css`) and the kit that they are built of. No torch here.

To add one: write the three files, subclass `BrowserComponent`, and add its line below.
"""

from __future__ import annotations

from explorer.foundation.registry import Registry
from explorer.views import no_stubs

no_stubs.install()  # before any page or view imports Gradio

VIEWS: Registry[type] = Registry(
    "view",
    {
        "inspect_page": "explorer.views.inspect.page:InspectPage",
        "sample_strip": "explorer.views.kit.widgets.sample_strip:SampleStrip",
        "load_panel": "explorer.views.bring.panel:LoadPanel",
        "tokenizer_facts": "explorer.views.inspect.facts:TokenizerFacts",
        "recorder": "explorer.views.inspect.recorder.recorder:Recorder",
        "folds": "explorer.views.kit.widgets.folds:Folds",
        "lab_view": "explorer.views.lab.view:LabView",
        "replay_view": "explorer.views.replay.view:ReplayView",
        "codebook_view": "explorer.views.codebook.view:CodebookView",
        "experiments_view": "explorer.views.experiments.view:ExperimentsView",
        "language_view": "explorer.views.language.view:LanguageView",
        "guide": "explorer.views.learn.guide:Guide",
        "chapters": "explorer.views.learn.chapters:Chapters",
        "play": "explorer.views.learn.play:Play",
        "compare_view": "explorer.views.compare.view:CompareView",
    },
)
