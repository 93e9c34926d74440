// Lists: select all of a page, then all that matches; say how many are selected, show the bulk bar only then.
import { ngettext } from "./language.js";

export function startLists() {
  for (const form of document.querySelectorAll("[data-list]")) {
    const alls = [...form.querySelectorAll("[data-all]")]; // in the head of the table, and above it on a phone
    const bar = form.querySelector("[data-bulk]");
    const said = form.querySelector("[data-selected]");
    const offer = form.querySelector("[data-everything]");
    const everything = offer?.querySelector("input");
    const rows = [...form.querySelectorAll('input[name="rowid"]')];
    if (!alls.length || !bar) continue;
    for (const one of form.querySelectorAll("[data-all], [data-all-label]")) one.hidden = false;
    const tell = () => {
      const count = rows.filter((row) => row.checked).length;
      const whole = count > 0 && count === rows.length;
      if (offer) {
        offer.hidden = !whole;
        if (!whole) everything.checked = false;
      }
      bar.hidden = count === 0;
      for (const all of alls) {
        all.checked = whole;
        all.indeterminate = count > 0 && !whole;
      }
      said.textContent = everything?.checked ? said.dataset.allWords : ngettext("%(num)s selected", "%(num)s selected", count);
    };
    for (const all of alls) {
      all.addEventListener("change", () => {
        for (const row of rows) row.checked = all.checked;
        tell();
      });
    }
    form.addEventListener("change", tell);
    // A row's own button must not carry the selection along, nor Enter press the first button.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) event.preventDefault();
    });
    tell();
  }
}
