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
        "inspect_view": "explorer.views.inspect.view:InspectView",
        "code_card": "explorer.views.inspect.card.card:CodeCard",
        "player": "explorer.views.inspect.player.player:Player",
        "reconstruction": "explorer.views.inspect.reconstruction.reconstruction:ReconstructionView",
        "sample_strip": "explorer.views.kit.widgets.sample_strip:SampleStrip",
        "load_panel": "explorer.views.bring.panel:LoadPanel",
        "tokenizer_facts": "explorer.views.inspect.facts:TokenizerFacts",
        "export_bar": "explorer.views.kit.widgets.export_bar:ExportBar",
        "folds": "explorer.views.kit.widgets.folds:Folds",
        "address": "explorer.views.kit.page.address:AddressBar",
        "lab_view": "explorer.views.lab.view:LabView",
        "codebook_view": "explorer.views.codebook.view:CodebookView",
        "compare_view": "explorer.views.compare.view:CompareView",
    },
)
