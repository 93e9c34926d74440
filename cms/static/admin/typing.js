// Changing what stands in a field as if it were typed, so that the browser can undo it.

export function put(field, { from, to, insert, start, end }) {
  field.focus({ preventScroll: true });
  field.setSelectionRange(from, to);
  // No standard has it any more, and nothing else is undone by Ctrl+Z.
  const command = insert ? "insertText" : "delete";
  const isTyped = document.activeElement === field && (document.execCommand(command, false, insert) || (from === to && !insert));
  if (!isTyped) {
    field.setRangeText(insert, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(start, end);
}

// The same while its writer is elsewhere, in the field or out of it: they stay where they are.
export function putAside(field, { from, to, insert }) {
  const { activeElement: elsewhere } = document;
  const { selectionStart, selectionEnd, scrollTop } = field;
  const moved = (place) => (place >= to ? place + insert.length - (to - from) : Math.min(place, from + insert.length));
  put(field, { from, to, insert, start: moved(selectionStart), end: moved(selectionEnd) });
  field.scrollTop = scrollTop;
  if (elsewhere !== field) elsewhere?.focus({ preventScroll: true });
}
