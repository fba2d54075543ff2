// @ts-check
// The teaching cards: name in the address -> title, one line of what can be done, and the module, which is fetched when it
// is opened. To add one: write `<name>.js`, which exports SPEC (see card.js), and its line here.

export const CARDS = {
  cells: {
    title: "Nearest code and cells",
    does: "Drag codes and latents. Each latent takes the number of the nearest code; lines part the places where one code is nearest.",
    load: () => import("./cells.js"),
  },
};

/** The name of the card that an address asks for, or null. Pure. */
export function cardOf(search) {
  const name = new URLSearchParams(search).get("card");
  return name !== null && Object.hasOwn(CARDS, name) ? name : null;
}
