// The button says what it will do: a time to come in the person's own zone schedules.
export function startPublishing() {
  const button = document.querySelector("[data-publish]");
  const time = document.getElementById("published_at");
  if (!button || !time) return;
  const words = button.textContent;
  const say = () => {
    const format = { timeZone: button.dataset.publish, dateStyle: "short", timeStyle: "short" };
    const now = new Intl.DateTimeFormat("sv-SE", format).format(new Date()).replace(" ", "T");
    button.textContent = time.value > now ? "Schedule" : words === "Schedule" ? "Publish" : words;
  };
  time.addEventListener("input", say);
  say();
}
