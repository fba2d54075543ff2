"""Pages as on a busy machine, to hunt a test that reads what is not there yet: `pytest --late 300 tests/browser`.

A test that looks at a page right after a click passes where the page is quick and fails where it is not. Here all that
a browser does later than the click itself is done so many milliseconds later: events that it queues, what it observes,
what it draws, fetches and asks of timers. What it does within a click stays within it, and nothing changes its order.
"""

LATER = """(() => {
  const WAIT = %d;
  const QUEUED = new Set(["toggle", "scroll", "scrollend", "resize", "load", "loadedmetadata", "loadeddata", "canplay",
    "ended", "timeupdate", "transitionend", "animationend", "message", "open", "fullscreenchange", "visibilitychange"]);
  const late = (call) => function (...all) { setTimeout(() => call.apply(this, all), WAIT); };
  const made = new WeakMap();
  const wrap = (listener) => {
    if (!made.has(listener)) made.set(listener, function (event) {
      const at = event.currentTarget;
      setTimeout(() => {
        Object.defineProperty(event, "currentTarget", { value: at, configurable: true });
        if (typeof listener === "function") listener.call(at, event);
        else listener.handleEvent(event);
      }, WAIT);
    });
    return made.get(listener);
  };
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const wrapped = (type, listener) => (listener && QUEUED.has(type) ? wrap(listener) : listener);
  EventTarget.prototype.addEventListener = function (type, listener, how) {
    const once = typeof how === "object" && how.once && QUEUED.has(type);
    add.call(this, type, wrapped(type, listener), once ? { ...how, once: true } : how);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, how) {
    remove.call(this, type, wrapped(type, listener), how);
  };
  for (const name of ["IntersectionObserver", "ResizeObserver"]) {
    const Own = globalThis[name];
    globalThis[name] = class extends Own { constructor(call, how) { super(late(call), how); } };
  }
  const { fetch, requestAnimationFrame: draw, requestIdleCallback: idle } = globalThis;
  const pause = () => new Promise((done) => setTimeout(done, WAIT));
  globalThis.fetch = async (...all) => { await pause(); return fetch(...all); };
  globalThis.requestIdleCallback = (call, how) => idle((left) => setTimeout(() => call(left), WAIT), how);
  globalThis.requestAnimationFrame = (call) => draw(() => setTimeout(() => draw(call), WAIT / 6));
})();"""


def make_late(browser, ms):
    """Every page that this browser opens from now on does later by `ms` what it need not do at once."""
    new_context = browser.new_context

    def new_late_context(**how):
        context = new_context(**how)
        context.add_init_script(LATER % ms)
        return context

    browser.new_context = new_late_context
