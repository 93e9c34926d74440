// Lists: select all of a page, say how many are selected, show the bulk bar only then.
export function startLists() {
  for (const form of document.querySelectorAll("[data-list]")) {
    const all = form.querySelector("[data-all]");
    const bar = form.querySelector("[data-bulk]");
    const said = form.querySelector("[data-selected]");
    const rows = [...form.querySelectorAll('input[name="rowid"]')];
    if (!all || !bar) continue;
    all.hidden = false;
    const tell = () => {
      const count = rows.filter((row) => row.checked).length;
      bar.hidden = count === 0;
      all.checked = count > 0 && count === rows.length;
      all.indeterminate = count > 0 && count < rows.length;
      said.textContent = `${count} selected`;
    };
    all.addEventListener("change", () => {
      for (const row of rows) row.checked = all.checked;
      tell();
    });
    form.addEventListener("change", tell);
    // A row's own button must not carry the selection along, nor Enter press the first button.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) event.preventDefault();
    });
    tell();
  }
}
