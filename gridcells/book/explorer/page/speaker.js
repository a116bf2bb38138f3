// What is said aloud, to those who do not see the page.

const PAUSE = 5000; // ms between two things that are said aloud

// A live region that speaks at most once in five seconds, and then says the newest.
export function speaker(node) {
  let last = -Infinity, timer = null, waiting = "";
  const say = () => {
    timer = null;
    last = performance.now();
    if (node.textContent !== waiting) node.textContent = waiting;
  };
  return {
    say(text) {
      waiting = text;
      timer ??= setTimeout(say, Math.max(0, last + PAUSE - performance.now()));
    },
    stop: () => clearTimeout(timer),
  };
}
