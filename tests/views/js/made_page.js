// A page for tests without a browser: as much of its elements as the views use, and a count of what is still listened to,
// observed and waited for.

const SELECTOR = /^([a-z0-9]*)((?:\.[\w-]+)*)((?:\[[^\]]+\])*)$/i;

class Target {
  heard = new Map();
  addEventListener(name, callback, options) {
    const key = `${name} ${Boolean(options?.capture ?? options === true)}`;
    if (!this.heard.has(key)) this.heard.set(key, new Set());
    this.heard.get(key).add(callback);
  }
  removeEventListener(name, callback, options) {
    this.heard.get(`${name} ${Boolean(options?.capture ?? options === true)}`)?.delete(callback);
  }
  get listening() {
    return [...this.heard.values()].reduce((sum, callbacks) => sum + callbacks.size, 0);
  }
}

class Text {
  constructor(text) {
    this.textContent = String(text);
    this.parentNode = null;
  }
  remove() {
    this.parentNode?.drop(this);
  }
}

const pixels = (width, height) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) });
const pen = new Proxy(
  {
    measureText: () => ({ width: 10 }),
    createPattern: () => ({ setTransform() {} }),
    createImageData: pixels,
    getImageData: (_x, _y, width, height) => pixels(width, height),
    canvas: { width: 300, height: 300 },
  },
  { get: (own, name) => own[name] ?? (() => undefined), set: () => true },
);

