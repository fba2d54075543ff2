// A "?" opens by keyboard and touch since it is a real button that listens to nothing but "click", which browsers send
// for a tap, for Enter and for Space alike; Escape and a tap elsewhere close it.

import assert from "node:assert/strict";
import test from "node:test";

import { helpMark, helpTerms, learn } from "../../../../explorer/views/kit/page/help.js";

/** As much of an element as help needs. */
class Made {
  constructor(tag) {
    Object.assign(this, { tag, children: [], attributes: {}, listeners: {}, style: {}, offsetWidth: 340, offsetHeight: 80 });
    this.parent = null;
    this.textContent = "";
  }
  setAttribute(name, value) {
    if (name === "class") this.className = String(value);
    this.attributes[name] = String(value);
  }
  removeAttribute(name) {
    delete this.attributes[name];
  }
  addEventListener(name, listener) {
    (this.listeners[name] ??= []).push(listener);
  }
  append(...more) {
    for (const one of more) {
      if (typeof one === "string") {
        this.textContent += one;
        continue;
      }
      one.remove?.();
      one.parent = this;
      this.children.push(one);
    }
  }
  remove() {
    if (this.parent) this.parent.children.splice(this.parent.children.indexOf(this), 1);
    this.parent = null;
  }
  contains(other) {
    return other === this || this.children.some((one) => one.contains(other));
  }
  get childElementCount() {
    return this.children.length;
  }
  get isConnected() {
    return this === document.body || Boolean(this.parent?.isConnected);
  }
  getBoundingClientRect() {
    return { left: 40, top: 40, bottom: 60 };
  }
  send(name, more = {}) {
    const event = {
      target: this,
      stopped: false,
      preventDefault() {},
      stopPropagation() {
        this.stopped = true;
      },
      ...more,
    };
    for (const listener of this.listeners[name] ?? []) listener(event);
    return event;
  }
}

globalThis.document = Object.assign(new Made("document"), { body: new Made("body"), createElement: (tag) => new Made(tag) });
globalThis.window = Object.assign(new Made("window"), { innerWidth: 420, innerHeight: 800 });

const boxes = () => document.body.children.filter((one) => one.className === "dte-help-box");

learn({ dead: { term: "dead code", words: "A code that no token has." }, used: { term: "used", words: "With a token or more." } });
const [mark, other] = [helpMark("dead"), helpMark("used")];
document.body.append(mark, other);

test("it is a button that the keyboard reaches, named for who cannot see it", () => {
  assert.deepEqual([mark.tag, mark.type, mark.attributes.tabindex], ["button", "button", undefined]);
  assert.equal(mark.attributes["aria-label"], "What is this: dead code");
  assert.equal(mark.attributes["aria-expanded"], "false");
  assert.deepEqual(Object.keys(mark.listeners), ["click"]); // nothing that a mouse alone sends
});

test("a press opens its words beside it, another closes them, and one box is open at a time", () => {
  const event = mark.send("click");
  assert.ok(event.stopped, "a label or a folded part around it hears nothing");
  const [box] = boxes();
  assert.deepEqual(
    box.children.map((one) => one.textContent),
    ["Dead code", "A code that no token has."],
  );
  assert.deepEqual([mark.attributes["aria-expanded"], mark.attributes["aria-describedby"]], ["true", box.id]);
  assert.deepEqual([box.attributes.role, box.style.left, box.style.top], ["status", "28px", "66px"]);
  other.send("click");
  assert.deepEqual(
    boxes().map((one) => one.children[0].textContent),
    ["Used"],
  );
  assert.deepEqual([mark.attributes["aria-expanded"], other.attributes["aria-expanded"]], ["false", "true"]);
  other.send("click");
  assert.deepEqual([boxes().length, other.attributes["aria-describedby"]], [0, undefined]);
});

test("Escape closes it and keeps what is chosen; a tap elsewhere closes it, one within does not", () => {
  mark.send("click");
  assert.ok(!document.send("keydown", { key: "Tab" }).stopped && boxes().length === 1);
  assert.ok(document.send("keydown", { key: "Escape" }).stopped && boxes().length === 0);
  assert.ok(!document.send("keydown", { key: "Escape" }).stopped, "the next one is for others");
  mark.send("click");
  document.send("pointerdown", { target: boxes()[0].children[1] });
  assert.equal(boxes().length, 1);
  document.send("pointerdown", { target: document.body });
  assert.deepEqual([boxes().length, mark.attributes["aria-expanded"]], [0, "false"]);
});

test("terms of a panel are buttons too; what nobody defined has none and opens nothing", () => {
  const row = helpTerms(["used", "nothing"]);
  assert.deepEqual(
    row.children.map((one) => [one.tag, one.textContent]),
    [["button", "used"]],
  );
  document.body.append(row);
  row.children[0].send("click");
  assert.equal(boxes()[0].children[1].textContent, "With a token or more.");
  row.children[0].send("click");
  assert.ok(helpTerms(["nothing"]).hidden);
  helpMark("nothing").send("click");
  assert.equal(boxes().length, 0);
});
