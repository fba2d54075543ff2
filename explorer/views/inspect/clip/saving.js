// @ts-check
// The clip as a film to take away: what its tokens decode to, alone or beside the original.

import { Component } from "../../kit/component.js";
import { h, say } from "../../kit/widgets/dom.js";
import { saveFile } from "../../kit/wire/files.js";

export const FILMS = [
  { kind: "decoded_mp4", label: "MP4", title: "Reconstruction as MP4 (H.264, nearly lossless)" },
  { kind: "decoded_gif", label: "GIF", title: "Reconstruction as GIF (256 colours a frame)" },
  { kind: "decoded_webp", label: "WebP", title: "Reconstruction as animated WebP (loses nothing)" },
  { kind: "beside_mp4", label: "Side by side, MP4", title: "Original and reconstruction side by side, as MP4" },
  { kind: "beside_gif", label: "Side by side, GIF", title: "Original and reconstruction side by side, as GIF" },
];

export class ClipSaving extends Component {
  /** desk: of the page. */
  constructor(desk) {
    super();
    this.desk = desk;
    this.said = h("span", { class: "dte-clip-saved", role: "status" });
    this.buttons = FILMS.map(({ kind, label, title }) =>
      h("button", { type: "button", class: "dte-link", "data-film": kind, title, "aria-label": title, onclick: () => this.save(kind) }, label),
    );
    this.element = h("div", { class: "dte-clip-films" }, h("span", {}, "Save the reconstruction:"), ...this.buttons, this.said);
  }

  load({ reconstruction }) {
    this.element.hidden = !reconstruction;
    say(this.said, "");
  }

  async save(kind) {
    say(this.said, "Being written…");
    for (const button of this.buttons) button.disabled = true;
    try {
      const { file, words } = await this.desk.figure("film", { kind });
      saveFile({ mime: "application/octet-stream", ...file });
      say(this.said, words);
    } catch (error) {
      say(this.said, error.stale ? "" : error.message);
    } finally {
      for (const button of this.buttons) button.disabled = false;
    }
  }
}
