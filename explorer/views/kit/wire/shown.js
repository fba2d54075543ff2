// @ts-check
// What the inspect view shows, for the other components of the page (a module singleton): its levels with their indices
// and colours, so that nobody has to be sent them twice. See readPayload in inspect/model.js.

import { createListeners } from "./bus.js";

export function createShown() {
  let model = null;
  const listeners = createListeners();
  return {
    get model() {
      return model;
    },
    set(next) {
      model = next;
      listeners.tell(model);
    },
    subscribe: listeners.add,
  };
}

export const shown = createShown();
