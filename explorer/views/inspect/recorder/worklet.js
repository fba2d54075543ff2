// @ts-check
// Runs in the browser's audio thread: hands over what the microphone hears, block by block. Loaded by recorder.js.

const scope = /** @type {any} */ (globalThis); // what an audio thread has is not known to the type checker

class Listener extends scope.AudioWorkletProcessor {
  process(inputs) {
    const samples = inputs[0][0];
    if (samples) this.port.postMessage(samples.slice()); // the browser uses the block again
    return true;
  }
}

scope.registerProcessor("listener", Listener);
