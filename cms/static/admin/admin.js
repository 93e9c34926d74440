// The small things of the admin that need a script. Each page works without.
import { startPublishing } from "./publishing.js";
import { startPickers } from "./pickers.js";
import { startLists } from "./lists.js";
import { startInlineForms } from "./inline.js";
import { startShell } from "./shell.js";

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
