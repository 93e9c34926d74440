// The button says what it will do: a time to come in the person's own zone schedules.
import { gettext, locale } from "./language.js";

const TIME = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" };

// A time as it was typed, without a zone: 24 Nov, 09:00.
function spoken(typed, now) {
  const year = typed.slice(0, 4) === now.slice(0, 4) ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(locale, { ...TIME, ...year }).format(new Date(`${typed}Z`));
}

export function startPublishing() {
  const button = document.querySelector("[data-publish]");
  const time = document.getElementById("published_at");
  if (!button || !time) return;
  const words = button.textContent;
  const say = () => {
    const format = { timeZone: button.dataset.publish, dateStyle: "short", timeStyle: "short" };
    const now = new Intl.DateTimeFormat("sv-SE", format).format(new Date()).replace(" ", "T");
    if (time.value > now) button.textContent = gettext("Schedule for %(time)s", { time: spoken(time.value, now) });
    else button.textContent = words === gettext("Schedule") ? gettext("Publish") : words;
  };
  time.addEventListener("input", say);
  say();
}
