import assert from "node:assert/strict";
import test from "node:test";

import { beatBySocket } from "../../../../explorer/views/kit/page/heartbeat.js";

/** A fetch that notes what it was asked for, and sockets that do what the test says. */
function bench() {
  const [asked, sockets] = [[], []];
  class Socket {
    constructor(url) {
      Object.assign(this, { url, closed: false });
      sockets.push(this);
    }
    close() {
      this.closed = true;
      this.onclose?.();
    }
  }
  const plain = async (input) => {
    asked.push(input.url ?? input);
    return new Response("plain");
  };
  return { asked, sockets, fetcher: beatBySocket(plain, Socket) };
}

test("a heartbeat comes by a socket, line by line, and ends with it", async () => {
  const { asked, sockets, fetcher } = bench();
  const stop = new AbortController();
  const answer = fetcher(new Request("https://vq.example/app/gradio_api/heartbeat/abc?__sign=x", { signal: stop.signal }));
  assert.equal(sockets[0].url, "wss://vq.example/app/gradio_api/heartbeat_socket/abc?__sign=x");
  sockets[0].onopen();
  const { ok, headers, body } = await answer;
  assert.deepEqual([ok, headers.get("content-type")], [true, "text/event-stream"]);
  const reader = body.getReader();
  sockets[0].onmessage({ data: "data: ALIVE\n\n" });
  assert.equal(new TextDecoder().decode((await reader.read()).value), "data: ALIVE\n\n");
  stop.abort();
  assert.ok(sockets[0].closed);
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(asked, []);
});

test("a reader who leaves closes the socket, and what comes after that is nobody's", async () => {
  const { sockets, fetcher } = bench();
  const answer = fetcher("http://127.0.0.1:7860/gradio_api/heartbeat/abc");
  sockets[0].onopen();
  await (await answer).body.cancel();
  assert.ok(sockets[0].closed);
  sockets[0].onmessage({ data: "late" });
});

test("where no socket opens the heartbeat is the request that it was", async () => {
  const { asked, sockets, fetcher } = bench();
  const answer = fetcher(new Request("http://vq.example/gradio_api/heartbeat/abc"));
  sockets[0].close();
  assert.equal(await (await answer).text(), "plain");
  assert.deepEqual(asked, ["http://vq.example/gradio_api/heartbeat/abc"]);
});

test("a socket that neither opens nor fails is given up after a while", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sockets, fetcher } = bench();
  const answer = fetcher("http://vq.example/gradio_api/heartbeat/abc");
  t.mock.timers.tick(4999);
  assert.equal(sockets[0].closed, false);
  t.mock.timers.tick(1);
  assert.equal(await (await answer).text(), "plain");
});

test("whatever is no heartbeat is asked for as always", async () => {
  const { asked, sockets, fetcher } = bench();
  const others = ["/gradio_api/queue/data?session_hash=heartbeat", "/views-1/kit/page/heartbeat.js", "/gradio_api/heartbeat/", "/heartbeat/a/b"];
  for (const path of others) await fetcher(`http://vq.example${path}`);
  assert.deepEqual([asked.length, sockets.length], [others.length, 0]);
});
