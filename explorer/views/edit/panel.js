// @ts-check
// The token editor as it is opened: tools, the edited decode, and what stands around them. Edits are kept in the address
// while short. See view.js for what is there before.

import { Component } from "../kit/component.js";
import { setAddress } from "../kit/page/address.js";
import { Editor } from "./editor.js";
import { codeFrom, summary, tokenCount } from "./model.js";
import { Output } from "./output.js";
import { PathPanel } from "./path.js";
import { RegionBar } from "./region.js";
import { SidePicture } from "./side.js";
import { TextPanel } from "./text.js";
import { Brushwork, TOOLS } from "./tools.js";
import { h, segments, toggle } from "../kit/widgets/dom.js";
import { partNoun } from "../kit/wire/format.js";
import { selection } from "../kit/wire/selection.js";

const WIDE = 2.5; // width over height of pictures that stand one under the other

export class EditPanel extends Component {
  /** root: of the view, for what scripts read. body: what is filled. request: asks the server. */
  constructor(root, body, request) {
    super();
    this.root = root;
    this.body = body;
    this.request = request;
    this.editor = null;
    this.listen(root, "keydown", (event) => this.shortcut(event));
    this.own(selection.subscribe((state, before) => this.followPage(state, before)));
  }

  /** The edits as text. */
  get edits() {
    return this.editor?.text ?? "";
  }

  /** What is to be edited; nothing is decoded of it yet. linked: the edits that its link has. other: than before. */
  edit(opening, linked, other) {
    if (!other) {
      this.editor.opening = opening;
      return;
    }
    this.linked = linked;
    this.editor = new Editor(this.request, opening);
  }

  async open() {
    const { editor } = this;
    if (editor.open || this.opening === editor) return;
    this.opening = editor;
    this.build();
    this.status.textContent = "Decoding…";
    try {
      await editor.start(this.linked);
    } catch (error) {
      if (editor === this.editor) editor.say(error.message);
      this.status.textContent = "";
    }
    if (this.opening === editor) this.opening = null;
  }

  build() {
    const { editor } = this;
    for (const part of [this.tools, this.side, this.path, this.output]) part?.destroy();
    this.shownCode = null;
    this.status = h("p", { class: "ed-status", role: "status" });
    this.wrong = h("p", { class: "ed-wrong", role: "alert", hidden: true });
    this.link = h(
      "p",
      { class: "ed-words ed-long", hidden: true },
      "These edits are too long for a link: a copied link has the picture and the tokenizer, and the exports below have the tokens.",
    );
    this.notice = h("span", { class: "ed-notice" });
    this.side = this.part(new SidePicture(editor));
    this.tools = this.part(new Brushwork(editor, { notice: (text) => (this.notice.textContent = text), reach: (cell) => this.side.measure(cell) }));
    this.output = this.part(new Output(editor));
    this.region = new RegionBar(editor);
    this.text = new TextPanel(editor);
    this.path = this.part(new PathPanel(editor));
    const marked = toggle("Mark edited tokens", "A dot on every token that is not as it was encoded", false, (on) => {
      this.tools.marked = on;
      this.tools.stage.remark();
    });
    const edited = h(
      "div",
      { class: "ed-pane" },
      h("div", { class: "ed-pane-head" }, h("span", { class: "ed-name" }, "Edited"), this.notice),
      this.tools.stage.element,
      h("div", { class: "ed-row ed-under" }, marked, this.output.sounds),
    );
    this.help = h("p", { class: "ed-words ed-help" });
    this.body.replaceChildren(
      this.toolbar(),
      this.region.element,
      this.help,
      this.wrong,
      (this.panes = h("div", { class: "ed-panes" }, edited, this.side.element)),
      this.status,
      this.link,
      this.output.files,
      this.text.element,
      this.path.element,
    );
    this.deaf?.();
    this.deaf = editor.on((what) => editor === this.editor && this.hear(what));
    this.follow();
  }

