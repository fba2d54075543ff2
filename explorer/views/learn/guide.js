// @ts-check
// The guide: a card over a page with a few words, what it is about framed in the page, a question or a task, and a way on,
// back and out. Everything it shows is the page's own: a step is a link to a state, which the page takes in place.

import { Component, openOnce } from "../kit/component.js";
import { addStyleSheet } from "../kit/page/component.js";
import { travel } from "../kit/page/travel.js";
import { h, say } from "../kit/widgets/dom.js";
import { replaceQuery } from "../kit/wire/bus.js";
import { applyClass, classAddress, classPart, classQuery, isPresented, ofClass } from "./class.js";
import { markDone, stepName } from "./progress.js";
import { AIR_PX, coverOf, headPx, seekBy } from "./place.js";
import { hereWith, keepOwn, ownOf, placeAt, placeOf, rootOf, staysOnPage } from "./route.js";
import { factsOf, findsMend, isDone, namesOf, standing } from "./task.js";
import { freeSide, makeWay } from "./way.js";

const LOOK_MS = 400; // between two looks at what a task asks for, and for what is to be framed
const PREPARE_MS = 800; // after a step is shown, so that its own work comes first
const LIT = "dte-lit";
const PATIENCE_MS = 15_000; // for a state that is on its way, before a task is looked at all the same
const PHONE_PX = 760; // below it the card lies across the window: see guide.css
const EDGE_PX = 16; // between the card and the edge of the window
const SEEK_MS = 12_000; // for which what a step is about is brought into sight, while its page is still growing
const NAMED_SIDE = ".dte-lab.lab-ab .lab-side";
const SHEETS = ["../kit/widgets/base.css", "./way.css"];

/** What a card is made of, which comes with the first step that is shown: most visits of a page show none. */
let made = null;
const makers = async () => (made ??= { ...(await import("./step.js")), ...(await import("./sides.js")) });

/** Have the page of an address, which the browser keeps for its next visit. */
function fetchAhead(href) {
  if ([...document.head.querySelectorAll("link[rel=prefetch]")].some((link) => link.getAttribute("href") === href)) return;
  document.head.append(h("link", { rel: "prefetch", href, as: "document" }));
}

