"""More pages of one browser than it has connections to a server."""

import pytest

pytestmark = pytest.mark.browser

CONNECTIONS = 6  # of Chromium, by HTTP/1.1, for one server and all pages together


def test_every_page_beside_six_others_opens_and_the_first_can_still_ask(context, app_url):
    pages = []
    for _ in range(CONNECTIONS + 1):
        page = context.new_page()
        with page.expect_websocket(lambda socket: "/heartbeat_socket/" in socket.url) as beat:
            page.goto(f"{app_url.rstrip('/')}/api")
        if not pages:
            beat.value.wait_for_event("framereceived")
        page.wait_for_selector("#api-page table")
        pages.append(page)
    assert pages[0].evaluate("async () => (await fetch('gradio_api/app_id')).status") == 200
