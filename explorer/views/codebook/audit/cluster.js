// @ts-check
// A job in shards on a cluster, as its files say: how far it is, shard by shard. Words are pure.

import { countOf, whole } from "../../kit/wire/format.js";
import { h } from "../../kit/widgets/dom.js";
import { duration } from "./model.js";

const POLL_MS = 5000;
const SHOWN = 8; // shards under way that are named

/** The lines of a job: ["Cluster job: 2 of 8 shards done, 1 not begun", "40 of 320 media · 1,024 tokens · 20 s left",
 *  "Shard 3 of 8: 12 of 40 media done, 28 left"]. Pure. */
export function clusterWords(job) {
  if (job.gone) return ["Cluster job: its shards are gone, as they are after a merge."];
  const waiting = job.waiting > 0 ? `, ${whole(job.waiting)} not begun` : "";
  const unit = job.unit ?? "media"; // files or items where plain indices are counted
  const parts = [`${whole(job.done)} of ${whole(job.planned)} ${unit}`];
  if (job.tokens > 0) parts.push(`${countOf(job.tokens, "token")} of each codebook`);
  if (job.seconds_left !== null && job.going.length > 0) parts.push(`${duration(job.seconds_left)} left for the shards that are begun`);
  const lines = [`Cluster job: ${whole(job.complete)} of ${whole(job.of)} shards done${waiting}`, parts.join(" · ")];
  for (const { number, done, planned, trouble } of job.going.slice(0, SHOWN))
    lines.push(`Shard ${whole(number)} of ${whole(job.of)}: ${trouble || `${whole(done)} of ${whole(planned)} ${unit} done, ${whole(planned - done)} left`}`);
  if (job.going.length > SHOWN) lines.push(`${whole(job.going.length - SHOWN)} more shards are under way.`);
  if (job.complete === job.of) lines.push("All shards are done: python -m explorer merge makes them one audit.");
  return lines;
}

/** Whether asking again can show something new. Pure. */
const stands = (jobs) => jobs.every((job) => job.gone || job.complete === job.of);

/** Where the server was told of jobs in shards: show in `host` how they stand, until all are done. after(act, ms): as
 *  setTimeout, for as long as the panel lives. */
export async function watchCluster(host, bus, after) {
  if (!bus.open?.cluster || host.dataset.watched) return;
  host.dataset.watched = "yes";
  for (let jobs = null; jobs === null || !stands(jobs); ) {
    try {
      jobs = (await bus.ask("cluster_state")).jobs;
      drawJobs(host, jobs);
    } catch {
      // another tokenizer was chosen meanwhile, or the server is busy: asked again below
    }
    await new Promise((resolve) => after(() => resolve(null), POLL_MS));
  }
}

/** Show jobs in `host`, one block each. */
function drawJobs(host, jobs) {
  host.replaceChildren(
    ...jobs.map((job) => {
      const bar = h("progress", { class: "ca-bar", max: 1, "aria-label": `Progress of the cluster job ${job.title}` });
      bar.value = job.planned > 0 ? job.done / job.planned : 0;
      const lines = clusterWords(job).map((words) => h("p", { class: "ca-state" }, words));
      return h("div", { class: "ca-work" }, h("b", { class: "ca-title" }, job.title), ...(job.gone ? [] : [bar]), ...lines);
    }),
  );
}
