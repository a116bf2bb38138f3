// Read after require.js and before the widgets' own script.

// A widget's module is looked for in vendor/: "anywidget" is vendor/anywidget.js.
window.requirejs.config({ baseUrl: new URL("vendor/", document.currentScript.src).href });

// The widgets ask for equations as MathJax 2 was asked: MathJax.Hub.Queue(["Typeset", hub, element]). Pass it on to MathJax 3, whose
// object replaces the page's settings object once it is loaded; so every object of that name is given the hub.
{
  const Hub = {
    Queue: async ([, , element]) => {
      await window.MathJax.startup?.promise;
      await window.MathJax.typesetPromise?.([element]);
    },
  };
  let current = Object.assign(window.MathJax ?? {}, { Hub });
  Object.defineProperty(window, "MathJax", { get: () => current, set: (value) => (current = Object.assign(value, { Hub })) });
}
