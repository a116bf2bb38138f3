// What is wider than the page scrolls inside itself. Here it can be scrolled by keys as well: whatever holds more than it shows comes
// into the order of the tab key and says what it is. Tables get a frame that scrolls, so that they stay tables.
document.addEventListener("DOMContentLoaded", () => {
  const article = document.querySelector("article");
  if (!article) return;
  const KINDS = [["table-frame", "Table"], ["rooms", "Drawing"], ["math", "Equation"], ["highlight", "Code or printed result"]];
  for (const table of article.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table-frame";
    table.replaceWith(frame);
    frame.append(table);
  }
  const wide = [];
  const nameOf = (node) => KINDS.find(([kind]) => node.closest(`.${kind}`))?.[1] ?? "Text";
  const release = (node) => {
    for (const one of ["role", "aria-label"]) node.removeAttribute(one);
    if (!node.matches("mjx-container")) node.removeAttribute("tabindex"); // an equation has a menu, and stays in the order
  };
  const look = () => {
    const scrolls = wide.map((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== "visible");
    const count = {};
    wide.forEach((node, at) => {
      const name = nameOf(node);
      if (!scrolls[at]) return node.role === "region" && release(node);
      count[name] = (count[name] ?? 0) + 1;
      node.tabIndex = 0;
      node.setAttribute("role", "region");
      node.setAttribute("aria-label", `${name} ${count[name]} of those that scroll sideways`);
    });
  };
  let waiting = null;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 100);
  };
  const watcher = new ResizeObserver(soon); // of the window, and of what is unfolded
  document.fonts.ready.then(soon); // which make a line longer, and no box
  const add = (selector) => {
    for (const node of article.querySelectorAll(selector)) wide.push(node), watcher.observe(node);
  };
  add(".table-frame, .rooms, div.math, pre");
  window.MathJax?.startup?.promise?.then(() => add("mjx-container"));
});
