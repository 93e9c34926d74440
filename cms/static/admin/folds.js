// What two versions have alike is folded up in both: opened in one, it opens in the other.

function openBoth(event) {
  if (!event.target.matches?.(".compare .alike")) return;
  const folds = [...event.target.closest("tr").cells].map((cell) => [...cell.querySelectorAll(".alike")]);
  const place = folds.map((some) => some.indexOf(event.target)).find((found) => found >= 0);
  for (const some of folds) if (some[place]) some[place].open = event.target.open;
}

export function startFolds() {
  document.addEventListener("toggle", openBoth, true);
}
