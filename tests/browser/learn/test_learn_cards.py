"""Teaching cards in Chromium: what is dragged follows, by pointer and by keys, and a link brings it back."""

import pytest

from tests.browser.learn.card_moves import choose_on_card, drag

pytestmark = pytest.mark.browser

CARD = ".le-card[data-ready]"


def open_card(page, app_url, query):
    page.goto(f"{app_url.rstrip('/')}/learn?{query}")
    page.wait_for_selector(CARD)


def fact(page, name):
    return page.get_attribute(".le-card", f"data-{name}")


def reports(page, name, value):
    page.wait_for_selector(f".le-card[data-{name}='{value}']")


def test_the_shelf_leads_to_every_card_and_back_to_the_chapters(page, app_url):
    page.goto(f"{app_url.rstrip('/')}/learn")
    page.wait_for_selector("#learn-view [data-chapter]")
    names = page.eval_on_selector_all(
        ".le-shelf div a", "all => all.map(a => new URL(a.href).searchParams.get('card'))"
    )
    assert names[:4] == ["cells", "lloyd", "gradients", "soft"]
    for name in names:
        open_card(page, app_url, f"card={name}")
        assert fact(page, "card") == name and not page.is_visible("#learn-view")
        box = page.locator(".le-card .le-board").bounding_box()
        assert min(box["width"], box["height"]) >= 280
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click(".le-shelf a >> nth=0")
    reports(page, "card", names[0])
    page.click(".le-shelf .le-all")
    page.wait_for_selector("#learn-view [data-chapter]", state="visible")


def test_a_code_is_dragged_and_a_link_restores_it(page, app_url):
    open_card(page, app_url, "card=cells")
    assert fact(page, "tokens") == "0 0 2 2 3 4"
    drag(page, "code-1", -0.4, 0.7)
    reports(page, "tokens", "1 1 2 2 3 4")
    assert "the tokens are 1, 1, 2, 2, 3, 4" in page.inner_text(".le-words")
    page.wait_for_function("new URLSearchParams(location.search).has('codes')")
    page.reload()
    reports(page, "tokens", "1 1 2 2 3 4")
    page.click(".le-card button:has-text('Reset')")  # it shows what the link opened, so: to what the card opens with
    reports(page, "tokens", "0 0 2 2 3 4")
    page.wait_for_function("!new URLSearchParams(location.search).has('codes')")


def test_a_latent_is_moved_by_the_arrow_keys(page, app_url):
    open_card(page, app_url, "card=cells")
    page.focus("[data-handle='point-0']")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    reports(page, "tokens", "1 0 2 2 3 4")


def test_the_picture_follows_within_a_frame(page, app_url):
    """A move is drawn at the next animation frame, whatever was moved before, and nothing is asked of the server."""
    open_card(page, app_url, "card=lloyd&k=12")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    drawn = page.evaluate(
        """async () => {
          const board = document.querySelector(".le-card .le-board"), box = board.getBoundingClientRect();
          const card = document.querySelector(".le-card");
          const handle = document.querySelector("[data-handle='code-0']").getBoundingClientRect();
          const send = (name, x, y) => board.dispatchEvent(new PointerEvent(name,
            { clientX: x, clientY: y, pointerId: 1, pointerType: "mouse", bubbles: true, cancelable: true }));
          board.setPointerCapture = () => {};
          const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
          send("pointerdown", x, y);
          const seen = [];
          for (let i = 1; i <= 5; i++) {
            const before = card.dataset.error;
            send("pointermove", x + 10 * i, y);
            send("pointermove", x + 15 * i, y);
            await new Promise((next) => requestAnimationFrame(next));
            seen.push(before !== card.dataset.error);
          }
          send("pointerup", x, y);
          return seen;
        }"""
    )
    assert drawn == [True] * 5
    assert [url for url in asked if "/queue/data" not in url] == []  # but for the stream that Gradio keeps


def test_steps_of_lloyd_go_to_the_end_and_the_error_never_rises(page, app_url):
    open_card(page, app_url, "card=lloyd&start=kmeans")
    assert page.is_disabled(".le-card button:has-text('Move')")
    page.click(".le-card button:has-text('Assign')")
    reports(page, "empty", "0")
    page.click(".le-card button:has-text('Move')")
    reports(page, "step", "1")
    page.click(".le-card button:has-text('To the end')")
    reports(page, "settled", "yes")
    assert round(float(fact(page, "error")), 4) == 0.0122
    page.wait_for_function("new URLSearchParams(location.search).has('errors')")
    errors = page.evaluate("new URLSearchParams(location.search).get('errors').split(';').map(Number)")
    assert len(errors) > 3 and errors == sorted(errors, reverse=True)


def test_a_card_is_dragged_by_a_finger_while_the_rest_of_it_scrolls(page, app_url):
    page.set_viewport_size({"width": 420, "height": 900})
    open_card(page, app_url, "card=gradients")
    assert page.evaluate("document.documentElement.scrollWidth") == 420
    taken = page.evaluate(
        """() => {
          const board = document.querySelector(".le-card .le-board"), box = board.getBoundingClientRect();
          const touch = (x, y) => {
            const finger = { pointerId: 3, pointerType: "touch", bubbles: true, cancelable: true };
            const place = { clientX: x, clientY: y, ...finger };
            board.setPointerCapture = () => {};
            board.dispatchEvent(new PointerEvent("pointerdown", place));
            const event = new Event("touchstart", { bubbles: true, cancelable: true });
            board.dispatchEvent(event);
            board.dispatchEvent(new PointerEvent("pointerup", place));
            return event.defaultPrevented;
          };
          const one = document.querySelector("[data-handle='latent']").getBoundingClientRect();
          return [touch(one.x + 15, one.y + 15), touch(box.x + 4, box.y + 4)];
        }"""
    )
    assert taken == [True, False]


def test_estimators_are_chosen(page, app_url):
    open_card(page, app_url, "card=gradients")
    reports(page, "strength", "1.000")
    choose_on_card(page, "method", "rotation")
    reports(page, "kept", "yes")
    assert page.is_hidden(".le-card [data-control='tau']")
    choose_on_card(page, "method", "gumbel")
    page.wait_for_selector(".le-card [data-control='tau']", state="visible")
    choose_on_card(page, "method", "none")
    reports(page, "strength", "0.000")
