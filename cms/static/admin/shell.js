// The frame round every page: the menu of the person, theme and density, shortcuts, and the way into the palette.
import { isMac, obey } from "./shortcuts.js";

const menu = document.querySelector(".person-menu");
const palette = document.getElementById("palette");
const sheet = document.getElementById("shortcuts");
const field = document.getElementById("bar-search");

// What drops down closes on Escape, on a click beside it, and when the focus goes on.
function startDrop(drop) {
  const close = (focus) => {
    if (!drop.open) return;
    drop.open = false;
    if (focus) drop.querySelector("summary").focus();
  };
  document.addEventListener("click", (event) => {
    if (!drop.contains(event.target)) close(false);
  });
  drop.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(true);
  });
  drop.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !drop.contains(event.relatedTarget)) close(false);
  });
}

// Shown at once; the server is told behind it, so that the next page begins so.
function startAppearance() {
  for (const form of document.querySelectorAll("[data-appearance]")) {
    const standard = form.querySelector("button").value;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = form.dataset.appearance;
      const { value } = event.submitter;
      if (value === standard) delete document.documentElement.dataset[name];
      else document.documentElement.dataset[name] = value;
      for (const button of form.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button === event.submitter));
      }
      const body = new FormData(form);
      body.set(name, value);
      fetch(form.action, { method: "POST", body, redirect: "manual", credentials: "same-origin" }).catch(() => {});
    });
  }
}

// A dialog gives the focus back to where it was; a click beside it closes it.
function startDialog(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
}

async function openPalette(text = "") {
  if (!palette) return;
  for (const other of document.querySelectorAll("dialog[open]")) if (other !== palette) other.close();
  if (menu) menu.open = false;
  if (!palette.open) palette.showModal();
  const typed = palette.querySelector("input");
  typed.value = text;
  typed.focus();
  const { begin } = await import("./palette.js"); // only now: most pages are left without it
  begin(palette, { theme: chooseTheme, shortcuts: openSheet, "sign-out": signOut });
}

function openSheet() {
  if (!sheet || sheet.open) return;
  if (menu) menu.open = false;
  sheet.showModal();
}

function chooseTheme(theme) {
  const form = document.querySelector('[data-appearance="theme"]');
  form.requestSubmit(form.querySelector(`button[value="${theme}"]`));
}

function signOut() {
  document.querySelector("[data-sign-out]").requestSubmit();
}

function startField() {
  if (!field || !palette) return;
  field.addEventListener("click", () => openPalette(field.value));
  field.addEventListener("input", () => {
    const text = field.value;
    field.value = "";
    openPalette(text);
  });
  const keys = field.parentElement.querySelector("kbd");
  if (keys) keys.hidden = false;
}

export function startShell() {
  for (const drop of document.querySelectorAll("details[data-drop]")) startDrop(drop);
  startAppearance();
  startField();
  for (const dialog of [palette, sheet]) if (dialog) startDialog(dialog);
  for (const key of document.querySelectorAll("[data-control]")) if (isMac) key.textContent = "⌘";
  const button = document.querySelector("[data-open-shortcuts]");
  if (button && sheet) {
    button.hidden = false;
    // The menu closes, and the focus comes back to what opened it.
    button.addEventListener("click", () => {
      menu.querySelector("summary").focus();
      openSheet();
    });
  }
  if (sheet) {
    obey(sheet, {
      palette: () => (palette.open ? palette.close() : openPalette()),
      search: () => openPalette(),
      sheet: openSheet,
    });
  }
}
