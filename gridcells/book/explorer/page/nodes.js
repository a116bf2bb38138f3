// Elements of a page.

export const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

export const button = (text, onclick, attributes = {}) => make("button", { type: "button", onclick, ...attributes }, text);

// A canvas with its caption: [canvas, figure].
export function figure(className, caption, attributes = {}) {
  const canvas = make("canvas", { class: className, role: "img", ...attributes });
  return [canvas, make("figure", {}, canvas, make("figcaption", {}, caption))];
}
