// @ts-check
// What the panel "Bring a tokenizer" says: figures, facts of a plan, the list and its filter. Pure: plain values in, text out.

import { bytes } from "../kit/wire/format.js";
import { whole } from "../kit/wire/format.js";

const NOUNS = { image: "pictures", audio: "sound", video: "clips" };
const KINDS = { image: "Pictures", audio: "Sound", video: "Clips" };
export const MODALITIES = Object.keys(NOUNS);

/** "72 M", "1.5 G", "812 k", "640": how many numbers a model has. */
export function count(n) {
  const [size, unit] = n >= 1e9 ? [n / 1e9, " G"] : n >= 1e6 ? [n / 1e6, " M"] : n >= 1e4 ? [n / 1e3, " k"] : [n, ""];
  return `${unit && size < 10 ? size.toFixed(1) : whole(size)}${unit}`;
}

/** One line about a tokenizer of the list. */
export function knownWords({ modality, parameters, memory_bytes: memory, licence, trained_on: data }) {
  return [
    NOUNS[modality] ?? modality,
    parameters === null ? "size not stated" : `${count(parameters)} parameters`,
    memory === null ? null : `${bytes(memory)} of memory`,
    licence === "not stated" ? "licence not stated" : licence,
    data && data !== "not stated" ? `trained on ${data}` : "training data not stated",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** The entries of that modality ("" for all) whose words hold all that was typed, those that can be fetched first. */
export function filterKnown(known, modality, text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = known.filter((one) => {
    const words = `${one.title} ${one.source} ${one.home} ${one.licence} ${one.trained_on}`.toLowerCase();
    return (!modality || one.modality === modality) && wanted.every((word) => words.includes(word));
  });
  return [...found.filter((one) => one.source), ...found.filter((one) => !one.source)];
}

/** "1 token for 8 × 8 px", "1 token for 320 samples at 24,000 Hz, 75 a second". */
export function tokenWords({ modality, tokens, downsampling, sample_rate_hz: rate, fixed_size: size }) {
  if (!downsampling) return "";
  const fixed = size.length > 0 ? `; takes ${size.map(whole).join(" × ")} ${modality === "audio" ? "samples" : "px"} only` : "";
  if (tokens === "tokens without places") return `${tokens}${fixed}`;
  if (modality === "audio") return `1 for ${whole(downsampling)} samples at ${whole(rate)} Hz, ${Number((rate / downsampling).toFixed(2))} a second${fixed}`;
  return `1 for ${downsampling} × ${downsampling} px${modality === "video" ? " of some frames" : ""}${fixed}`;
}

/** The facts of a plan: [label, value], what is not known said so. */
export function planFacts(plan, budget) {
  const memory =
    plan.memory_bytes === null ? "not known before it is fetched" : `${bytes(plan.memory_bytes)} of the ${bytes(budget)} that this server keeps for all`;
  const fetched = plan.download_bytes > 0 ? `${bytes(plan.download_bytes)}${plan.files > 1 ? ` in ${plan.files} files` : ""}` : "nothing: all of it is here";
  return [
    ["Format", plan.format || "not known before it is fetched"],
    ["Of", `${KINDS[plan.modality] ?? plan.modality}${plan.decodes ? "" : ", tokens only: there is no decoder"}`],
    ["Codes", plan.vocabulary],
    ["Tokens", tokenWords(plan)],
    ["Parameters", plan.parameters === null ? "not known before it is fetched" : whole(plan.parameters)],
    ["Memory", memory],
    ["Licence", plan.licence],
    ["To fetch", fetched],
    ["Revision", plan.revision],
  ].filter(([, value]) => value);
}

/** What the button under a plan says. */
export function loadWords(plan) {
  if (plan.here) return "Show it";
  return plan.download_bytes > 0 ? `Fetch ${bytes(plan.download_bytes)} and load` : "Load";
}

/** The line under the bar. */
export function workWords({ state, words, others }) {
  if (state === "planning") return "Looking at it; no weight is read…";
  if (state === "stopping") return "Stopping…";
  const also = others === 1 ? " Another visitor waits for it, too." : others > 1 ? ` ${others} other visitors wait for it, too.` : "";
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}…${also}`;
}

/** What happens with what is brought, said before it is sent. until: when a visitor's own is deleted. */
export function becomesWords(way, until) {
  if (way === "hub") return "What is loaded from the Hub is there for everyone who uses this server, until it is stopped.";
  return `A file is yours alone: nobody else can see it in a list, use it or fetch it. It goes to this server and nowhere else. It is deleted there, with all that was made of it, when you remove it, ${until}.`;
}

export const isGoing = (job) => Boolean(job) && ["planning", "loading", "stopping"].includes(job.state);

/** What is wrong with files that were chosen; "" for nothing. files: [{name, size}]. */
export function filesTrouble(files, most) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total === 0) return `${files[0].name} is empty.`;
  if (total > most)
    return `${bytes(total)} is more than the ${bytes(most)} that can be sent here. Larger files are for the command line: python app.py --checkpoint PATH.`;
  return "";
}

/** Links to the other pages that show it. before: the tokenizer that was chosen until now, "" for none. */
export function pageLinks({ id, modality }, before) {
  const links = [["Its codebook", `codebook?tokenizer=${encodeURIComponent(id)}`]];
  if (modality === "image" && before && before !== id)
    links.push(["Compare it with the one before", `compare?tokenizers=${encodeURIComponent(`${id},${before}`)}`]);
  return links;
}
