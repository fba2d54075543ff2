// @ts-check
// Playing two sounds of one length in step, one of them heard: a switch between them loses no sample.

const FADE_S = 0.006; // so that switching and stopping do not click
const SILENT = 1e-4; // root mean square, of 1

/** What each of the sounds is multiplied by so that all are as loud as the first, by their root mean square, and none
 *  clips; silence stays. Pure. */
export function matchedGains(sounds) {
  const measure = ({ channels }) => {
    let [sum, count, peak] = [0, 0, 0];
    for (const samples of channels) {
      count += samples.length;
      for (const sample of samples) {
        sum += sample * sample;
        if (Math.abs(sample) > peak) peak = Math.abs(sample);
      }
    }
    return { loudness: Math.sqrt(sum / Math.max(1, count)), peak };
  };
  const found = Object.entries(sounds).map(([name, sound]) => ({ name, ...measure(sound) }));
  const wanted = found[0]?.loudness ?? 0;
  const gains = found.map(({ loudness }) => (wanted > SILENT && loudness > SILENT ? wanted / loudness : 1));
  const highest = Math.max(...found.map(({ peak }, i) => peak * gains[i]), 1);
  return Object.fromEntries(found.map(({ name }, i) => [name, gains[i] / highest]));
}

export class Deck {
  /** sounds: {name: {rate, channels, samples}}. onState: called when playing begins, ends or switches. */
  constructor(onState) {
    this.onState = onState;
    this.sounds = {};
    this.heard = "original";
    this.context = this.voices = this.range = null;
    this.loop = this.matched = false;
    this.gains = null; // of `matchedGains`, once they are wanted
  }

  get playing() {
    return this.voices !== null;
  }

  get duration() {
    const sound = Object.values(this.sounds)[0];
    return sound ? sound.samples / sound.rate : 0;
  }

  /** Seconds into the sound, while it plays. */
  get position() {
    if (!this.playing) return null;
    const heard = this.context.currentTime - (this.context.outputLatency || 0) - this.begun;
    return Math.min(this.range[0] + Math.max(0, heard), this.range[1]);
  }

  /** Other sounds; what plays goes on with them where it is, if they are as long. */
  load(sounds, keep) {
    const at = keep && this.playing ? { position: this.position, end: this.range[1], whole: this.whole } : null;
    this.halt();
    this.sounds = sounds;
    this.gains = null;
    if (!(this.heard in sounds)) this.heard = Object.keys(sounds)[0];
    if (at && at.position < this.duration) this.play(at.position, at.end, at.whole);
    else this.onState();
  }

  /** Play from..to seconds; whole: to the end of the sound, and again if it loops. */
  play(from = 0, to = this.duration, whole = true) {
    this.halt();
    const first = Object.values(this.sounds)[0];
    if (!first) return;
    this.context ??= new AudioContext();
    this.context.resume();
    this.range = [from, to];
    this.whole = whole;
    const when = this.context.currentTime + 0.02;
    this.begun = when;
    this.voices = Object.fromEntries(Object.entries(this.sounds).map(([name, sound]) => [name, this.voice(name, sound, when, from, to)]));
    const voices = this.voices;
    voices[this.heard].source.onended = () => this.voices === voices && this.ended();
    this.onState();
  }

  voice(name, sound, when, from, to) {
    const buffer = this.context.createBuffer(sound.channels.length, sound.samples, sound.rate);
    sound.channels.forEach((samples, c) => buffer.copyToChannel(samples, c));
    const source = this.context.createBufferSource();
    const gain = this.context.createGain();
    source.buffer = buffer;
    gain.gain.value = name === this.heard ? this.gainOf(name) : 0;
    source.connect(gain).connect(this.context.destination);
    source.start(when, from, Math.max(0.01, to - from));
    return { source, gain };
  }

  ended() {
    const again = this.loop && this.whole;
    this.halt();
    if (again) this.play();
    else this.onState();
  }

  pause() {
    this.halt();
    this.onState();
  }

  halt() {
    for (const { source, gain } of Object.values(this.voices ?? {})) {
      source.onended = null;
      gain.gain.setTargetAtTime(0, this.context.currentTime, FADE_S / 3);
      source.stop(this.context.currentTime + FADE_S);
    }
    this.voices = null;
  }

  /** Silence, for good: the browser has few contexts to give. */
  destroy() {
    this.halt();
    this.context?.close();
    this.context = null;
    this.sounds = {};
  }

  gainOf(name) {
    if (!this.matched) return 1;
    this.gains ??= matchedGains(this.sounds);
    return this.gains[name];
  }

  /** Whether all sounds are heard equally loud. */
  match(on) {
    this.matched = on;
    this.voices?.[this.heard].gain.gain.setTargetAtTime(this.gainOf(this.heard), this.context.currentTime, FADE_S / 3);
  }

  /** Hear the other sound from now on. */
  hear(name) {
    if (!(name in this.sounds) || name === this.heard) return;
    const voices = this.voices;
    if (voices) {
      for (const [other, { source, gain }] of Object.entries(voices)) {
        gain.gain.setTargetAtTime(other === name ? this.gainOf(name) : 0, this.context.currentTime, FADE_S / 3);
        source.onended = other === name ? () => this.voices === voices && this.ended() : null;
      }
    }
    this.heard = name;
    this.onState();
  }
}

/** One sound once: what a code card plays. */
export function playOnce(sound) {
  const deck = new Deck(() => deck.playing || !deck.context || deck.destroy());
  deck.load({ original: sound });
  deck.play();
  return deck;
}
