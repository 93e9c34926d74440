// Keyboard shortcuts: those of the sheet, as far as the person has not switched them off there (WCAG 2.1.4).

const STORE = "lightblog.shortcuts.off";
const AFTER_G_MS = 1500;

export const isMac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);

function switchedOff() {
  try {
    const names = JSON.parse(localStorage.getItem(STORE) ?? "[]");
    return new Set(Array.isArray(names) ? names : []);
  } catch {
    return new Set(); // no storage, or not ours: everything is on
  }
}

function remember(names) {
  try {
    localStorage.setItem(STORE, JSON.stringify([...names]));
  } catch {
    // Without storage it holds for this page.
  }
}

const TEXT = "textarea, select, [contenteditable]:not([contenteditable=false]), [role=textbox], [role=combobox], [role=listbox]";

function isTyping(target) {
  if (!(target instanceof Element)) return false;
  // Until the next frame is drawn, the focus is still in the field of a dialog that has just closed.
  if (target.closest("dialog:not([open])")) return false;
  if (target.matches("input")) return !["checkbox", "radio", "button", "submit", "reset", "file"].includes(target.type);
  return target.closest(TEXT) !== null;
}

// Ctrl+S presses the plain "save" of the page's form. Other buttons delete, merge or import: never those.
function save() {
  const button = document.querySelector("[data-save]");
  if (!button) return false;
  if (!button.disabled) button.click();
  return true;
}

function preview() {
  const link = document.querySelector("[data-preview]");
  link?.click();
  return Boolean(link);
}

export function obey(sheet, acts) {
  const boxes = [...sheet.querySelectorAll("input[data-shortcut]")];
  let off = switchedOff();
  let afterG = 0;

  const show = () => {
    for (const box of boxes) box.checked = !off.has(box.dataset.shortcut);
  };
  const keep = () => {
    for (const box of boxes) {
      if (box.checked) off.delete(box.dataset.shortcut);
      else off.add(box.dataset.shortcut);
    }
    remember(off);
  };
  const all = (on) => {
    for (const box of boxes) box.checked = on;
    keep();
  };
  sheet.addEventListener("change", keep);
  sheet.querySelector("[data-all-off]").addEventListener("click", () => all(false));
  sheet.querySelector("[data-all-on]").addEventListener("click", () => all(true));
  // Switched in another tab.
  window.addEventListener("storage", (event) => {
    if (event.key !== STORE) return;
    off = switchedOff();
    show();
  });
  show();

  const run = { save, preview, ...acts };
  const press = (keys) => {
    const box = boxes.find((one) => one.dataset.keys === keys && one.checked);
    if (!box) return false;
    if (box.dataset.address) {
      window.location.assign(box.dataset.address);
      return true;
    }
    return run[box.dataset.shortcut]?.() !== false;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey || event.repeat) return;
    const control = isMac ? event.metaKey : event.ctrlKey;
    if (event.ctrlKey || event.metaKey) {
      // Ctrl+Shift+K and the like belong to the browser.
      if (control && !event.shiftKey && press(`Control+${event.key.toLowerCase()}`)) event.preventDefault();
      return;
    }
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const wasG = event.timeStamp - afterG < AFTER_G_MS && afterG > 0;
    afterG = 0;
    if (wasG && press(`g ${event.key}`)) event.preventDefault();
    else if (event.key === "g") afterG = event.timeStamp;
    else if (press(event.key)) event.preventDefault();
  });
}
