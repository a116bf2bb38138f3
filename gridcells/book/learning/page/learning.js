// The page of the network that learns.

import { begin } from "./stage.js";

const holder = document.getElementById("learning");
if (holder) begin(holder, { addressed: true });
