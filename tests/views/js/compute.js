// Calls functions of the browser's arithmetic for a test in Python. In: [{module, name, args}] as JSON on the standard
// input, module relative to explorer/views/learn/arithmetic/. Out: what each returned, as JSON.
import { readFileSync } from "node:fs";

const calls = JSON.parse(readFileSync(0, "utf8"));
const results = [];
for (const { module, name, args } of calls) {
  const found = await import(`../../../explorer/views/learn/arithmetic/${module}`);
  results.push(found[name](...args));
}
process.stdout.write(JSON.stringify(results));
