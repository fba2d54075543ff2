// @ts-check
// The blind mode: vote for the best picture while names are hidden; votes are tallied in this browser and go nowhere.

import { HiddenX } from "./abx.js";
import { standings, withVote } from "./model.js";
import { h, say } from "../kit/widgets/dom.js";
import { percent, whole } from "../kit/wire/format.js";

const STORE = "dte-compare-votes";

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {}; // a browser that keeps nothing, or somebody else's text
  }
}

function write(tally) {
  try {
    localStorage.setItem(STORE, JSON.stringify(tally));
  } catch {
    // votes of this visit are still shown
  }
}

class Blind {
  /** called: {name(id), hidden()} of the panes. */
  constructor(host, bus, player, called) {
    this.host = host;
    this.bus = bus;
    this.ids = [];
    this.tally = read();
    this.said = h("p", { class: "cp-ask", role: "status" });
    this.buttons = h("div", { class: "cp-votes", role: "group", "aria-label": "Vote" });
    this.rows = h("tbody", {});
    this.clear = h("button", { type: "button", class: "dte-link", onclick: () => this.forget() }, "Forget all votes");
    this.table = h(
      "div",
      { class: "cp-tally", hidden: true },
      h("table", {}, h("thead", {}, h("tr", {}, ...["Tokenizer", "Votes", "Shown", "Preferred"].map((name) => h("th", { scope: "col" }, name)))), this.rows),
      h("p", { class: "cb-note" }, "Counted in this browser alone. ", this.clear),
    );
    this.x = new HiddenX(bus, player, called);
    host.replaceChildren(h("div", { class: "cp-best" }, this.said, this.buttons, this.table), this.x.element);
  }

  /** ids: of the panes, in the order in which they stand. */
  show(ids) {
    this.ids = ids;
    const { voted, named, seed } = this.bus.state;
    const open = voted === null && !named;
    const after = voted === null ? "The names are shown." : `You preferred ${this.bus.title(voted)}.`;
    say(this.said, open ? "Which is nearest to the original? The names come after your vote." : after);
    const vote = (i) =>
      h(
        "button",
        { type: "button", class: "dte-plain-button", "data-vote": i, title: `Key ${i + 1} while a picture has the focus`, onclick: () => this.vote(i) },
        `${String.fromCharCode(65 + i)} is best`,
      );
    const next = h(
      "button",
      { type: "button", class: "dte-plain-button", "data-act": "next", onclick: () => this.bus.set({ seed: seed + 1 }) },
      "Shuffle again",
    );
    this.buttons.replaceChildren(...(open ? ids.map((_, i) => vote(i)) : [next]));
    this.drawTally(open);
    this.x.show(ids);
  }

  /** A key while a pane has the focus: whether it was one of these. */
  key(key) {
    if (key === "x" || key === "X") return this.x.hear();
    return /^[1-8]$/.test(key) && this.vote(Number(key) - 1);
  }

  vote(i) {
    const winner = this.ids[i];
    if (winner === undefined || this.bus.state.voted !== null || this.bus.state.named) return false;
    this.tally = withVote(this.tally, this.ids, winner);
    write(this.tally);
    this.bus.set({ voted: winner });
    return true;
  }

  forget() {
    this.tally = {};
    write(this.tally);
    this.drawTally(false);
  }

  drawTally(open) {
    const found = standings(this.tally);
    this.table.hidden = open || found.length === 0;
    this.rows.replaceChildren(
      ...found.map(([id, votes, shown]) =>
        h(
          "tr",
          { "data-tokenizer": id },
          h("th", { scope: "row" }, this.bus.title(id)),
          h("td", {}, whole(votes)),
          h("td", {}, whole(shown)),
          h("td", {}, percent(votes, shown)),
        ),
      ),
    );
  }
}

export const mountBlind = (host, bus, player, called) => new Blind(host, bus, player, called);
