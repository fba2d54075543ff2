// @ts-check
// The tools of the token editor: what a pointer or a key on the edited picture does.

import { Component } from "../kit/component.js";
import { WORDS } from "./history.js";
import { boxBetween, brushCells, lineCells, place, placeWords } from "./model.js";
import { createStage, frame } from "./stage.js";
import { partNoun } from "../kit/wire/format.js";
import { selection } from "../kit/wire/selection.js";

/** In `help`, {part} stands for what the parts of a token are called. */
export const TOOLS = [
  {
    id: "paint",
    label: "Paint",
    title: "Give tokens the code; hold Alt to pick a code instead",
    help: "Drag over the tokens to paint with the code. Alt-click picks a token's code.",
  },
  { id: "region", label: "Region", title: "Choose a rectangle, then what to do with it", help: "Drag a rectangle, then choose below what happens to it." },
  {
    id: "replace",
    label: "Replace all",
    title: "Replace one code everywhere by the chosen one",
    help: "Click a token: its code becomes the chosen code everywhere in this {part}.",
  },
  { id: "swap", label: "Swap", title: "Exchange two tokens", help: "Click two tokens: they change places, with all their {part}s.", common: true },
  { id: "pick", label: "Pick", title: "Take the code of a token", help: "Click a token to paint with its code." },
  {
    id: "reach",
    label: "Reach",
    title: "What one token changes: the decode with it and without it",
    help: "Click a token to see all that it changes, measured by decoding without it.",
  },
  {
    id: "transplant",
    label: "Transplant",
    title: "Lay in a region of a second one",
    help: "Drag a region in the second one below, then click here where it shall lie.",
    common: true,
  },
];

export class Brushwork extends Component {
  /** notice(text): what lies under the pointer; reach(cell): a token was chosen to be measured. */
  constructor(editor, { notice, reach }) {
    super();
    this.editor = editor;
    this.notice = notice;
    this.reach = reach;
    this.hover = this.first = this.anchor = this.cells = this.last = this.measured = null;
    this.marked = false;
    this.stage = this.part(
      createStage({
        label: "The decode of the edited tokens. Arrow keys move from token to token, Enter uses the tool.",
        className: "ed-live",
        mark: (ctx, space) => this.mark(ctx, space),
        on: {
          down: (cell, event) => this.down(cell, event.altKey),
          move: (cell) => this.move(cell),
          up: () => this.up(),
          cancel: () => this.cancel(),
          leave: () => this.leave(),
          apply: (cell, event) => {
            this.down(cell, event.altKey);
            this.up();
          },
          extend: (from, to) => this.extend(from, to),
          escape: () => this.escape(),
        },
      }),
    );
  }

  get grid() {
    return this.stage.grid;
  }

  codeAt(cell) {
    return this.editor.tokens.indices[this.editor.choice.level][cell];
  }

  down(cell, alt) {
    const { editor } = this;
    const { level, tool } = editor.choice;
    if (!editor.open) return;
    if (alt || tool === "pick") editor.pick(this.codeAt(cell), cell);
    else if (tool === "paint") {
      this.cells = new Set();
      this.last = cell;
      this.stroke(cell);
    } else if (tool === "replace") {
      if (this.codeAt(cell) !== editor.code) editor.do(WORDS.replace(level, this.codeAt(cell), editor.code));
      else editor.say(`Code ${editor.code} is what it would be replaced by: choose another code first.`);
    } else if (tool === "swap") this.swap(cell);
    else if (tool === "region") {
      this.anchor = cell;
      editor.choose({ region: boxBetween(cell, cell, this.grid) });
    } else if (tool === "reach") {
      this.measured = cell;
      this.reach(cell);
    } else if (tool === "transplant") this.transplant(cell);
    this.stage.remark();
  }

  swap(cell) {
    const { first } = this;
    this.first = first === null ? cell : null;
    if (first !== null && first !== cell) this.editor.do(WORDS.swap(first, cell));
  }

  transplant(cell) {
    const { source } = this.editor.choice;
    const at = source?.box && place(cell, source.box[2], source.box[3], this.grid);
    if (at) this.editor.do(WORDS.transplant(source.id, source.box, ...at));
    else this.editor.say(source?.box ? "The region is larger than what is edited." : "Choose a second one and drag a region in it first.");
  }

  stroke(cell) {
    const { level, brush, origin, whole } = this.editor.choice;
    for (const on of lineCells(this.last, cell, this.grid)) for (const one of brushCells(on, brush, this.grid)) this.cells.add(one);
    this.last = cell;
    const cells = [...this.cells];
    this.word = whole && origin !== null ? WORDS.copy(origin, cells) : WORDS.paint(level, this.editor.code, cells);
    this.editor.draw(this.word);
  }

  move(cell) {
    if (cell === this.hover) return;
    this.hover = cell;
    if (this.cells) this.stroke(cell);
    else if (this.anchor !== null) this.editor.choose({ region: boxBetween(this.anchor, cell, this.grid) });
    this.point(cell);
    this.stage.remark();
  }

  point(cell) {
    if (!this.editor.open) return;
    const { level, codes } = this.editor.choice;
    const code = this.codeAt(cell);
    const kept = this.editor.tokens.kept?.[level][cell] !== 0;
    const at = placeWords(cell, this.grid, this.editor.open);
    this.notice(
      `${at[0].toUpperCase()}${at.slice(1)}${codes.length > 1 ? `, ${partNoun(this.editor.open.combination)} ${level + 1}` : ""}: code ${code}${kept ? "" : ", left out"}`,
    );
    selection.hover({ code, origin: "edit" });
  }

  up() {
    if (this.cells) {
      this.cells = null;
      this.editor.do(this.word);
    }
    this.anchor = null;
  }

  cancel() {
    this.cells = this.anchor = null;
    this.editor.draw("");
  }

  leave() {
    this.hover = null;
    this.notice("");
    selection.hover();
    this.stage.remark();
  }

  extend(from, to) {
    if (this.editor.choice.tool !== "region") return;
    this.corner ??= from;
    if (!this.editor.choice.region) this.corner = from;
    this.editor.choose({ region: boxBetween(this.corner, to, this.grid) });
    this.hover = to;
  }

  escape() {
    this.first = this.corner = null;
    this.editor.choose({ region: null });
    this.stage.remark();
  }

  mark(ctx, { rect, boxRect, theme }) {
    const { tool, brush, region, source } = this.editor.choice;
    if (this.marked && this.editor.tokens) {
      for (const cell of this.editor.changed) {
        const [x, y, w, h] = rect(cell);
        ctx.beginPath();
        ctx.arc(x + w / 2, y + h / 2, Math.max(Math.min(w, h) / 6, 1.5), 0, 2 * Math.PI);
        ctx.fillStyle = theme.accent;
        ctx.fill();
        ctx.strokeStyle = "#ffffff";
        ctx.lineWidth = 1;
        ctx.stroke();
      }
    }
    if (region && tool === "region") frame(ctx, boxRect(region));
    if (this.first !== null && tool === "swap") frame(ctx, rect(this.first), 3);
    if (this.measured !== null && tool === "reach") frame(ctx, rect(this.measured), 3);
    if (this.hover === null) return;
    const at = tool === "transplant" && source?.box && place(this.hover, source.box[2], source.box[3], this.grid);
    if (at) return frame(ctx, boxRect([...at, source.box[2], source.box[3]]));
    const cells = tool === "paint" ? brushCells(this.hover, brush, this.grid) : [this.hover];
    return frame(ctx, boxRect(boxBetween(cells[0], cells.at(-1), this.grid)), 1.5);
  }
}
