// @ts-check
// What every view, and every part of one that listens or waits, is: it owns what it listens to, observes and waits for,
// and lets go of all of it when it goes. Listeners of elements of its own may be given to `h`: they go with the elements.

import { onThemeChange } from "./draw/colours.js";

export class Component {
  /** @type {Set<() => void>} */
  #ends = new Set();
  #disposed = false;

  /** Whether it is gone: what comes later, such as an answer of the server, is nobody's any more. */
  get disposed() {
    return this.#disposed;
  }

  /** `end()` is called when the component goes, or at once where it is gone. Returns what calls it earlier.
   *  @param {() => unknown} end @returns {() => void} */
  own(end) {
    if (this.#disposed) {
      end();
      return () => {};
    }
    const once = () => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    return once;
  }

  /** A part goes with the whole; one that goes earlier is forgotten. Returns the part, which may be none.
   *  @template Part @param {Part} part @returns {Part} */
  part(part) {
    const { destroy } = /** @type {any} */ (part ?? {});
    if (!destroy) return part;
    const leave = this.own(() => destroy.call(part));
    if (part instanceof Component) part.own(leave);
    return part;
  }

  /** @param {EventTarget} target @param {string | string[]} names @param {(event: any) => void} callback
   *  @param {AddEventListenerOptions} [options] */
  listen(target, names, callback, options) {
    const each = [names].flat();
    for (const name of each) target.addEventListener(name, callback, options);
    return this.own(() => each.forEach((name) => target.removeEventListener(name, callback, options)));
  }

  /** @param {Element} element @param {() => void} callback */
  onResize(element, callback) {
    const observer = new ResizeObserver(() => callback());
    observer.observe(element);
    return this.own(() => observer.disconnect());
  }

  /** callback(now): the element came within `margin` pixels of the screen, or left it. Without an observer nothing leaves.
   *  @param {Element} element @param {(now: boolean) => void} callback @param {number} [margin] */
  onSight(element, callback, margin = 0) {
    if (!globalThis.IntersectionObserver) return () => {};
    const observer = new IntersectionObserver((entries) => callback(entries.at(-1).isIntersecting), { rootMargin: `${margin}px` });
    observer.observe(element);
    return this.own(() => observer.disconnect());
  }

  /** @param {Node} node @param {() => void} callback @param {MutationObserverInit} what */
  onMutation(node, callback, what) {
    const observer = new MutationObserver(() => callback());
    observer.observe(node, what);
    return this.own(() => observer.disconnect());
  }

  /** callback() whenever dark and light change places. @param {() => void} callback */
  onTheme(callback) {
    return this.own(onThemeChange(callback));
  }

  /** callback() after `wait` ms, once. Returns what calls it off. @param {() => void} callback @param {number} [wait] */
  after(callback, wait = 0) {
    const timer = setTimeout(() => {
      forget();
      callback();
    }, wait);
    const forget = this.own(() => clearTimeout(timer));
    return forget;
  }

  /** callback() every `gap` ms. Returns what ends it. @param {() => void} callback @param {number} gap */
  repeat(callback, gap) {
    const timer = setInterval(callback, gap);
    return this.own(() => clearInterval(timer));
  }

  /** callback(now) at the next animation frame, once. Returns what calls it off. @param {(now: number) => void} callback */
  nextFrame(callback) {
    const request = requestAnimationFrame((now) => {
      forget();
      callback(now);
    });
    const forget = this.own(() => cancelAnimationFrame(request));
    return forget;
  }

  /** Let go of everything, the newest first. A second call does nothing. */
  destroy() {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const end of [...this.#ends].reverse()) {
      try {
        end();
      } catch (error) {
        console.error("a part of the page could not be ended", error); // the others still are
      }
    }
  }
}

/** A view that opens once, as soon as Python has sent its value: create(value) -> its component. What is returned ends it.
 *  @param {{props: {value: string}, watch: (name: string, callback: () => void) => void}} view
 *  @param {(value: any) => Component} create */
export function openOnce({ props, watch }, create) {
  const life = new Component();
  let opened = false;
  const open = () => {
    if (opened || life.disposed || !props.value) return;
    opened = true;
    life.part(create(JSON.parse(props.value)));
  };
  watch("value", open);
  open();
  return life;
}
