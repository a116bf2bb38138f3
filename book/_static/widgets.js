// Shows the widgets of a page, without a kernel. Each brings its own ES module in its state, as anywidget takes it, and all it needs
// of the widgets' protocol is a model: values by name, and who hears of their changes.
{
  const kind = (name) => `script[type="application/vnd.jupyter.widget-${name}+json"]`;
  const read = (script) => JSON.parse(script.textContent);

  class Model {
    #values;
    #heard = [];
    constructor(values) {
      this.#values = values;
    }
    get(name) {
      return this.#values[name];
    }
    set(name, value) {
      if (Object.is(this.#values[name], value)) return;
      this.#values[name] = value;
      for (const [event, handler] of [...this.#heard]) if (event === `change:${name}`) handler();
    }
    save_changes() {} // nobody else holds the values
    on(event, handler) {
      this.#heard.push([event, handler]);
    }
    off(event, handler) {
      this.#heard = this.#heard.filter((one) => one[0] !== event || one[1] !== handler);
    }
  }

  const held = Object.assign({}, ...[...document.querySelectorAll(kind("state"))].map((script) => read(script).state));
  const opened = new Map(); // of a model that is shown twice both views are of one state
  const open = (id) => {
    if (!opened.has(id)) {
      const { _esm, _css, ...values } = held[id].state, style = document.createElement("style");
      style.textContent = _css ?? "";
      document.head.append(style);
      const address = URL.createObjectURL(new Blob([_esm], { type: "text/javascript" }));
      opened.set(id, { model: new Model(values), module: import(address) });
    }
    return opened.get(id);
  };

  for (const view of document.querySelectorAll(kind("view"))) {
    const el = document.createElement("div");
    view.after(el);
    const { model, module } = open(read(view).model_id);
    module.then((widget) => widget.default.render({ model, el }));
  }
}
