// @ts-check
// The drawing library of the charts: plotly.js of the installed package, fetched once a page, when the first chart is seen.

export const NOT_LOADED = "The chart could not be drawn: its drawing library did not load. Its numbers are in the table and in the file.";

let library = null;

/** address: relative to the app's own root, as the server gives it with a figure. -> Promise of Plotly. It rejects with
 *  words for people; the next call then tries again. */
export function loadPlotly(address, doc = document) {
  library ??= new Promise((resolve, reject) => {
    const script = doc.createElement("script");
    const fail = () => {
      script.remove();
      library = null;
      reject(new Error(NOT_LOADED));
    };
    script.onload = () => (globalThis.Plotly ? resolve(globalThis.Plotly) : fail());
    script.onerror = fail;
    script.src = new URL(address, doc.baseURI).href;
    doc.head.appendChild(script);
  });
  return library;
}
