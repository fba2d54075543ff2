import assert from "node:assert/strict";
import test from "node:test";

import { mount } from "../../../../explorer/views/kit/widgets/export_bar.js";
import { withPage } from "../made_page.js";

test("a file that there is not cannot be asked for, and its button says why", () =>
  withPage(async () => {
    const element = document.createElement("div");
    const props = { value: "" };
    const asked = [];
    let told = () => undefined;
    mount({ element, props, trigger: (_name, { kind }) => asked.push(kind), watch: (_name, call) => (told = call) });
    const [bar] = element.children;
    const decoded = [...bar.children].find((one) => one.dataset?.kind === "decoded");
    const say = (missing) => {
      props.value = JSON.stringify({ missing, message: "" });
      told();
    };
    say({ decoded: "It has no decoder." });
    assert.deepEqual([decoded.disabled, decoded.title], [true, "It has no decoder."]);
    say({});
    assert.ok(!decoded.disabled && decoded.title.startsWith("What all levels"));
  }));
