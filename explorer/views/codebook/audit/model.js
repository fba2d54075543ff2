// @ts-check
// What the audit panel says: kinds of files, progress, rates, remaining time. Pure: plain values in, text out.

import { acceptFiles } from "../../kit/wire/accept.js";
import { bytes, countOf, whole } from "../../kit/wire/format.js";

const MEDIA =
  /\.(png|apng|jpe?g|webp|avif|gif|bmp|tiff?|ppm|pgm|pnm|wav|flac|ogg|oga|opus|mp3|m4a|aac|aiff?|aifc|au|snd|caf|w64|rf64|voc|amr|wma|ac3|eac3|dts|wv|tta|spx|mp2|m4b|mka|mp4|m4v|mov|3gp|mkv|webm|avi|wmv|flv|ts|mpe?g|y4m|ogv|csv|tsv|txt)$/i;
/** Endings of files of indices, as `ALONE` of explorer/dumps/formats.py has them; .csv and .tsv may be media. */
export const INDICES = [".npy", ".npz", ".jsonl", ".ndjson", ".pt", ".pth", ".parquet", ".pq", ".arrow", ".feather", ".ipc", ".h5", ".hdf5", ".tar", ".tgz"];
export const INDEX_WORDS = "indices (.npy, .npz, .jsonl, .parquet, .arrow, .h5, .pt, .tar)";
const ZIP = /\.zip$/i;

/** What was chosen: {kind: "zip" | "media" | "indices", words} or {error}. files: [{name, size}]. */
export function kindOf(files, limits) {
  if (files.length === 0) return { error: "No file was chosen." };
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const big = files.find((file) => file.size > limits.file_bytes);
  if (big)
    return { error: `${big.name} has ${bytes(big.size)}; ${bytes(limits.file_bytes)} is the most for one file here. For more: python -m explorer audit.` };
  if (total > limits.upload_bytes)
    return { error: `These files have ${bytes(total)} together; ${bytes(limits.upload_bytes)} is the most here. For more: python -m explorer audit.` };
  if (files.length > limits.files)
    return { error: `These are ${countOf(files.length, "file")}; ${whole(limits.files)} is the most at a time. Put them in one zip.` };
  const count = (pattern) => files.filter(({ name }) => pattern.test(name)).length;
  if (count(/^audit\.json$/) === 1) {
    const missing = ["counts.npy", "details.npz"].filter((name) => !files.some((file) => file.name === name));
    if (missing.length > 0) return { error: `An audit is audit.json, counts.npy and details.npz together; ${missing.join(" and ")} is missing.` };
    return { kind: "audit", words: `An audit, ${bytes(total)}` };
  }
  const [zips, indices] = [count(ZIP), files.filter(({ name }) => INDICES.some((ending) => name.toLowerCase().endsWith(ending))).length];
  if (files.length === 1 && zips === 1) return { kind: "zip", words: `${files[0].name}, ${bytes(total)}` };
  if (files.length === 1 && indices === 1) return { kind: "indices", words: `${files[0].name}, ${bytes(total)}` };
  if (zips + indices > 0) return { error: "One zip, or one file of indices, or several files of media at a time, not a mixture." };
  if (count(MEDIA) === 0) return { error: `${files[0].name} is neither a picture, a sound, a clip or a table, nor a zip nor a file of ${INDEX_WORDS}.` };
  return { kind: "media", words: files.length === 1 ? `${files[0].name}, ${bytes(total)}` : `${countOf(files.length, "file")}, ${bytes(total)}` };
}

/** Whether an .npy holds fractions, by the first bytes of it as text: indices are whole numbers. Pure. */
export const holdsFractions = (head) => /'descr':\s*'[<>|=]?f\d/.test(head);

/** What else than indices one .npy may be to a tokenizer of that modality: "items", "rows", or "" where it is nothing else.
 *  Pure. */
export const elseOf = (files, modality) => (files.length === 1 && /\.npy$/i.test(files[0].name) ? ({ vectors: "items", series: "rows" }[modality] ?? "") : "");

/** What was typed for K -> {value} or {error}. */
export function parseSize(text) {
  const digits = text.trim().replaceAll(",", "");
  if (!/^\d{1,9}$/.test(digits) || Number(digits) < 1) return { error: "K is a whole number of 1 or more: how many codes the codebook has." };
  return { value: Number(digits) };
}

/** "45 s", "3 min 20 s", "1 h 5 min" */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 && s < 600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.round(s / 60)} min`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

/** Share of a running job that is done, 0..1; null where it cannot be told. */
export function shareDone(job) {
  return job.planned > 0 ? Math.min(1, job.done / job.planned) : null;
}

/** What an audit by a tokenizer of that modality reads: [accept, "pictures", "a zip of pictures"]. */
export function mediaWords(modality) {
  const nouns = { image: "pictures", audio: "sounds", video: "clips", series: "series", vectors: "tables of items" };
  const noun = nouns[modality] ?? "media";
  return { noun, accept: [acceptFiles(modality), ".zip", ...INDICES].join(",") };
}

/** "12 of 100 media · 12,288 tokens of each codebook · 6.1 media/s · 14 s left": the figures of a job. */
export function progressWords(job) {
  const parts = [];
  if (job.planned > 0) parts.push(`${whole(job.done)} of ${countOf(job.planned, "medium", "media")}`);
  if (job.tokens > 0) parts.push(`${countOf(job.tokens, "token")} of each codebook`);
  if (job.media_per_second > 0) parts.push(`${job.media_per_second < 10 ? job.media_per_second.toFixed(1) : whole(job.media_per_second)} media/s`);
  if (job.state === "running" && job.seconds_left !== null && job.planned > job.done) parts.push(`${duration(job.seconds_left)} left`);
  return parts.join(" · ");
}

const STATES = {
  waiting: "Waiting: other audits are running on this server.",
  stopping: "Stopping after the media that it is at…",
  done: "Done.",
};

/** The line under the bar; what is plainly wrong already, such as codes that are NaN, comes first. */
export function stateWords(job) {
  const wrong = job.trouble ? `${job.trouble}. ` : "";
  if (job.state === "running") return job.name ? `${wrong}Counting ${job.name}` : "Reading the files…";
  return job.message || `${wrong}${STATES[job.state] ?? ""}`;
}

export const isGoing = (job) => Boolean(job) && ["waiting", "running", "stopping"].includes(job.state);
