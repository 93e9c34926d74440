// The page of a job: how far it is, told every few seconds; its summary takes the place of the bar when it is over.
const LOOK_EVERY = 1200;
const SAY_EVERY = 8000; // a screen reader is not to be kept busy

let saidAt = 0;

function say(words, now) {
  const said = document.querySelector("[data-job-said]");
  if (!now && Date.now() - saidAt < SAY_EVERY) return;
  saidAt = Date.now();
  said.textContent = words;
}

async function showSummary(section) {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const summary = page.querySelector("[data-job]");
  const hadFocus = section.contains(document.activeElement);
  section.replaceWith(document.adoptNode(summary));
  const words = summary.querySelector("[data-job-summary]");
  if (!words) return;
  say(words.textContent, true);
  if (hadFocus) words.focus(); // the button that had it is gone
}

async function look(section) {
  let wait = LOOK_EVERY;
  try {
    const answer = await fetch(section.dataset.state, { credentials: "same-origin" });
    if (answer.redirected || answer.status === 403 || answer.status === 404) return;
    const state = await answer.json();
    if (state.is_over) {
      await showSummary(section);
      return;
    }
    const bar = section.querySelector("[data-job-bar]");
    if (state.total) {
      bar.max = state.total;
      bar.value = state.looked_at;
    }
    section.querySelector("[data-job-words]").textContent = state.words;
    say(state.words, false);
  } catch {
    wait *= 4; // the line is down; what is done goes on without it
  }
  setTimeout(() => look(section), wait);
}

export function startJob() {
  const section = document.querySelector("[data-job][data-state]");
  if (section) setTimeout(() => look(section), LOOK_EVERY / 2);
}
