// @ts-check
// What the inspect view shows, for the other components of the page (a module singleton): its levels with their indices
// and colours, so that nobody has to be sent them twice. See readPayload in inspect/model.js.

export function createShown() {
  let model = null;
  const listeners = new Set();
  return {
    get model() {
      return model;
    },
    set(next) {
      model = next;
      for (const listener of [...listeners]) listener(model);
    },
    subscribe(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
}

export const shown = createShown();
