// @ts-check
// Keys that a player takes.

const TAKES_SPACE = "input:not([type=range]), select, textarea, button, summary, a, [contenteditable], [role=dialog]";

/** Whether a key is the space bar, pressed where it means nothing else: in the lab, or nowhere at all. */
export function playsOrPauses(event, root) {
  if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.defaultPrevented) return false;
  const { target } = event;
  if (target.closest(TAKES_SPACE)) return false;
  return root.contains(target) || target === target.ownerDocument.body || target === target.ownerDocument.documentElement;
}
