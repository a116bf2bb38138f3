// The numerical core as one module, of which all exports are kept: what tests hold against the library.

import { Training } from "./training.js";
import { judge } from "./judgement.js";
import { runArchive } from "./files.js";
import { Follower } from "./animal.js";
import { weightsIn } from "./demonstration.js";
import { wiring } from "./wiring.js";
import { Graphics } from "./graphics.js";
import { Machines } from "./machines.js";
