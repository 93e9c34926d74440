// The tools above a text: a toolbar as WAI-ARIA has it, of which Tab reaches one button and the arrows the others.
import { coded, continued, headed, linked, listed, noted, quoted, tabled, wrapped } from "./markdown.js";
import { isMac } from "./shortcuts.js";
import { put } from "./typing.js";

const TOOLS = {
  bold: (...chosen) => wrapped(...chosen, "**"),
  italic: (...chosen) => wrapped(...chosen, "*"),
  heading: headed,
  link: linked,
  bullets: (...chosen) => listed(...chosen, "bullets"),
  numbers: (...chosen) => listed(...chosen, "numbers"),
  tasks: (...chosen) => listed(...chosen, "tasks"),
  quote: quoted,
  code: coded,
  table: tabled,
  footnote: (text, start, end) => noted(text, end),
};
const KEYS = { b: "bold", i: "italic", k: "link" };

function use(field, name) {
  const changes = TOOLS[name](field.value, field.selectionStart, field.selectionEnd);
  for (const one of [changes].flat()) put(field, one);
}

function startRoving(toolbar) {
  const buttons = [...toolbar.querySelectorAll("button")];
  const rove = (to) => {
    for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
  };
  toolbar.addEventListener("focusin", (event) => rove(event.target));
  toolbar.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const place = buttons.indexOf(event.target);
    const step = getComputedStyle(toolbar).direction === "rtl" ? -1 : 1;
    const ways = { ArrowRight: place + step, ArrowLeft: place - step, Home: 0, End: buttons.length - 1 };
    if (!(event.key in ways)) return;
    event.preventDefault();
    buttons[(ways[event.key] + buttons.length) % buttons.length].focus();
  });
}

function pressed(event) {
  const field = event.target;
  const control = isMac ? event.metaKey : event.ctrlKey;
  if (event.isComposing || event.altKey || event.shiftKey || field.readOnly) return;
  const tool = control && KEYS[event.key.toLowerCase()];
  if (tool) {
    event.preventDefault(); // in here Ctrl+K makes a link; anywhere else it finds things
    use(field, tool);
  } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && field.selectionStart === field.selectionEnd) {
    const next = continued(field.value, field.selectionStart);
    if (!next) return;
    event.preventDefault();
    put(field, next);
  }
}

export function startToolbar() {
  const toolbar = document.querySelector("[data-toolbar]");
  const field = toolbar && document.getElementById(toolbar.getAttribute("aria-controls"));
  if (!field) return;
  startRoving(toolbar);
  for (const button of toolbar.querySelectorAll("[data-key]")) {
    const { key } = button.dataset;
    button.title += isMac ? ` (⌘${key})` : ` (Ctrl+${key})`;
    button.setAttribute("aria-keyshortcuts", isMac ? `Meta+${key}` : `Control+${key}`);
  }
  toolbar.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the text
  toolbar.addEventListener("click", (event) => {
    const tool = event.target.closest("button")?.dataset.tool;
    if (tool in TOOLS) use(field, tool);
  });
  field.addEventListener("keydown", pressed);
}
