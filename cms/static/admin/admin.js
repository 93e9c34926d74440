// The small things of the admin that need a script. Each page works without.
import { startPublishing } from "./publishing.js";
import { startPickers } from "./pickers.js";
import { startLists } from "./lists.js";
import { startInlineForms } from "./inline.js";
import { startShell } from "./shell.js";
import { startSummary } from "./summary.js";
import { startSlug } from "./slug.js";
import { startMaking } from "./making.js";
import { startUnsaved } from "./unsaved.js";
import { startKept } from "./kept.js";
import { startJob } from "./job.js";

const button = document.querySelector("[data-menu]");
const body = document.getElementById("menu");
if (button && body) {
  const narrow = window.matchMedia("(max-width: 900px)");
  const show = (open) => {
    body.toggleAttribute("data-closed", !open);
    button.setAttribute("aria-expanded", String(open));
  };
  const fit = () => {
    button.hidden = !narrow.matches;
    show(!narrow.matches);
  };
  button.addEventListener("click", () => show(body.hasAttribute("data-closed")));
  narrow.addEventListener("change", fit);
  fit();
}

startShell();
startPickers(document);
startLists();
startInlineForms();
startPublishing();
startMaking();
startSlug();
startUnsaved(); // after the pickers: they change what a form holds
startKept();
startJob();
startSummary(document);
