// Draws the figures of a report when they come into sight, in the theme of the reader; on paper they are always light.
(() => {
  const { figures, templates, palette } = JSON.parse(document.getElementById("figures").textContent);
  const hosts = [...document.querySelectorAll("[data-figure]")];
  const [dark, print] = [matchMedia("(prefers-color-scheme: dark)"), matchMedia("print")];
  const config = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
  const PAPER = { width: 340, height: 250, line: 19 }; // px: two beside each other on A4; of a line of a legend

  /** A copy with the colours of the theme, by their values. */
  function recolour(value, to) {
    if (typeof value === "string") return to.get(value) ?? value;
    if (Array.isArray(value)) return value.map((one) => recolour(one, to));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, recolour(one, to)]));
  }

  /** The size on paper: where a legend has more lines than two, the plot keeps its height. */
  function onPaper(data) {
    const lines = data.filter(({ name, showlegend }) => name && showlegend !== false).length;
    return { width: PAPER.width, height: PAPER.height + PAPER.line * Math.max(0, lines - 2) };
  }

  function draw(host, paper) {
    const theme = dark.matches && !paper ? "dark" : "light";
    const to = new Map(Object.entries(palette.light).map(([name, colour]) => [colour, palette[theme][name]]));
    const { data, layout } = figures[Number(host.dataset.figure)];
    const size = paper ? onPaper(data) : { width: undefined, height: undefined };
    Plotly.react(host, recolour(data, to), { ...recolour(layout, to), ...size, autosize: !paper, template: templates[theme] }, config);
    host.dataset.drawn = paper ? "paper" : theme;
  }

  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
        seen.unobserve(target);
        draw(target, print.matches);
      }
    },
    { rootMargin: "400px" },
  );
  const all = (paper) => hosts.forEach((host) => (paper || host.dataset.drawn) && draw(host, paper));
  if (print.matches) all(true);
  else hosts.forEach((host) => seen.observe(host));
  dark.addEventListener("change", () => all(print.matches));
  print.addEventListener("change", () => all(print.matches));
  addEventListener("beforeprint", () => all(true));
  addEventListener("afterprint", () => all(false));
})();
