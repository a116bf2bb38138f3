// A row of pictures behind one slider. It needs no kernel: everything it shows lies in the page.
function render({ model, el }) {
  const frames = model.get("frames");
  const labels = model.get("labels");
  const name = model.get("name");

  const root = document.createElement("figure");
  root.className = "gridcells-frames";
  root.style.margin = "0";

  const picture = document.createElement("img");
  picture.style.maxWidth = "100%";

  const row = document.createElement("div");
  row.style.cssText = "display:flex;align-items:center;gap:.75em;flex-wrap:wrap;margin-top:.5em";
  const caption = document.createElement("label");
  caption.textContent = name;
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = 0;
  slider.max = frames.length - 1;
  slider.step = 1;
  slider.style.cssText = "flex:1 1 12em;max-width:28em";
  slider.setAttribute("aria-label", name);
  caption.append(" ", slider);
  caption.style.cssText = "display:flex;align-items:center;gap:.5em;flex:1 1 20em";
  const value = document.createElement("span"); // not an output, which would speak at every picture
  value.className = "gridcells-frame-label";
  value.style.cssText = "font-variant-numeric:tabular-nums;min-width:7em";
  const play = document.createElement("button");
  play.type = "button";
  row.append(caption, value, play);
  root.append(picture, row);
  el.append(root);

  let timer = null;

  function show(index) {
    picture.src = frames[index];
    picture.alt = `${name}: ${labels[index]}`;
    slider.value = index;
    slider.setAttribute("aria-valuetext", labels[index]);
    value.textContent = labels[index];
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }

  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
    model.set("index", Number(slider.value));
    model.save_changes();
  });
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    play.textContent = "Pause";
    timer = setInterval(() => show((Number(slider.value) + 1) % frames.length), 400);
  });
  model.on("change:index", () => show(model.get("index")));

  stop();
  show(model.get("index"));
  return stop;
}

export default { render };
