// Swagger UI is dark where the root has this class. It is set before anything is painted, and again when the system
// changes between day and night.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
