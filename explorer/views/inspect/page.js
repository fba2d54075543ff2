// @ts-check
// The results of the Inspect page: one component that holds the views, gives each its value, and asks Python for what
// follows on what people do. See page.py for the payload. Views keep their own modules and know nothing of each other.

import { Component } from "../kit/component.js";
import * as address from "../kit/page/address.js";
import { addStyleSheet } from "../kit/page/component.js";
import { passLists } from "../kit/page/lists.js";
import { travel } from "../kit/page/travel.js";
import { h, say } from "../kit/widgets/dom.js";
import * as exportBar from "../kit/widgets/export_bar.js";
import * as editor from "../edit/view.js";
import * as card from "./card/card.js";
import { Desk } from "./desk.js";
import * as player from "./player/player.js";
import * as reconstruction from "./reconstruction/reconstruction.js";
import * as view from "./view.js";

/** @typedef {{mount: (parts: any) => any, SHEET?: string | string[]}} View */

/** Where each view stands: its part of the payload, the id of its box, and its module.
 *  @type {Record<string, [string, string, View][]>} */
const PLACES = {
  "area-view": [
    ["player", "player", player],
    ["view", "inspect-view", view],
  ],
  "area-card": [["card", "code-card", card]],
  "area-after": [
    ["reconstruction", "reconstruction", reconstruction],
    ["exports", "export-bar", exportBar],
    ["editor", "edit-view", editor],
    ["address", "address", address],
  ],
};
const SHEETS = Object.values(PLACES).flatMap((views) => views.flatMap(([, , { SHEET }]) => SHEET ?? []));

/** What a view is mounted with: its value, and who is told when it changes. */
function createSlot() {
  const watchers = [];
  const props = { value: "", linked: false };
  return {
    props,
    watch: (name, callback) => name === "value" && watchers.push(callback),
    set(value) {
      props.value = value;
      for (const callback of watchers) callback();
    },
  };
}

class InspectPage extends Component {
  constructor(root, server) {
    super();
    this.note = h("p", { class: "dte-page-note", role: "status", hidden: true });
    this.slots = {};
    this.own(passLists());
    this.desk = this.part(
      new Desk({
        ask: (request) => server.inspect_ask(request),
        show: (parts) => this.show(parts),
        say: (text) => this.say(text),
      }),
    );
    const page = h("div", { class: "dte-inspect-page" }, ...Object.entries(PLACES).map(([area, views]) => this.build(area, views, server)));
    root.replaceChildren(page);
  }

  build(area, views, server) {
    const place = h("div", { id: area }, area === "area-card" ? this.note : null);
    for (const [name, id, { mount: mountOne }] of views) {
      const root = h("div", { class: "dte-root" });
      place.append(h("div", { id, class: "block dte-part" }, root));
      const slot = createSlot();
      this.slots[name] = slot;
      const { desk } = this;
      const trigger = (event, payload) => desk.told(event, payload);
      this.part(mountOne({ element: root, trigger, props: slot.props, watch: slot.watch, server, desk }));
    }
    return place;
  }

  show(parts) {
    for (const [name, value] of Object.entries(parts)) this.slots[name]?.set(value);
  }

  say(text) {
    say(this.note, text);
    this.note.hidden = !text;
  }
}

export async function mount({ element, props, watch, server, trigger }) {
  await Promise.all(SHEETS.map((href) => addStyleSheet(href)));
  const page = new InspectPage(element, server);
  let arrived = null;
  const take = (search) => {
    address.awaitChosen();
    trigger("visit", { query: search.slice(1) });
    return new Promise((resolve) => (arrived = () => resolve(true)));
  };
  const prepare = (search) => page.desk.prepare(search.slice(1));
  page.own(travel.register({ names: address.NAMES, now: address.currentQuery, take, prepare }));
  const show = () => {
    const linked = (on) => ["view", "editor"].forEach((name) => (page.slots[name].props.linked = on));
    linked(arrived !== null);
    if (props.value) page.desk.take(JSON.parse(props.value));
    linked(false);
    arrived?.();
    arrived = null;
  };
  watch("value", show);
  show();
  return page;
}
