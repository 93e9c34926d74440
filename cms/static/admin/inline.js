// Forms within a form: add and remove rows. Flask-Admin names their fields LIST-NUMBER-FIELD.
import { startPickers } from "./pickers.js";

function add(box) {
  const name = box.dataset.inline;
  const rows = box.querySelector("[data-inline-rows]");
  const numbers = [...rows.children].map((row) => Number(row.id.slice(name.length + 1)) || 0);
  const prefix = `${name}-${numbers.length ? Math.max(...numbers) + 1 : 0}`;
  const row = box.querySelector("[data-inline-template]").content.firstElementChild.cloneNode(true);
  row.id = prefix;
  for (const field of row.querySelectorAll("[name], [id], [for]")) {
    for (const attribute of ["name", "id", "for"]) {
      const value = field.getAttribute(attribute);
      if (value !== null) field.setAttribute(attribute, value ? `${prefix}-${value.replace(/^-/, "")}` : prefix);
    }
  }
  rows.append(row);
  startPickers(row);
  row.querySelector("input:not([type=hidden]), textarea, select")?.focus();
}

export function startInlineForms() {
  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-inline]");
    if (!box) return;
    if (event.target.closest("[data-inline-add]")) add(box);
    if (event.target.closest("[data-inline-remove]")) event.target.closest("[data-inline-row]").remove();
  });
}
