"""The app as a whole: pages, endpoints, and launch options that are safe by default."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before the import: it is read there
os.environ.setdefault("GRADIO_HEARTBEAT_INTERVAL", "5")  # seconds, after which it is noticed that a network was cut

import gradio as gr
from gradio import routes
from starlette.middleware import Middleware

from explorer.foundation.config import settings
from explorer.pages.api import endpoints as api_endpoints
from explorer.pages.api import page as api_page
from explorer.pages.bring import events as loading
from explorer.pages.codebook import page as codebook
from explorer.pages.compare import page as compare
from explorer.pages.experiments import page as experiments
from explorer.pages.inspect import page as inspect
from explorer.pages.lab import page as lab
from explorer.pages.language import page as language
from explorer.pages.learn import page as learn
from explorer.pages.replay import page as replay
from explorer.pages.shared.beats import BeatsBySocket
from explorer.pages.shared.door import Door, Pages
from explorer.pages.shared.head import WithHead
from explorer.pages.shared.hosts import NamedHosts, allowed_hosts
from explorer.pages.shared.keeping import KeepAssets, views_route
from explorer.pages.shared.plotly_js import plotly_route
from explorer.pages.shared.runtime import SESSIONS_KEPT
from explorer.pages.shared.thumbnails import thumbnails_route
from explorer.pages.shared.visitor_files import files
from explorer.pages.shared.wire import PackAnswers
from explorer.views.kit.page.theme import stylesheet, theme

TITLE = "Discrete Tokenizer Explorer"
FIRST_PAGE = "Inspect"
QUEUE_PAUSE_S = 0.005  # a click waits half of that, which nobody sees
QUEUE = 256  # events that wait; beyond them a page is told to try again
HOUR_S = 3600
BRING = '<a href="./?bring=1">Bring a tokenizer of others</a>'  # to the panel on the first page


def keep_together() -> None:
    """Let Gradio put its files where those of visitors are, which go with the server."""
    os.environ["GRADIO_TEMP_DIR"] = str(files.root)  # components are told where uploads lie when they are made
    routes.DEFAULT_TEMP_DIR = str(files.root)  # read when Gradio was imported; each app makes a folder there at once


def build() -> gr.Blocks:
    """All pages."""
    keep_together()
    with Pages(title=TITLE, delete_cache=(HOUR_S, HOUR_S), analytics_enabled=False, fill_width=True) as demo:
        gr.Markdown(
            f"# {TITLE}\nWhich code each part of a picture, sound, clip, series or graph gets, what that code means, "
            "and what is lost.",
            elem_id="title",
        )
        gr.Navbar(main_page_name=FIRST_PAGE)
        inspect.build()
        learn.carry_guide("")
        api_endpoints.build()
    with demo.route("Training lab", "/lab"):
        _head(
            "# Training lab\nA codebook while it is learning: watch it live, break it on purpose, and mend it.",
        )
        lab.build(demo)
        learn.carry_guide("lab")
    with demo.route("Replay", "/replay"):
        _head(
            "# Replay\nA training of your own, recorded: look into it while it trains and after, as into a run of the "
            "lab.",
        )
        replay.build(demo)
        learn.carry_guide("replay")
    with demo.route("Codebook", "/codebook"):
        _head(
            "# Codebook\nA whole codebook over a whole data set: which codes are alive, what each stands for, and what "
            "is wrong.",
            brings=True,
        )
        codebook.build(demo)
        learn.carry_guide("codebook")
    with demo.route("Compare", "/compare"):
        _head(
            "# Compare\nThe same media through several tokenizers: what each keeps, what it loses, "
            "and at how many bits.",
            brings=True,
        )
        compare.build(demo)
        learn.carry_guide("compare")
    _add_teaching(demo)
    with demo.route("API", "/api"):
        _head("# API\nThe same tokenizers, from a script.")
        api_page.build()
    demo.queue(max_size=QUEUE, default_concurrency_limit=2)
    # Gradio 6 looks into an empty queue every millisecond: 5% of a core while nobody asks anything.
    demo._queue.sleep_when_free = QUEUE_PAUSE_S
    return demo


def _head(words: str, brings: bool = False) -> None:
    """What stands on top of every page but the first. brings: with a link to the panel for tokenizers of others."""
    gr.Navbar(main_page_name=FIRST_PAGE)
    gr.Markdown(words, elem_id="title", elem_classes="beside-link" if brings else None)
    if brings:
        gr.HTML(BRING, elem_classes="bring-link", apply_default_css=False, padding=False)


def _add_teaching(demo: gr.Blocks) -> None:
    """The pages from which one learns what tokens are and what makes them good."""
    with demo.route("Experiments", "/experiments"):
        _head(
            "# Experiments\nQuestions of the surveys, answered by training: the same quantizer, what differs, and what "
            "breaks.",
        )
        experiments.build(demo)
        learn.carry_guide("experiments")
    with demo.route("Language", "/language"):
        _head(
            "# Language\nA small language model reads the tokens of a picture: what comes next, how sure it is, and "
            "how the picture goes on.",
        )
        language.build(demo)
        learn.carry_guide("language")
    with demo.route("Learn", "/learn"):
        _head(
            "# Learn\nShort chapters that lead over the pages themselves: what you see there is the instrument, live.",
        )
        learn.build(demo)


def launch_options(host: str, port: int, allowed: Sequence[str] = (), heads: Mapping[str, bytes] | None = None) -> dict:
    """Arguments for `Blocks.launch`: bound to `host`, no sharing, no server paths, no foreign Host header.

    allowed: names under which the server may be called, besides those of this machine. heads: what the head of the page
    of a route begins with.
    """
    names = allowed_hosts(host, allowed)
    loading.bound_to(host, names)
    path = urlsplit(os.environ.get("GRADIO_ROOT_PATH", "")).path.rstrip("/") or "/"  # of a proxy that leads here
    middleware = [
        Middleware(NamedHosts, allowed=names),
        Middleware(BeatsBySocket),
        Middleware(Door, path=path),
        Middleware(PackAnswers),
        Middleware(WithHead, more=heads),
        Middleware(KeepAssets),
    ]
    return {
        "server_name": host,
        "server_port": port or None,
        "share": False,
        "max_file_size": settings().limits.checkpoint_upload_bytes,  # media have caps of their own
        "allowed_paths": [],
        "enable_monitoring": False,
        "run_history": False,
        "mcp_server": False,
        "ssr_mode": False,
        "strict_cors": True,
        "show_error": False,
        "state_session_capacity": SESSIONS_KEPT,
        "theme": theme(),
        "css": stylesheet() + Path(__file__).with_name("page.css").read_text(encoding="utf-8"),
        "app_kwargs": {"middleware": middleware, "routes": [plotly_route(), views_route(), thumbnails_route()]},
        "footer_links": [],
    }