  toolbar() {
    const { editor } = this;
    this.toolButtons = segments("Tool", (tool) => this.take(tool));
    this.toolButtons.options(TOOLS, "paint"); // those that need a common grid go when the tokens are known to have none
    this.code = h("input", { class: "ed-input ed-code", inputmode: "numeric", size: 7, "aria-label": "Code to paint with", oninput: () => this.type() });
    this.codeWrong = h("span", { class: "ed-field-wrong", role: "alert" });
    this.level = h("span", { class: "ed-level" });
    this.brush = segments("Size of the brush", (id) => editor.choose({ brush: id }));
    this.brush.options(
      [1, 3, 5].map((n) => ({ id: n, label: `${n}`, title: `${n} × ${n} tokens` })),
      1,
    );
    this.brushField = h("span", { class: "ed-field" }, h("span", {}, "Brush"), this.brush.element);
    this.whole = toggle("all of the picked token", "Paint with all codes of the token that was picked, one of each level or group", false, (on) =>
      editor.choose({ whole: on }),
    );
    const button = (text, title, act) => h("button", { type: "button", class: "dte-plain-button", title, onclick: act }, text);
    this.undo = button("Undo", "Ctrl+Z", () => editor.undo());
    this.redo = button("Redo", "Ctrl+Shift+Z", () => editor.redo());
    this.reset = button("Reset", "Undo everything; redo brings it back step by step", () => editor.reset());
    return h(
      "div",
      { class: "ed-tools" },
      this.toolButtons.element,
      h(
        "div",
        { class: "ed-row" },
        h("label", { class: "ed-field" }, h("span", {}, "Code"), this.code),
        this.level,
        this.codeWrong,
        this.brushField,
        this.whole,
      ),
      h("div", { class: "ed-join ed-history" }, this.undo, this.redo, this.reset),
    );
  }

  take(tool) {
    this.tools.first = null;
    this.editor.choose({ tool });
    if (tool === "transplant") this.side.show("source");
    else if (tool === "reach") this.side.show("reach");
    else if (this.side.view === "source" || this.side.view === "reach") this.side.show("difference");
    this.tools.stage.remark();
  }

  type() {
    const { editor } = this;
    if (!editor.open) return;
    const { code, error } = codeFrom(this.code.value, editor.open.K[editor.choice.level]);
    this.codeWrong.textContent = error ?? "";
    this.code.setAttribute("aria-invalid", String(Boolean(error)));
    if (!error) editor.pick(code);
  }

  /** The level on the page is the level that is painted; a code chosen on the page is the code to paint with. */
  followPage(state, before) {
    const { editor } = this;
    if (!editor?.open) return;
    if (state.level !== before.level && state.level < editor.open.K.length) editor.choose({ level: state.level, origin: null });
    if (state.code !== before.code && state.code !== null && state.code < editor.open.K[editor.choice.level]) editor.pick(state.code, state.token);
  }

  hear(what) {
    if (what === "open") this.opened();
    if (what === "tokens") {
      this.tools.measured = this.side.forget();
      if (this.tools.hover !== null) this.tools.point(this.tools.hover);
    }
    if (what === "open" || what === "tokens") {
      this.showTokens();
      this.side.draw();
      this.root.dataset.frames = Number(this.root.dataset.frames ?? 0) + 1;
    }
    if (what === "choice") this.followLevel();
    if (what === "rest") this.text.follow();
    this.follow();
  }

  /** The edited decode under its tokens; tokens without a place are drawn as tiles, and the decode beside them. */
  showTokens() {
    const { editor } = this;
    const { stage } = this.tools;
    const { level } = editor.choice;
    const { picture, indices, kept } = editor.tokens;
    if (editor.open.placed) stage.show(picture, editor.open.width, editor.open.height);
    else stage.showTiles(indices[level], kept?.[level], editor.open.K[level]);
    stage.remark();
  }

