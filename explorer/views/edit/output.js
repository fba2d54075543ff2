// @ts-check
// What leaves the token editor: the edited tokens and their decode as files, and sounds to be heard.

import { Component } from "../kit/component.js";
import { bytesOf } from "../kit/wire/encoding.js";
import { saveBlob, saveFile } from "../kit/wire/files.js";
import { h } from "../kit/widgets/dom.js";
import { fileStem } from "../kit/wire/format.js";

const EXPORTS = [
  ["npz", "Tokens .npz", "The edited indices with codebooks and meta data"],
  ["json", "Tokens .json", "The edited indices and meta data as text"],
  ["csv", "Tokens .csv", "One row a token, edited"],
];

const FILMS = [
  ["webp", "Clip .webp", "The clip of the edited tokens; loses nothing"],
  ["mp4", "Clip .mp4", "The clip of the edited tokens as H.264"],
  ["gif", "Clip .gif", "The clip of the edited tokens in 256 colours a frame"],
];

const button = (text, title, act) => h("button", { type: "button", class: "dte-plain-button", title, onclick: act }, text);

/** RGBA bytes -> PNG. */
function pngOf(pixels, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

export class Output extends Component {
  constructor(editor) {
    super();
    this.editor = editor;
    const tokens = EXPORTS.map(([kind, text, title]) => button(text, title, () => this.saved("export", kind)));
    this.picture = button("Picture .png", "The edited decode, pixel for pixel", () => this.savePicture());
    this.wav = button("Sound .wav", "The sound of the edited tokens", () => this.saveSound());
    this.films = FILMS.map(([kind, text, title]) => button(text, title, () => this.saved("film", kind)));
    this.files = h("div", { class: "ed-row ed-exports" }, h("span", { class: "ed-name" }, "Export edited"), ...tokens, this.picture, this.wav, ...this.films);
    this.player = h("audio", { class: "ed-audio", controls: true, hidden: true });
    const edited = button("Hear edited", "Decode the edited tokens and play them", () => this.play(editor.text));
    const before = button("Hear before", "Play the decode before any edit", () => this.play(""));
    this.sounds = h("span", { class: "ed-join", hidden: true }, edited, before, this.player);
  }

  opened() {
    const { modality } = this.editor.open;
    this.sounds.hidden = this.wav.hidden = modality !== "audio";
    for (const film of this.films) film.hidden = modality !== "video";
    this.picture.textContent = `${{ audio: "Spectrogram", video: "Frames" }[modality] ?? "Picture"} .png`;
  }

  name(ending) {
    const { tokenizer, picture } = this.editor.opening;
    return `${fileStem(tokenizer, picture, "edited")}.${ending}`;
  }

  /** What Python writes: the tokens, or the film. */
  async saved(what, kind) {
    await this.tried(async () => {
      const { file } = await this.editor.ask(what, { edits: this.editor.text, kind });
      saveFile({ mime: "application/octet-stream", ...file });
    });
  }

  async savePicture() {
    const { open, tokens } = this.editor;
    const blob = open && (await pngOf(tokens.picture, open.width, open.height));
    if (blob) saveBlob(blob, this.name("png"));
  }

  async saveSound() {
    await this.tried(async () => {
      const { url } = await this.editor.ask("sound", { edits: this.editor.text });
      saveBlob(new Blob([bytesOf(url.split(",")[1])], { type: "audio/wav" }), this.name("wav"));
    });
  }

  /** Play what the tokens after `edits` decode to. */
  async play(edits) {
    this.player.pause();
    await this.tried(async () => {
      this.player.src = (await this.editor.ask("sound", { edits })).url;
      this.player.hidden = false;
      await this.player.play();
    });
  }

  async tried(work) {
    try {
      await work();
    } catch (error) {
      if (error.name !== "AbortError") this.editor.say(error.message); // stopped by the next sound
    }
  }
}
