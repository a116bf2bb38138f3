// What the explorer says: what formed, beside what the box's waves favour.

import { inCm } from "./stage.js";

const KINDS = { hexagonal: "a hexagonal lattice", square: "a square lattice", neither: "neither hexagons nor squares" };
const FAVOURED = {
  hexagonal: "a hexagonal lattice", square: "a square lattice", heterogeneous: "a mixture, neither of both",
  unknown: "nothing that is known: it counts waves of a square without walls",
};
const SAME = { hexagonal: "hexagonal", square: "square", neither: "heterogeneous" };

// {head, theory, differs} of a runner and what theory favours.
export function verdictWords(runner, lattice, playing) {
  const { verdict, simulation, settings } = runner, theory = `Theory favours ${FAVOURED[lattice]}`;
  if (simulation.diverged) return { head: "The maps diverged", theory: "Start again, or choose another nonlinearity.", differs: false };
  if (!verdict) {
    const rests = !playing && runner.arrived && !simulation.settled;
    const head = rests ? `Paused at step ${simulation.steps}, before anything settled` : simulation.settled ? "Settled; comparing with chance …" : `Forming, step ${simulation.steps} …`;
    return { head, theory: `${theory}.`, differs: false };
  }
  const kind = verdict.lattice === "square" ? 1 : 0, beat = Math.round(verdict.shares[kind] * settings.cells);
  const head = `Formed: ${KINDS[verdict.lattice]}`;
  const count = `${beat} of ${settings.cells} maps above their null at ${kind ? 90 : 60}°`;
  const differs = lattice !== "unknown" && SAME[verdict.lattice] !== lattice;
  const judged = lattice === "unknown" ? "" : differs ? ": they differ" : ": they agree";
  return { head, theory: `${count}. ${theory}${judged}.`, differs };
}

export function numberWords(runner, predicted) {
  const [at60, at90] = runner.medians(), { steps } = runner.simulation;
  if (!steps) return `Step 0: noise. Spacing predicted ${inCm(predicted)}.`;
  const score = (value) => (Number.isFinite(value) ? value.toFixed(2) : "–");
  return `Step ${steps}. Spacing predicted ${inCm(predicted)}, measured ${inCm(runner.spacing())}. Median score ${score(at60)} at 60°, ${score(at90)} at 90°.`;
}
