// @ts-check
// Every page of Gradio holds a request open, its heartbeat, by which the server knows that it is there. A browser opens six
// connections to a server, for all of its pages together: with six pages open none could ask for anything more, and a seventh
// would not load. As a WebSocket a heartbeat is one of hundreds. Where there is none to be had, as behind a proxy that passes
// none on, the request is made as it always was. pages/shared/beats.py answers.

const BEAT = /\/heartbeat\/[^/?]+(?:\?.*)?$/;
const PATIENCE_MS = 5000; // for a socket that neither opens nor fails

/** `fetch`, but for heartbeats.
 *  @param {typeof fetch} plain @param {any} [Socket] @returns {typeof fetch} */
export function beatBySocket(plain, Socket = globalThis.WebSocket) {
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!BEAT.test(url)) return plain(input, init);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : null);
    return openBeat(url, signal, Socket).catch(() => plain(input, init));
  };
}

/** The answer of a heartbeat, as of a request, from a socket. Rejects where none opens.
 *  @param {string} url @param {AbortSignal | null | undefined} signal @param {any} Socket @returns {Promise<Response>} */
function openBeat(url, signal, Socket) {
  return new Promise((resolve, reject) => {
    const socket = new Socket(url.replace(/^http/, "ws").replace("/heartbeat/", "/heartbeat_socket/"));
    const late = setTimeout(() => socket.close(), PATIENCE_MS);
    signal?.addEventListener("abort", () => socket.close());
    socket.onclose = () => {
      clearTimeout(late);
      reject(new Error("There is no socket."));
    };
    socket.onopen = () => {
      clearTimeout(late);
      resolve(new Response(bodyOf(socket), { headers: { "content-type": "text/event-stream" } }));
    };
  });
}

/** What comes by a socket, as the body of an answer, which ends with it. @param {any} socket */
function bodyOf(socket) {
  const encoder = new TextEncoder();
  let over = false;
  return new ReadableStream({
    start(controller) {
      socket.onmessage = (/** @type {any} */ { data }) => over || controller.enqueue(encoder.encode(data));
      socket.onclose = () => {
        if (!over) controller.close();
        over = true;
      };
    },
    cancel() {
      over = true;
      socket.close();
    },
  });
}

if (globalThis.window?.WebSocket) window.fetch = beatBySocket(window.fetch.bind(window));
