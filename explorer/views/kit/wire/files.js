// @ts-check
// Files of a page: sent to the server's upload address, so that their progress can be shown, and saved from an answer.

import { bytesOf } from "./encoding.js";

const KEEP_MS = 10_000; // a browser may still read an address right after the click

/** POST the files. progress(loaded, total) in bytes. -> {done: Promise of their paths on the server, abort()};
 *  an aborted one rejects with error.stopped. command: of the command line, which takes larger ones. */
export function sendFiles(files, progress, command) {
  const form = new FormData();
  for (const file of files) form.append("files", file, file.name);
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    const fail = (text, extra = {}) => reject(Object.assign(new Error(text), extra));
    request.open("POST", new URL("gradio_api/upload", document.baseURI).href);
    request.upload.onprogress = ({ loaded, total }) => progress(loaded, total);
    request.onload = () => {
      if (request.status === 413) return fail(`A file is over the cap of this server. For more: python -m explorer ${command}.`);
      if (request.status !== 200) return fail("The files could not be sent. Try again.");
      return resolve(JSON.parse(request.responseText));
    };
    request.onerror = () => fail("The files could not be sent: the server does not answer.");
    request.onabort = () => fail("Stopped.", { stopped: true });
    request.send(form);
    progress(
      0,
      files.reduce((sum, file) => sum + file.size, 0),
    );
  });
  return { done, abort: () => request.abort() };
}

/** Let the browser save `blob` under `name`; nothing is sent. */
export function saveBlob(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
}

/** Save {name, mime, data: base64}. */
export const saveFile = ({ name, mime, data }) => saveBlob(new Blob([bytesOf(data)], { type: mime }), name);

export const saveText = (text, name, type = "text/csv;charset=utf-8") => saveBlob(new Blob([text], { type }), name);

/** Save a canvas as a PNG. */
export const saveCanvas = (canvas, name) => canvas.toBlob((blob) => blob && saveBlob(blob, name), "image/png");

/** Canvases of one size, laid over each other on `surface`: what is seen, as one canvas. */
export function mergeLayers(canvases, surface) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: canvases[0].width, height: canvases[0].height });
  const ctx = canvas.getContext("2d");
  ctx.fillStyle = surface;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  for (const layer of canvases) ctx.drawImage(layer, 0, 0);
  return canvas;
}
