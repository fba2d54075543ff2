"""Start the Discrete Tokenizer Explorer: `python app.py [--host 127.0.0.1] [--port 7860] [--adapter my_adapter.py]`."""

from __future__ import annotations

import argparse
import os
import sys

from explorer.cli import bringing
from explorer.foundation import limits
from explorer.foundation.errors import ExplorerError
from explorer.foundation.numerals import whole_option
from explorer.pages.shared import memory
from explorer.pages.shared.serve import is_taken


def main() -> None:
    """Parse the command line, build the pages, serve until interrupted."""
    parser = argparse.ArgumentParser(description="See what a discrete tokenizer does, in the browser.")
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), help="address to bind to")
    parser.add_argument(
        "--port", type=whole_option, default=None, help="port (default: the first free one from 7860; 0: any)"
    )
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a name of a proxy, repeatable"
    )
    parser.add_argument("--device", default=None, help="auto, cpu, cuda, mps")
    bringing.add_options(parser)
    limits.add_option(parser)
    bringing.add_results(parser)
    arguments = parser.parse_args()
    if arguments.device:
        os.environ["EXPLORER_DEVICE"] = arguments.device  # read once, by explorer.foundation.config

    memory.begin()
    if arguments.port and is_taken(arguments.host, arguments.port):
        print(
            f"Port {arguments.port} is taken: another program listens there. Choose another with --port, or 0 for a "
            "free one.",
            file=sys.stderr,
        )
        sys.exit(2)
    try:
        limits.apply(arguments)
        bringing.bring(arguments)
        given = bringing.bring_results(arguments)
    except ExplorerError as error:
        sys.exit(f"app.py: {error}")

    from explorer.pages.app import build
    from explorer.pages.launch import serve
    from explorer.pages.shared.serve import end_well_on_sigterm
    from explorer.pages.warm import first_result, the_rest

    demo = build()
    first, *others = serve(demo, arguments.host, arguments.port, arguments.allow_host)
    print(f"Running on {first}", flush=True)
    for address in others:
        print(f"and, for others on this network, on {address}", flush=True)
    for title, path in given:
        print(f"{title}: {first}{path}", flush=True)
    end_well_on_sigterm()
    first_result().join()
    the_rest(first)
    demo.block_thread()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # while it starts; once it serves Gradio takes it
        sys.exit(130)
