import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { compact } from "../../../../explorer/views/kit/draw/ticks.js";
import { prefixOf } from "../../../../explorer/views/kit/wire/findings.js";
import { countOf, signed, typeset } from "../../../../explorer/views/kit/wire/format.js";

const VIEWS = new URL("../../../../explorer/views/", import.meta.url).pathname;

test("a count and its noun agree, also where the count is an average that is shown as one", () => {
  assert.deepEqual(
    [0, 1, 2, 1.2, 0.6, 1.5, 1204].map((n) => countOf(n, "code")),
    ["0 codes", "1 code", "2 codes", "1 code", "1 code", "2 codes", "1,204 codes"],
  );
  assert.deepEqual([countOf(1, "axis", "axes"), countOf(3, "axis", "axes")], ["1 axis", "3 axes"]);
});

test("ticks of four digits have their comma, as every count beside them", () => {
  assert.deepEqual([0, 999, 1000, 5120, -2500, 9999, 12_000, 3_400_000, 0.00002].map(compact), [
    "0",
    "999",
    "1,000",
    "5,120",
    "−2,500",
    "10,000",
    "12k",
    "3.4M",
    "2e−5",
  ]);
});

test("sizes are set with a cross on one line, and nothing else changes", () => {
  assert.equal(typeset("Scaled down from 600 x 400 to 256 x 171 pixels."), "Scaled down from 600\u00a0×\u00a0400 to 256\u00a0×\u00a0171 pixels.");
  assert.equal(typeset("4 x 8 x 8; x shows 51%, 3 x as long"), "4\u00a0×\u00a08\u00a0×\u00a08; x shows 51%, 3 x as long");
});

test("a minus before a number is one, and a hyphen stays", () => {
  assert.equal(signed("-2.41 dB, +0.5 ± 1, BSDS-500, 1e-5, (-3 to -1)"), "−2.41 dB, +0.5 ± 1, BSDS-500, 1e-5, (−3 to −1)");
});

test("a finding that says itself that all is well is not introduced as such a second time", () => {
  assert.equal(prefixOf({ level: "good", title: "Healthy: nothing wrong is measured" }), "");
  assert.equal(prefixOf({ level: "bad", title: "21% of the latents lie where no code is" }), "Broken: ");
  assert.equal(prefixOf({ level: "unheard of", title: "More" }), "Note: ");
});

test("no view writes a whole number before a plural of its own, which one would not fit", () => {
  const nouns = "codes|levels|tokens|groups|files|pictures|sounds|clips|nodes|items|rows|columns|frames|latents|vectors|media|patches|axes";
  const plural = new RegExp(`\\$\\{whole\\([^{}\`]*\\)\\} (${nouns})\\b`);
  const wrong = readdirSync(VIEWS, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js") && !name.startsWith("learn"))
    .flatMap((name) =>
      readFileSync(join(VIEWS, name), "utf8")
        .split("\n")
        .filter((line) => plural.test(line) && !line.includes("whole(MOST_CELLS)"))
        .map((line) => `${name}: ${line.trim()}`),
    );
  assert.deepEqual(wrong, []);
});
