// @ts-check
// Another state of this page without loading it anew: its address is written, and every view that registered takes its own
// part of it. The browser's ways back and forward come here, too.

/**
 * What a view registers.
 * @typedef {object} Traveller
 * @property {string[]} [names]  keys of the query that are its own; all but those of the tour, if none are named
 * @property {(search: string) => unknown} take  shows what an address says, and resolves once that is on screen; false where it cannot
 * @property {(search: string) => string} [now]  the query of what it shows, as its address writer has it; the address itself if none
 * @property {(search: string) => unknown} [prepare]  something may be asked for next: have ready what takes time
 */

/** Keys that say where the tour is and how it is shown, and nothing of a page. */
const OF_TOUR = ["learn", "hide", "present"];

/** Whether two addresses differ in one of these keys, or in any that is not the tour's. Pure.
 *  @param {string} one @param {string} other @param {string[]} [names] */
export function differsIn(one, other, names) {
  const [a, b] = [new URLSearchParams(one), new URLSearchParams(other)];
  const keys = names ?? [...a.keys(), ...b.keys()].filter((name) => !OF_TOUR.includes(name));
  return keys.some((name) => (a.get(name) ?? "") !== (b.get(name) ?? ""));
}

/** A page that can go from state to state. Pages use `travel` below; tests make their own.
 *  @param {() => Window} win */
export function createTravel(win = () => window) {
  /** @type {Set<Traveller>} */
  const travellers = new Set();
  const hearing = new Set(); // who hears that the browser went back or forward

  const bring = async (which, search) => {
    const done = await Promise.all([...which].map((one) => one.take(search)));
    if (done.includes(false)) win().location.reload(); // what cannot be shown in place is opened anew
  };
  const back = () => {
    const { search } = win().location;
    const others = [...travellers].filter((one) => differsIn(one.now?.(search) ?? "", search, one.names));
    for (const hear of [...hearing]) hear(search);
    return bring(others, search);
  };
  /** One listener while anybody is there. */
  const join = (all, one) => {
    const on = win();
    if (travellers.size + hearing.size === 0) on.addEventListener("popstate", back);
    all.add(one);
    return () => {
      all.delete(one);
      if (travellers.size + hearing.size === 0) on.removeEventListener("popstate", back);
    };
  };

  return {
    /** Returns what unregisters. @param {Traveller} traveller */
    register: (traveller) => join(travellers, traveller),
    /** callback(search) when the browser went back or forward. @param {(search: string) => void} callback */
    onBack: (callback) => join(hearing, callback),
    get able() {
      return travellers.size > 0;
    },
    /** Another address, of a state that the page has already. @param {string} search without the question mark */
    write(search) {
      const { history, location } = win();
      history.pushState(history.state, "", `${location.pathname}?${search}`);
    },
    /** Go there: resolves once every view shows it. @param {string} search without the question mark */
    go(search) {
      this.write(search);
      return bring(travellers, `?${search}`);
    },
    /** @param {string} search */
    prepare: (search) => [...travellers].forEach((one) => one.prepare?.(search)),
  };
}

export const travel = createTravel();