  /** Another level may have another grid: what was chosen on the one before is let go. */
  followLevel() {
    const { editor } = this;
    const { level } = editor.choice;
    if (!editor.open || this.shownLevel === level) return;
    this.shownLevel = level;
    const { rows, cols } = editor.grid;
    const { grid } = this.tools.stage;
    if (grid.rows === rows && grid.cols === cols) return;
    this.tools.stage.setGrid(rows, cols);
    this.tools.escape();
    this.tools.measured = this.side.forget();
    if (editor.open.placed) this.side.draw();
    else this.showTokens();
  }

  opened() {
    const { editor } = this;
    const { level, code, token } = selection.state;
    const { open, grid } = editor;
    this.shownLevel = editor.choice.level;
    this.panes.classList.toggle("ed-wide", open.placed && open.width > WIDE * open.height);
    this.tools.stage.setGrid(grid.rows, grid.cols);
    this.showTokens();
    this.toolButtons.options(
      TOOLS.filter(({ common }) => open.same || !common),
      editor.choice.tool,
    );
    for (const part of [this.side, this.region, this.text, this.path, this.output]) part.opened();
    editor.choose({ level: Math.min(level, editor.open.K.length - 1) });
    if (code !== null && code < editor.open.K[editor.choice.level]) editor.pick(code, token);
    this.text.follow();
    this.root.dataset.ready = "true";
  }

  /** What stands beside the pictures, and what scripts read. */
  follow() {
    const { editor } = this;
    const { choice, history, open } = editor;
    this.wrong.hidden = !editor.message;
    this.wrong.textContent = editor.message;
    this.undo.disabled = this.reset.disabled = history.done.length === 0;
    this.redo.disabled = history.undone.length === 0;
    const part = partNoun(open?.combination);
    this.help.textContent = TOOLS.find(({ id }) => id === choice.tool).help.replace("{part}", part);
    this.brushField.hidden = choice.tool !== "paint";
    this.whole.hidden = choice.tool !== "paint" || choice.origin === null || choice.codes.length < 2 || !open?.same;
    this.region.follow();
    if (!open) return;
    this.writeCode();
    this.level.textContent = open.K.length > 1 ? `of ${part} ${choice.level + 1}, 0 to ${open.K[choice.level] - 1}` : `0 to ${open.K[0] - 1}`;
    const { count, difference, leftOut } = editor.tokens;
    const steps = history.done.length + (editor.drawn ? 1 : 0);
    this.status.textContent = summary({
      steps,
      changed: count,
      tokens: tokenCount(open),
      pixels: difference.pixels,
      most: difference.most,
      leftOut,
      sound: open.modality === "audio",
    });
    const text = editor.drawn ? null : editor.text;
    if (text !== null) this.writeLink(text);
    Object.assign(this.root.dataset, { steps, changed: count, pixels: difference.pixels, code: editor.code });
  }

  /** Only another code or level replaces what was typed. */
  writeCode() {
    const { choice, open, code } = this.editor;
    const shown = `${choice.level}:${code}`;
    if (shown === this.shownCode) return;
    this.shownCode = shown;
    if (codeFrom(this.code.value, open.K[choice.level]).code === code) return;
    this.code.value = `${code}`;
    this.codeWrong.textContent = "";
    this.code.setAttribute("aria-invalid", "false");
  }

  writeLink(text) {
    const short = text.length <= this.editor.opening.link_characters;
    this.link.hidden = short;
    if (text !== this.written) setAddress({ edits: short ? text : "" });
    this.written = text;
  }

  shortcut(event) {
    if (!(event.ctrlKey || event.metaKey) || !this.editor?.open || ["INPUT", "TEXTAREA"].includes(event.target.tagName)) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) this.editor.undo();
    else if ((key === "z" && event.shiftKey) || key === "y") this.editor.redo();
    else return;
    event.preventDefault();
  }
}