const dataOf = (element) => {
  const name = (key) => `data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return new Proxy(
    {},
    {
      get: (_, key) => element.attributes.get(name(key)),
      set: (_, key, value) => Boolean(element.attributes.set(name(key), String(value))),
      has: (_, key) => element.attributes.has(name(key)),
      deleteProperty: (_, key) => element.attributes.delete(name(key)) || true,
    },
  );
};

class Element extends Target {
  nodes = [];
  parentNode = null;
  attributes = new Map();
  style = { setProperty() {}, removeProperty() {} };
  dataset = dataOf(this);
  [Symbol.toStringTag] = "Element";
  clientLeft = 0;
  clientTop = 0;
  value = "";
  constructor(tag, size) {
    super();
    Object.assign(this, { tag, clientWidth: size, clientHeight: size, offsetWidth: size, offsetHeight: size });
    const own = () => (this.attributes.get("class") ?? "").split(" ").filter(Boolean);
    const put = (names) => this.attributes.set("class", names.join(" "));
    this.classList = {
      add: (...names) => put([...new Set([...own(), ...names])]),
      remove: (...names) => put(own().filter((name) => !names.includes(name))),
      toggle: (name, on = !own().includes(name)) => (on ? this.classList.add(name) : this.classList.remove(name)),
      contains: (name) => own().includes(name),
    };
  }
  get children() {
    return this.nodes.filter((node) => node instanceof Element);
  }
  get options() {
    return this.children;
  }
  get firstChild() {
    return this.nodes[0] ?? null;
  }
  get lastChild() {
    return this.nodes.at(-1) ?? null;
  }
  get parentElement() {
    return this.parentNode;
  }
  get nextSibling() {
    return this.parentNode?.nodes[this.parentNode.nodes.indexOf(this) + 1] ?? null;
  }
  get isConnected() {
    return this === document.documentElement || Boolean(this.parentNode?.isConnected);
  }
  get ownerDocument() {
    return document;
  }
  get textContent() {
    return this.nodes.map((node) => node.textContent).join("");
  }
  set textContent(text) {
    this.replaceChildren(...(text === "" ? [] : [text]));
  }
  get hidden() {
    return this.attributes.has("hidden");
  }
  set hidden(on) {
    this.toggleAttribute("hidden", Boolean(on));
  }
  drop(node) {
    this.nodes = this.nodes.filter((one) => one !== node);
    node.parentNode = null;
  }
  put(at, nodes) {
    const made = nodes.map((node) => (node instanceof Element ? node : new Text(node.textContent ?? node)));
    for (const node of made) node.remove();
    this.nodes.splice(Math.min(at, this.nodes.length), 0, ...made);
    for (const node of made) node.parentNode = this;
  }
  append(...nodes) {
    this.put(this.nodes.length, nodes);
  }
  appendChild(node) {
    this.append(node);
    return node;
  }
  prepend(...nodes) {
    this.put(0, nodes);
  }
  insertBefore(node, other) {
    this.put(other ? this.nodes.indexOf(other) : this.nodes.length, [node]);
  }
  after(...nodes) {
    this.parentNode?.put(this.parentNode.nodes.indexOf(this) + 1, nodes);
  }
  replaceWith(...nodes) {
    this.after(...nodes);
    this.remove();
  }
  replaceChild(node, other) {
    other.replaceWith(node);
  }
  replaceChildren(...nodes) {
    for (const node of this.nodes) node.parentNode = null;
    this.nodes = [];
    this.append(...nodes);
  }
  remove() {
    this.parentNode?.drop(this);
  }
  setAttribute(name, value) {
    this.attributes.set(name, String(value));
  }
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }
  removeAttribute(name) {
    this.attributes.delete(name);
  }
  toggleAttribute(name, on = !this.attributes.has(name)) {
    if (on) this.attributes.set(name, "");
    else this.attributes.delete(name);
  }
  contains(other) {
    return other === this || this.children.some((child) => child.contains(other));
  }
  matches(selector) {
    return selector.split(",").some((one) => {
      const found = SELECTOR.exec(one.trim().split(/\s+/).at(-1));
      if (!found) return false;
      const [, tag, classes, attributes] = found;
      const held = (attribute) => {
        const [name, value] = attribute.replace(/["']/g, "").split("=");
        return value === undefined ? this.attributes.has(name) : this.attributes.get(name) === value;
      };
      return (
        (!tag || tag === this.tag) &&
        classes.split(".").every((name) => !name || this.classList.contains(name)) &&
        (attributes.match(/[^[\]]+/g) ?? []).every(held)
      );
    });
  }
  closest(selector) {
    return this.matches(selector) ? this : (this.parentNode?.closest?.(selector) ?? null);
  }
  querySelectorAll(selector) {
    return this.children.flatMap((child) => [...(child.matches(selector) ? [child] : []), ...child.querySelectorAll(selector)]);
  }
  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }
  getBoundingClientRect() {
    return { left: 0, top: 0, right: this.clientWidth, bottom: this.clientHeight, width: this.clientWidth, height: this.clientHeight };
  }
  getContext() {
    return pen;
  }
  focus() {}
  setPointerCapture() {}
  hasPointerCapture() {
    return true;
  }
  scrollIntoView() {}
  pause() {}
}

/** Runs work(page) with the globals of a browser. page: {root() a new root on the page, change() it is told,
 *  alive() what is still held, settle()}. */
export async function withPage(work, size = 300) {
  const before = Object.getOwnPropertyDescriptors(globalThis);
  const [observing, waiting] = [new Set(), new Set()];
  const observer = class {
    constructor(callback) {
      this.callback = callback;
    }
    observe(target) {
      observing.add(this);
      if (this.sees) queueMicrotask(() => observing.has(this) && this.sees(target));
    }
    disconnect() {
      observing.delete(this);
    }
  };
  const timed = (start, end, repeats) => [
    (callback, wait, ...rest) => {
      const timer = start(
        () => {
          if (!repeats) waiting.delete(timer);
          callback(performance.now());
        },
        ...(start === setImmediate ? [] : [wait, ...rest]),
      );
      waiting.add(timer);
      return timer;
    },
    (timer) => waiting.delete(timer) && end(timer),
  ];
  const [later, notLater] = timed(setTimeout, clearTimeout, false);
  const [often, notOften] = timed(setInterval, clearInterval, true);
  const [nextFrame, notNextFrame] = timed(setImmediate, clearImmediate, false);
  const doc = new Element("#document", size);
  const [html, body, head] = ["html", "body", "head"].map((tag) => new Element(tag, size));
  html.append(head, body);
  const createElement = (tag) => new Element(tag, size);
  const place = { documentElement: html, body, head, baseURI: "http://page/", activeElement: null, hidden: false };
  Object.assign(doc, place, { createElement, createElementNS: (_, tag) => createElement(tag), getElementById: () => null });
  head.append = (link) => queueMicrotask(() => link.onload?.());
  head.appendChild = head.append; // style sheets are there at once
  const win = new Target();
  const history = { state: null, replaceState() {} };
  Object.assign(win, { location: { pathname: "/", search: "", hash: "" }, history, setTimeout: later, clearTimeout: notLater });
  const MutationObserver = class extends observer {};
  const made = {
    ...{ document: doc, window: win, devicePixelRatio: 1, CSS: { escape: String } },
    ...{ setTimeout: later, clearTimeout: notLater, setInterval: often, clearInterval: notOften },
    ...{ requestAnimationFrame: nextFrame, cancelAnimationFrame: notNextFrame },
    ResizeObserver: class extends observer {
      sees() {
        this.callback([]);
      }
    },
    IntersectionObserver: class extends observer {
      sees(target) {
        this.callback([{ target, isIntersecting: true }]);
      }
    },
    MutationObserver,
    ...{ matchMedia: () => ({ matches: true }), getComputedStyle: () => ({ getPropertyValue: () => "#123456" }) },
    ...{ Image: class {}, ImageData: class {}, localStorage: { getItem: () => null, setItem() {} } },
    OffscreenCanvas: class extends Element {
      constructor() {
        super("canvas", size);
      }
    },
  };
  for (const [name, value] of Object.entries(made)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  const page = {
    root() {
      const root = new Element("div", size);
      root.classList.add("dte-root");
      body.append(root);
      return root;
    },
    alive: () => ({ listeners: [doc, html, body, win].reduce((sum, target) => sum + target.listening, 0), observers: observing.size, waiting: waiting.size }),
    /** What the browser tells when something of the page changes. */
    change: () => [...observing].filter((one) => one instanceof MutationObserver).forEach((one) => one.callback([])),
    settle: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
  };
  try {
    return await work(page);
  } finally {
    for (const name of Object.keys(made)) {
      delete globalThis[name];
      if (before[name]) Object.defineProperty(globalThis, name, before[name]);
    }
  }
}
