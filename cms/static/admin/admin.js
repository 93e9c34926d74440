// The small things of the admin that need a script. Each page works without.
import { startPublishing } from "./publishing.js";
import { startPickers } from "./pickers.js";
import { startLists } from "./lists.js";
import { startCells } from "./cells.js";
import { startInlineForms } from "./inline.js";
import { startShell } from "./shell.js";
import { startSummary } from "./summary.js";
import { startSlug } from "./slug.js";
import { startMaking } from "./making.js";
import { startOneLine } from "./oneline.js";
import { startUnsaved } from "./unsaved.js";
import { startKept } from "./kept.js";
import { startJob } from "./job.js";
import { startToolbar } from "./toolbar.js";
import { startPictures } from "./pictures.js";
import { startCounting } from "./counting.js";
import { startPreview } from "./preview.js";
import { startGrowing } from "./growing.js";
import { startFolds } from "./folds.js";

const button = document.querySelector("[data-menu]");
const body = document.getElementById("menu");
if (button && body) {
  button.addEventListener("click", () => {
    button.setAttribute("aria-expanded", String(body.toggleAttribute("data-open")));
  });
}

startShell();
startPickers(document);
startLists();
startCells();
startInlineForms();
startPublishing();
startMaking();
startOneLine();
startToolbar();
startPictures();
startCounting();
startPreview();
startGrowing();
startFolds();
startSlug();
startUnsaved(); // after the pickers: they change what a form holds
startKept();
startJob();
startSummary(document);
