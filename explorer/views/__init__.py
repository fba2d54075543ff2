"""Views: browser components (`<name>.py` + `<name>.js` + `<name>.css`) and what they share. No torch here.

To add one: write the three files, subclass `BrowserComponent`, and add its line below.
"""

from __future__ import annotations

from explorer.registry import Registry

VIEWS: Registry[type] = Registry(
    "view",
    {
        "inspect_view": "explorer.views.inspect_view:InspectView",
        "code_card": "explorer.views.code_card:CodeCard",
        "player": "explorer.views.player:Player",
        "reconstruction": "explorer.views.reconstruction:ReconstructionView",
        "sample_strip": "explorer.views.sample_strip:SampleStrip",
        "load_panel": "explorer.views.load_panel:LoadPanel",
        "tokenizer_facts": "explorer.views.tokenizer_facts:TokenizerFacts",
        "export_bar": "explorer.views.export_bar:ExportBar",
        "address": "explorer.views.address:AddressBar",
        "lab_view": "explorer.views.lab_view:LabView",
        "codebook_view": "explorer.views.codebook_view:CodebookView",
        "compare_view": "explorer.views.compare_view:CompareView",
    },
)
