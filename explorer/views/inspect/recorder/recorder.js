// @ts-check
// Record by the microphone, send what was heard as a WAV file, and tell Python where it lies. What the browser would do
// to speech (echo, noise, loudness) is turned off: the tokenizer is to get what was said.

import { Component } from "../../kit/component.js";
import { h } from "../../kit/widgets/dom.js";
import { sendFiles } from "../../kit/wire/files.js";
import { joinBlocks, writeWav } from "../../kit/sound/wav.js";

const SOUND = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const LEAST_S = 0.1; // of a recording: less is a slip of the finger
const QUIET = 0.001; // below that nothing was heard

/** Why there is no microphone, from the error's name. secure: whether the page is served as the browser wants. Pure. */
export function refusal(name, secure) {
  if (!secure) return "Browsers give the microphone only to pages on this machine or behind https.";
  if (name === "NotAllowedError") return "The microphone was not allowed. Allow it beside the address, and try again.";
  if (name === "NotFoundError") return "There is no microphone.";
  return "The microphone does not answer: another program may be using it.";
}

class Recording extends Component {
  constructor(root, trigger, props) {
    super();
    this.root = root;
    this.trigger = trigger;
    this.most = props.value ? JSON.parse(props.value).most_seconds : 30;
    this.button = h("button", { type: "button", class: "dte-button rc-button", onclick: () => this.press() }, "Record");
    this.meter = h("span", { class: "rc-meter" }, h("span", {}));
    this.words = h("p", { class: "rc-words", role: "status" });
    root.classList.add("rc-recorder");
    root.replaceChildren(this.button, this.meter, this.words);
    this.state("idle", `Or speak: up to ${this.most} s by the microphone.`);
    this.own(() => this.close());
  }

  state(name, words) {
    this.root.dataset.state = name;
    this.button.textContent = name === "recording" ? "Stop" : "Record";
    this.button.disabled = name === "asking" || name === "sending";
    this.words.textContent = words;
  }

  press() {
    return this.root.dataset.state === "recording" ? this.finish() : this.begin();
  }

  async begin() {
    this.state("asking", "The browser asks for the microphone.");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND });
      this.context = new AudioContext();
      await this.context.audioWorklet.addModule(new URL("worklet.js", import.meta.url).href);
    } catch (error) {
      this.close();
      this.state("refused", refusal(error.name, globalThis.isSecureContext));
      return;
    }
    if (this.disposed) return this.close();
    this.blocks = [];
    this.count = 0;
    const listener = new AudioWorkletNode(this.context, "listener", { numberOfOutputs: 0 });
    listener.port.onmessage = ({ data }) => this.hear(data);
    this.context.createMediaStreamSource(this.stream).connect(listener);
    this.state("recording", "0.0 s");
    return undefined;
  }

  hear(block) {
    if (this.root.dataset.state !== "recording") return;
    this.blocks.push(block);
    this.count += block.length;
    const seconds = this.count / this.context.sampleRate;
    this.words.textContent = `${seconds.toFixed(1)} s of ${this.most} s at most`;
    const loudest = block.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    /** @type {HTMLElement} */ (this.meter.firstChild).style.width = `${Math.min(100, 100 * loudest)}%`;
    if (seconds >= this.most) this.finish();
  }

  async finish() {
    const { blocks, count } = this;
    const rate = this.context.sampleRate;
    this.close();
    if (count / rate < LEAST_S) return this.state("idle", "Nothing was recorded. Press Record, speak, then Stop.");
    const samples = joinBlocks(blocks, count).subarray(0, Math.round(this.most * rate));
    const silent = samples.every((sample) => Math.abs(sample) < QUIET);
    const file = new File([writeWav(samples, rate)], "recording.wav", { type: "audio/wav" });
    this.state("sending", "Sending.");
    try {
      const [path] = await sendFiles([file], () => {}, "tokenize").done;
      this.trigger("recorded", { path });
      this.state("sent", `${(samples.length / rate).toFixed(1)} s recorded.${silent ? " It is silent: is the right microphone chosen?" : ""}`);
    } catch (error) {
      this.state("refused", error.message);
    }
    return undefined;
  }

  /** Let go of the microphone: the browser's sign that it is on goes out. */
  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.context?.close();
    this.stream = this.context = null;
    /** @type {HTMLElement} */ (this.meter.firstChild).style.width = "0";
  }
}

export function mount({ element, trigger, props }) {
  return new Recording(element, trigger, props);
}
