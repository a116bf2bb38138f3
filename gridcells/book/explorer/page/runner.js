// The clock of a simulation: steps within a frame's time, scores, and the verdict once nothing moves any more.

import { Simulation } from "./simulation.js";
import { coarsened, gridScores, median } from "./scores.js";
import { spacing } from "./spectrum.js";
import { formed } from "./null.js";
import { waveNumber } from "./waves.js";

const LEAST = 3, EACH = 5 / 8, SCORING = 2.5, QUIET = 30; // ms of a frame: for steps, and more of it the more are asked for; for
// scores besides; for all where nothing is drawn. Two steps leave time to draw fifty-five frames a second, eight do not

export class Runner {
  constructor(settings, dabs = [], goal = null) {
    this.simulation = new Simulation(settings, dabs);
    this.goal = goal; // steps to go to, whatever else
    this.scores = [];
    this.scoredAt = []; // the state of each map that was scored
    this.next = 0;
    this.history = []; // {step, scores: [median at 60, at 90]}
    this.verdict = null;
    this.deciding = null;
    this.touches = 0;
  }
  get settings() {
    return this.simulation.settings;
  }
  get state() {
    return `${this.simulation.steps} ${this.touches}`;
  }
  get scored() {
    return this.scoredAt.length === this.settings.cells && this.scoredAt.every((state) => state === this.state);
  }
  get arrived() {
    return this.goal === null || this.simulation.steps >= this.goal || this.simulation.diverged;
  }
  // Whether a step is due: towards the goal, or until the maps have settled.
  due(playing) {
    return !this.arrived || (this.goal === null && playing && !this.simulation.settled);
  }
  change() {
    this.verdict = this.deciding = null;
  }
  advance(count, limit = Infinity) {
    this.change();
    for (let i = 0; i < count && !this.simulation.diverged; i++) {
      this.simulation.step();
      if (this.simulation.steps === this.goal || (this.goal === null && count > 1 && this.simulation.settled) || performance.now() > limit) break;
    }
  }
  dab(dab) {
    this.change();
    this.touches += 1;
    this.simulation.dab(dab);
  }
  goOn() { // some more steps for maps that have settled
    this.goal = null;
    this.simulation.begun = this.simulation.steps;
    this.simulation.changes.fill(Infinity);
  }
  // One frame's work; says whether steps were done, all maps scored anew, and whether there is more to do.
  work(playing, speed, quiet = false) {
    const begun = performance.now(), stepped = this.due(playing), stepping = quiet ? QUIET : LEAST + EACH * speed;
    const end = begun + (quiet ? QUIET : stepping + SCORING);
    if (stepped) this.advance(quiet ? 1000 : speed, begun + stepping);
    let round = false;
    if (!(quiet && this.due(playing)))
      while (!round && !this.scored && performance.now() < end) round = this.scoreNext();
    const rests = !this.due(playing);
    if (rests && this.scored && !this.verdict && this.simulation.settled && !this.simulation.diverged) {
      this.deciding ??= formed(Array.from({ length: this.settings.cells }, (_, cell) => coarsened(this.simulation.shown(cell))), this.scores);
      const slice = this.deciding.next();
      if (slice.done) this.verdict = slice.value;
    }
    const more = !rests || !this.scored || (this.simulation.settled && !this.simulation.diverged && !this.verdict);
    return { stepped, round, more };
  }
  scoreNext() {
    const cell = this.next++ % this.settings.cells;
    this.scores[cell] = gridScores(coarsened(this.simulation.shown(cell)));
    this.scoredAt[cell] = this.state;
    if (this.next % this.settings.cells && !this.scored) return false;
    if (this.simulation.steps) this.history.push({ step: this.simulation.steps, scores: this.medians() });
    return true;
  }
  medians() {
    return [0, 1].map((kind) => median(this.scores.filter(Boolean).map((score) => score[kind])));
  }
  spacing() {
    if (!this.simulation.steps) return NaN;
    const { cells, box } = this.settings;
    return median(Array.from({ length: cells }, (_, cell) => spacing(waveNumber(this.simulation.centred(cell), box))));
  }
}
