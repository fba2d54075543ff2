// @ts-check
// What is drawn here of a medium that is no picture: the lines of a series, the trees of semantic ids, a graph with its
// anchors. Panes show it as they show pictures: one pane a tokenizer, all with one view, what is pointed at lit in all.

/** By kind, what draws it: its modules come with the first of its kind. @type {Record<string, () => Promise<any>>} */
const KINDS = {
  series: async () => (await import("./drawn_series.js")).linesOf,
  items: async () => (await import("./drawn_items.js")).treesOf,
  graph: async () => (await import("./drawn_graph.js")).graphsOf,
};

/**
 * @typedef {object} Drawn
 * @property {number} width  in units that the panes share
 * @property {number} height
 * @property {number} ratio  of a pane: width over height
 * @property {string[]} ids
 * @property {boolean} original  whether there is a pane of what all are held against
 * @property {string} first  what that pane is called
 * @property {boolean} blind  whether names can be hidden: where something is decoded
 * @property {any} Pane  the class of a pane
 * @property {(id: string) => any} get  what the pane of a tokenizer shows
 * @property {string} hint
 * @property {(mark: any, title: (id: string) => string) => string} say  what is pointed at, in all panes
 * @property {(number: number) => any} markOf  what the number of a link points at, or null
 * @property {(facts: any) => {label: string, box?: number[], mark?: any} | null} worst  what one does worst
 * @property {(mark: any, title: (id: string) => string, choose: (mark: any) => void) => (HTMLElement | null)[]} [lists]  what is listed of it
 *
 * @param {any} pictures  the answer of `pictures`  @returns {Promise<Drawn>}
 */
export const openDrawn = async (pictures) => (await KINDS[pictures.drawn.kind]())(pictures);