class Guide extends Component {
  constructor(root, { page }, server) {
    super();
    this.root = root;
    this.page = page;
    this.server = server;
    this.asked = new Map();
    this.going = null;
    this.chapter = this.step = this.card = null;
    this.number = 0;
    this.done = false;
    this.lit = [];
    this.own(() => {
      this.frame([]);
      makeWay([]);
    });
    this.own(travel.onBack((search) => this.enter(search)));
    this.listen(document, "keydown", (event) => isPresented(window.location.search) && this.presenterKey(event));
    this.listen(window, "resize", () => this.card && this.dock()); // a page makes way from some width on
    this.listen(window, "pagehide", () => this.card === null && keepOwn(page, window.location.href));
    for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) this.listen(window, name, () => (this.seekEnds = 0), { passive: true });
    this.repeat(() => this.card && this.look(), LOOK_MS);
    this.enter(window.location.search);
  }

  /** The chapter in full, and what stands before and after it, asked for once; null where there is none of that name, or no
   *  answer, which is asked again. */
  async chapterOf(id) {
    try {
      if (!this.asked.has(id)) {
        const { chapter, before, next } = JSON.parse(await this.server.learn_ask({ what: "chapter", id }));
        this.asked.set(id, chapter ? { ...chapter, before, next } : null);
      }
    } catch {
      return null;
    }
    return this.asked.get(id);
  }

  /** Show the step that an address names, or nothing where it names none. */
  async enter(search) {
    applyClass(search);
    const id = (new URLSearchParams(search).get("learn") ?? "").split(".")[0];
    const chapter = id ? await this.chapterOf(id) : null;
    const place = chapter && placeOf(search, [chapter]);
    if (place) await makers();
    if (this.disposed) return;
    if (place) this.show(place);
    else if (id) this.miss(new URLSearchParams(search).get("learn"));
    else this.close();
  }

  /** The address names a step that there is none of, or the server gave no answer. */
  miss(id) {
    if (!this.card) this.open();
    Object.assign(this, { chapter: null, step: { lit: [], task: null }, seekEnds: 0 });
    makeWay([]);
    this.card.replaceChildren(
      h("p", {}, `The link says learn=${id.slice(0, 40)}, a step of the tour that could not be had.`),
      h("div", { class: "gd-foot" }, h("a", { href: this.listAddress() }, "All chapters")),
    );
    this.card.dataset.step = "";
  }

  close() {
    this.frame([]);
    makeWay([]);
    this.root.replaceChildren();
    this.card = null;
  }

  open() {
    this.card = h("aside", { class: "dte-guide", role: "region", "aria-label": "Tour", tabindex: -1, onkeydown: (event) => this.key(event) });
    this.root.replaceChildren(this.card);
  }

  show({ chapter, number, step }) {
    const { footPart, morePart, sidesPart, stepParts, wordsPart } = made;
    if (!this.card) this.open();
    Object.assign(this, { chapter, number, step, done: false, sought: false, seekEnds: performance.now() + SEEK_MS });
    const button = (text, act, more = {}) => h("button", { type: "button", class: "dte-plain-button", onclick: act, ...more }, text);
    const name = stepName(chapter.id, number);
    this.card.replaceChildren(
      h(
        "div",
        { class: "gd-head" },
        h("span", { class: "gd-where" }, `${chapter.title} · ${number + 1}\u00a0of\u00a0${chapter.steps.length}`),
        h(
          "span",
          { class: "gd-ways" },
          (this.folds = button("", () => this.fold(!this.folded), { class: "dte-link gd-fold" })),
          button("Leave", () => this.leave(), { title: "Back to what this page showed before", class: "dte-link" }),
        ),
      ),
      ...stepParts(step, name, window.innerWidth < PHONE_PX, (this.sides = sidesPart()).element),
      h(
        "div",
        { class: "gd-notes" },
        morePart(step),
        wordsPart(step),
        classPart((query) => replaceQuery(`${query}`)),
      ),
      footPart(chapter, number, this.listAddress(), (to) => this.go(to)),
    );
    this.far = this.card.querySelector(".gd-far");
    delete this.card.dataset.done;
    this.card.dataset.step = name;
    this.card.scrollTop = 0;
    this.fold(false);
    makeWay(step.lit, findsMend(step));
    if (!step.question && !step.task) markDone(name);
    this.look();
    this.ahead?.();
    this.ahead = this.after(() => this.prepare(), PREPARE_MS);
  }

  /** Only where one is, the task and the ways on stay: of a page that is small, the rest is free again. */
  fold(folded) {
    this.folded = folded;
    this.card.toggleAttribute("data-folded", folded);
    say(this.folds, folded ? "Unfold" : "Fold");
    this.folds.setAttribute("aria-expanded", String(!folded));
  }

  /** What the next step shows is made ready while this one is read: its state, or the page that it stands on. */
  prepare() {
    const to = placeAt(this.chapter, this.number + 1);
    if (!to) return;
    if (to.chapter !== this.chapter) this.chapterOf(to.chapter.id);
    if (to.step.page !== this.page) fetchAhead(this.addressOf(to));
    else if (to.step.query !== null) travel.prepare(`?${to.step.query}`);
  }

  /** The address of a step, with what a link for a class keeps. */
  addressOf({ chapter, number }) {
    return classAddress(rootOf(window.location.pathname, this.page), chapter, number, window.location.search);
  }

  /** Of all chapters; what a link for a class keeps goes with it, and comes back. */
  listAddress() {
    const query = classQuery("", ofClass(window.location.search));
    return `${rootOf(window.location.pathname, this.page)}learn${query ? `?${query}` : ""}`;
  }

  /** Frame what the step is about, and see whether its task is done. */
  look() {
    this.frame(this.step.lit.flatMap((selector) => [...document.querySelectorAll(selector)]));
    if (this.seekEnds > 0 && this.isMoved()) this.seekEnds = performance.now() + SEEK_MS;
    if (performance.now() < this.seekEnds) {
      this.seek();
      this.dock();
    }
    this.sides?.refresh();
    const { task } = this.step;
    if (!task || this.done || this.going) return;
    const facts = factsOf(this.page);
    say(this.far, `Now: ${standing(task, facts, namesOf(this.page, task, facts))}`);
    if (!isDone(task, facts)) return;
    this.done = true;
    this.card.dataset.done = "true";
    say(this.far, task.done);
    makeWay(this.step.lit);
    markDone(this.card.dataset.step);
  }

  /** Whether what the step is about is not there yet, or was moved by what grew above it, and not by scrolling. */
  isMoved() {
    const { top, height } = this.lit[0]?.getBoundingClientRect() ?? { top: 0, height: 0 };
    const [was, now] = [this.stood, { top: Math.round(top), scrolled: window.scrollY }];
    this.stood = now;
    return height === 0 || (was?.scrolled === now.scrolled && was.top !== now.top);
  }

  /** Stand where the page has made way, else in the corner where less is covered of what is framed. */
  dock() {
    const free = freeSide();
    if (free) {
      this.card.dataset.dock = free;
      return;
    }
    const box = this.card.getBoundingClientRect();
    const boxes = this.lit.map((element) => element.getBoundingClientRect());
    const covered = (left) => coverOf(boxes, { left, right: left + box.width, top: box.top, bottom: box.bottom }, window);
    this.card.dataset.dock = covered(EDGE_PX) < covered(window.innerWidth - EDGE_PX - box.width) ? "left" : "right";
  }

  /** Bring the first of what is framed into sight, until the visitor scrolls or acts: often it is below the window. Of two
   *  runs beside each other their names, too. */
  seek() {
    const [first] = this.lit;
    const box = first?.getBoundingClientRect();
    if (!box || box.height === 0) return;
    const top = first.closest(NAMED_SIDE)?.getBoundingClientRect().top ?? box.top;
    const card = this.card.getBoundingClientRect();
    const across = card.width >= window.innerWidth - 2 * EDGE_PX; // as on a phone, where it covers nothing above it
    const bottom = (across ? card.top : window.innerHeight) - AIR_PX;
    const head = headPx();
    const by = seekBy([top, box.bottom], [head, bottom]);
    if (by === 0 && !this.sought) return;
    // What is too long, or as wide as the card cannot but cover, stays on top while what is above it grows.
    this.sought = box.bottom - top > bottom - head || (!across && box.width > window.innerWidth / 2);
    window.scrollBy({ top: this.sought ? top - head : by });
  }

  frame(elements) {
    for (const element of this.lit) if (!elements.includes(element)) element.classList.remove(LIT);
    const others = elements.length !== this.lit.length || elements.some((element) => !this.lit.includes(element));
    for (const element of elements) if (!element.classList.contains(LIT)) element.classList.add(LIT);
    this.lit = elements;
    if (others && elements.length > 0) this.dock();
  }

  /** To another step, of the chapter beside this one where it is beyond an end of it: in place where it is on this page, else
   *  on its own page; after the last chapter to all of them. */
  async go(number) {
    const to = placeAt(this.chapter, number);
    if (!to) return number > 0 && window.location.assign(this.listAddress());
    const address = this.addressOf(to);
    const here = to.step.page === this.page && travel.able;
    if (to.chapter === this.chapter) return here ? this.goHere(to, address) : window.location.assign(address);
    const left = this.step;
    const chapter = here ? await this.chapterOf(to.chapter.id) : null;
    if (this.disposed || this.step !== left) return; // gone on meanwhile
    return chapter ? this.goHere({ ...to, chapter, step: chapter.steps[to.number] }, address) : window.location.assign(address);
  }

  goHere(to, address) {
    if (to.chapter === this.chapter && to.number > this.number && staysOnPage(this.step, to.step)) {
      const query = new URLSearchParams(window.location.search);
      query.set("learn", stepName(to.chapter.id, to.number));
      travel.write(query.toString());
    } else this.travel(address.split("?")[1]);
    return this.show(to);
  }

  /** What is on screen until the state is there is the last step's, and no task of the new one is done by it. */
  travel(query) {
    const going = (this.going = {});
    const arrived = () => {
      if (this.going !== going) return;
      this.going = null;
      this.card?.removeAttribute("aria-busy");
      if (this.seekEnds > 0) this.seekEnds = performance.now() + SEEK_MS;
    };
    this.card.setAttribute("aria-busy", "true");
    travel.go(query).then(arrived);
    this.after(arrived, PATIENCE_MS);
  }

  /** Back to what this page showed before the tour, or to the chapters. */
  leave() {
    const own = ownOf(this.page);
    if (own === null || !travel.able) return window.location.assign(own ?? this.listAddress());
    this.close();
    applyClass(new URL(own).search);
    return travel.go(new URL(own).search.slice(1));
  }

  /** The keys of a remote, wherever the focus is, but where a key means something already; Escape ends the presentation. */
  presenterKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable]")) return;
    if (event.key !== "Escape") return void (this.card && this.key(event));
    const query = classQuery(window.location.search, { ...ofClass(window.location.search), present: false });
    if (!this.card) return void window.location.replace(hereWith(query)); // all chapters, whose links keep it
    replaceQuery(`${query}`);
    applyClass(window.location.search);
  }

  /** Arrows within the card, and the keys that a presenter's remote sends. */
  key(event) {
    const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (!by || !this.chapter || event.defaultPrevented) return;
    event.preventDefault();
    this.go(this.number + by);
  }
}

export async function mount(view) {
  await Promise.all(SHEETS.map((name) => addStyleSheet(new URL(name, import.meta.url).href)));
  return openOnce(view, (opening) => new Guide(view.element, opening, view.server));
}
