// @ts-check
// The teaching cards: name in the address -> title, one line of what can be done, and the module, which is fetched when it
// is opened. To add one: write `<name>.js`, which exports SPEC (see card.js), and its line here.

export const CARDS = {
  cells: {
    title: "Nearest code and cells",
    does: "Drag codes and latents. Each latent takes the number of the nearest code; lines part the places where one code is nearest.",
    load: () => import("./cells.js"),
  },
  lloyd: {
    title: "Where codes start, and where they settle",
    does: "Choose a start, then assign and move in turn, or drag the codes to a start of your own. The error never rises.",
    load: () => import("./lloyd.js"),
  },
  gradients: {
    title: "How the gradient passes",
    does: "Drag the red tip, which is what the decoder asks of the code, and the latent. Blue is what reaches the latent.",
    load: () => import("./gradients.js"),
  },
  soft: {
    title: "Soft assignment and annealing",
    does: "Drag the latent and the codes, and change the temperature: how many codes share the latent, and where is their mixture.",
    load: () => import("./soft.js"),
  },
  residual: {
    title: "Residual codes: arrows that add up",
    does: "Drag the latent. The first arrow is the code nearest to it; each further one is the code nearest to what is left over.",
    load: () => import("./residual.js"),
  },
  product: {
    title: "Product codes: a grid that can be turned",
    does: "Each axis has codes of its own. Drag the knob of the first axis to turn the grid, and the latent to see its pair of numbers.",
    load: () => import("./product.js"),
  },
  additive: {
    title: "Additive codes: greedy against joint search",
    does: "Drag the latent. Greedy search takes the nearest code first; a search of all codes together may find a nearer sum.",
    load: () => import("./additive.js"),
  },
  multihead: {
    title: "Heads: the same latent from several sides",
    does: "Each head sees how far the latent lies in its direction, and has codes for that. Drag where heads look, and the latent.",
    load: () => import("./multihead.js"),
  },
  lattice: {
    title: "A lattice: bound, round, read the digits",
    does: "Drag the points along the curves. Each axis is bounded and rounded to one of its values; the digits make one number.",
    load: () => import("./lattice.js"),
  },
  bits: {
    title: "Bits: the sign of each axis",
    does: "Drag the points of the line: above the middle the bit is 1, else 0. Drag the diamonds to move the whole batch.",
    load: () => import("./bits.js"),
  },
  sphere: {
    title: "A sphere with corners",
    does: "Drag the latent over the sphere, and beside it to turn the picture. Its code is the corner of the eighth in which it lies.",
    load: () => import("./sphere.js"),
  },
};

const KEYS = ["card", "quiz", "show", "method", "sheet", "learn", "hide", "present", "bring", "view", "deep_link"]; // the last six of every page
const ADDED = /^(__|utm_|fbclid|gclid|ref)/; // by others, as in pages/shared/link_keys.py

const quoted = (text) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);

/** What is said of values of the address that lead nowhere, in place of silence. Pure. @param {string} search @returns {string[]} */
export function strayWords(search) {
  const query = new URLSearchParams(search);
  const [card, quiz, show] = ["card", "quiz", "show"].map((name) => query.get(name));
  const words = [];
  if (card && cardOf(search) === null) words.push(`The link asks for a card ${quoted(card)}, which is not there. These are:`);
  if (quiz && !["before", "after"].includes(quiz)) words.push(`The link asks for a quiz ${quoted(quiz)}; there are two, "before" and "after" the chapters.`);
  if (!card) {
    const strange = [...query].filter(([name]) => !KEYS.includes(name) && !ADDED.test(name));
    for (const [name, value] of strange)
      words.push(`The link says ${name.slice(0, 40)}=${value.slice(0, 40)}, which this page does not know; its links say card, quiz, show, method and sheet.`);
  }
  if (show && show !== "methods") words.push(`The link asks to show ${quoted(show)}; there is "methods" alone.`);
  return words;
}

/** The name of the card that an address asks for, or null. Pure. */
export function cardOf(search) {
  const name = new URLSearchParams(search).get("card");
  return name !== null && Object.hasOwn(CARDS, name) ? name : null;
}
