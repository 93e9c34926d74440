// The summary above a refused form: read at once, and each of its links leads into the field, wherever that hides.

const CONTROL = "input:not([type=hidden]), textarea, select, button";

function enter(field) {
  for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  field.closest(".field")?.scrollIntoView({ block: "center" });
  // A picker hides the field that it stands in for.
  if (field.tomselect) field.tomselect.focus();
  else (field.matches(CONTROL) ? field : field.querySelector(CONTROL))?.focus({ preventScroll: true });
}

export function startSummary(root) {
  const summary = root.querySelector("[data-summary]");
  if (!summary) return;
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    enter(field);
  });
  summary.focus();
}
