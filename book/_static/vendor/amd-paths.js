window.requirejs.config({ baseUrl: new URL(".", document.currentScript.src).href });
