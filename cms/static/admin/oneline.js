// A text of one line that wraps: Enter sends its form, as in any field of one line.

function sendOnEnter(event) {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("textarea[data-one-line]")) return;
  event.preventDefault();
  event.target.form?.requestSubmit();
}

export function startOneLine() {
  document.addEventListener("keydown", sendOnEnter, true); // before a cell of a list keeps the key to itself
}
