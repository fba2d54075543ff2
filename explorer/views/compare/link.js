// @ts-check
// The bus of the compare page, and its runs: asks for a comparison, watches it, and brings pictures and figures into the
// state (see FIRST in compare/model.js). Panels export mount(host, bus) and need nothing else.

import { FIRST, IN_ADDRESS, nextState, queryOf } from "./model.js";
import { createPageBus } from "../kit/wire/bus.js";

const OF_VIEW = Object.fromEntries(IN_ADDRESS.map((name) => [name, FIRST[name]])); // where a link does not say it

const POLL_MS = 300;
export const isGoing = (job) => Boolean(job) && ["waiting", "running", "stopping"].includes(job.state);

/** A new bus: state, set, on, ask of the page, and start, stop, look; pause(ms) waits between questions. */
/** @param {{ask: (request: any) => Promise<any>, token?: string, first?: object, win?: Window | null, info?: any, pause?: (ms: number) => Promise<any>}} options */
export function createBus({ ask, token = "", first = {}, win = null, info = {}, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }) {
  const core = createPageBus({ ask, token, win, next: nextState, inAddress: IN_ADDRESS, query: queryOf, first: Object.freeze({ ...FIRST, ...first }) });
  const isNow = (job) => core.state.job?.id === job.id;
  const fail = (error, field = null) => core.set({ problem: { field: error.field ?? field, message: error.message } });
  let wish = 0;
  let looking = 0;

  /** Pictures of one medium, unless another was asked for meanwhile. */
  const look = async (job, number) => {
    const mine = ++looking;
    try {
      const pictures = await core.ask("pictures", { job: job.id, number });
      if (mine === looking && isNow(job)) core.set({ pictures, problem: null });
    } catch (error) {
      if (mine === looking && isNow(job)) fail(error, "pictures");
    }
  };
  const result = async (job) => {
    try {
      const answer = await core.ask("result", { job: job.id });
      if (isNow(job)) core.set({ result: answer.result });
    } catch (error) {
      if (isNow(job)) fail(error);
    }
  };
  const watch = async (job) => {
    let seen = false;
    for (let at = job; ; ) {
      if (!isNow(job)) return;
      core.set({ job: at });
      if (at.seen && !seen) look(job, Math.min(core.state.at, at.planned - 1));
      seen ||= at.seen;
      if (!isGoing(at)) break;
      await pause(POLL_MS);
      try {
        at = (await core.ask("state", { job: job.id })).job;
      } catch (error) {
        if (isNow(job)) core.set({ job: { ...job, state: "failed" }, problem: { field: null, message: error.message } });
        return;
      }
    }
    const { job: ended } = core.state;
    if (ended.state === "failed") fail({ message: ended.message }, "media");
    if (ended.found) await result(job);
  };

  return {
    info, // of the opening: {tokenizers, limits}
    get state() {
      return core.state;
    },
    life: core.life,
    set: core.set,
    on: core.on,
    ask: core.ask,
    /** All that a link says, from the server: only what is another is compared anew. own: what it says of the view. */
    async follow(search, own) {
      const { chosen, media, message } = await core.ask("link", { query: search.slice(1), modality: core.state.own?.modality });
      core.set({ ...OF_VIEW, ...own, tokenizers: chosen, media, problem: null });
      core.replace(core.state, ["link"]);
      const { run, tokenizers, side, at } = core.state;
      const same = run && run.tokenizers.join() === tokenizers.join() && run.media === media && run.side === side;
      if (same) this.go(at);
      else this.start();
      return message;
    },
    title: (id) => info.tokenizers?.find((one) => one.id === id)?.title ?? id,
    /** Compare what is chosen; what was found before stays on screen until there is something new. */
    async start() {
      const { tokenizers, media, side } = core.state;
      const mine = ++wish;
      try {
        const { job, names } = await core.ask("start", { tokenizers, media, side });
        if (mine !== wish) return;
        core.set({ job, run: { tokenizers, media, side, names }, result: null, problem: null });
        await watch(job);
      } catch (error) {
        if (mine === wish) fail(error);
      }
    },
    /** Another medium of the set. */
    async go(number) {
      const { job, run } = core.state;
      if (!run || number < 0 || number >= run.names.length) return;
      core.set({ at: number });
      await look(job, number);
    },
    async stop() {
      const { job } = core.state;
      try {
        const answer = await core.ask("stop", { job: job.id });
        if (isNow(job)) core.set({ job: answer.job });
      } catch (error) {
        fail(error);
      }
    },
  };
}

/** Whether what is chosen is what was compared. */
export function isFresh({ run, tokenizers, media, side }) {
  return run !== null && run.media === media && run.side === side && run.tokenizers.join() === tokenizers.join();
}
