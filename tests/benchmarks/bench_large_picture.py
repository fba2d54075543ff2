"""A public tokenizer of 76 million parameters (taming VQGAN f16, 16,384 codes) on the Inspect page. Needs Chromium.

Its weights are made by rule at the published shapes and lie in a Lightning checkpoint, which the app brings itself.
"""

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from explorer.loading.planning import plan
from tests.conftest import CHROMIUM_OPTIONS, app_with

BUDGET_S = 15
DRAWN = "document.querySelector('#reconstruction').textContent.includes('PSNR')"


def measure() -> list[tuple[str, str, str]]:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = checkpoint(Path(folder))
        found = plan(str(file))
        browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(CHROMIUM_OPTIONS))
        try:
            with app_with("--checkpoint", str(file)) as url:
                first, words = shown(browser, f"{url}?tokenizer={found.id}&picture=astronaut&side=256")
                second, _ = shown(browser, f"{url}?tokenizer={found.id}&picture=coffee&side=256")
        finally:
            browser.close()
    size = f"{found.spec.parameters / 1e6:.0f} M parameters, 256 px"
    return [
        (f"{size}: page opened -> picture, tokens and reconstruction drawn", f"{first:.1f} s", f"{BUDGET_S} s"),
        (f"{size}: the same for another picture", f"{second:.1f} s", f"{BUDGET_S} s"),
        ("words seen while it works", "; ".join(words) or "none", "with progress"),
    ]


def checkpoint(folder: Path) -> Path:
    """The published layout: `state_dict` in a torch file."""
    import torch

    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "public"))
    from ruled_weights import golden, ruled_state

    path = folder / "vqgan_imagenet_f16_16384.ckpt"
    torch.save({"state_dict": ruled_state(golden("convvq_published")["vqgan_f16_16384_shapes"])}, path)
    return path


def shown(browser, url):
    """Seconds until the reconstruction is there, and the different stages that were said meanwhile."""
    page, said = browser.new_page(viewport={"width": 1440, "height": 900}), []
    begun = time.perf_counter()
    page.goto(url)
    while not page.evaluate(f"Boolean(document.querySelector('#reconstruction')) && {DRAWN}"):
        text = page.locator("#sample-strip").inner_text() if page.locator("#sample-strip").count() else ""
        stage = re.search(r"(loading its weights|encoding|quantizing|decoding)", text)
        if stage and stage[1] not in said:
            said.append(stage[1])
        page.wait_for_timeout(50)
        if time.perf_counter() - begun > 120:
            raise TimeoutError(f"nothing was drawn: {text}")
    seconds = time.perf_counter() - begun
    page.close()
    return seconds, said
