// The texts of a post or a page are kept in this browser while they are typed, until they are saved or their writer signs
// out. Each time a page is opened it has an entry of its own, so that no text takes the place of another.

import { locale } from "./language.js";

const STORE = "lightblog.unsaved:"; // then PERSON:KIND:RECORD:ENTRY
const QUIET_MS = 400;
const MOST_AGE_MS = 30 * 24 * 3600 * 1000;
const MOST_LETTERS_SHOWN = 160;
const TIME = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };

function read(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(name));
    return kept?.texts && Number.isFinite(kept.at) ? { name, ...kept } : null;
  } catch {
    return null; // no storage, or not ours
  }
}

function entries(start) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(start));
    return names.map(read).filter(Boolean).sort((one, other) => other.at - one.at);
  } catch {
    return [];
  }
}

function write(name, kept) {
  try {
    localStorage.setItem(name, JSON.stringify({ ...kept, at: Date.now() }));
  } catch {
    // No storage, or it is full: the question before leaving is all there is then.
  }
}

function remove(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // Nothing was kept.
  }
}

const squeezed = (text) => (text ?? "").replace(/\s+/g, " ").trim();

class Keeper {
  constructor(form) {
    this.form = form;
    this.fields = [...form.querySelectorAll("[data-kept]")];
    this.loaded = Object.fromEntries(this.fields.map((field) => [field.name, field.defaultValue]));
    this.isRefused = form.dataset.guard === "refused";
    this.start = `${STORE}${form.dataset.keep}:`;
    this.own = this.start + crypto.getRandomValues(new Uint32Array(2)).join("");
    this.offer = form.querySelector("[data-offer]");
    form.addEventListener("input", () => {
      clearTimeout(this.quiet);
      this.quiet = setTimeout(() => this.keep(), QUIET_MS);
    });
    this.offer.querySelector("[data-put-back]").addEventListener("click", () => this.putBack());
    this.offer.querySelector("[data-forget]").addEventListener("click", () => this.forget());
    if (this.isRefused) this.keep();
    this.drop();
    this.show();
  }

  texts() {
    return Object.fromEntries(this.fields.map((field) => [field.name, field.value]));
  }

  same(one, other) {
    return this.fields.every(({ name }) => squeezed(one[name]) === squeezed(other[name]));
  }

  isChanged() {
    return this.isRefused || !this.same(this.texts(), this.loaded);
  }

  keep() {
    clearTimeout(this.quiet);
    if (this.isChanged()) write(this.own, { texts: this.texts(), version: this.form.elements.version.value });
    else remove(this.own);
  }

  // What stands on the page needs no keeping: it was saved, be it as the new record that this was a minute ago.
  drop() {
    const asNew = this.start.replace(/[^:]+:$/, "new:");
    for (const kept of [...entries(this.start), ...entries(asNew)]) {
      if (kept.name !== this.own && this.same(kept.texts, this.isRefused ? this.texts() : this.loaded)) remove(kept.name);
    }
  }

  show() {
    this.kept = entries(this.start).find((kept) => kept.name !== this.own);
    this.offer.hidden = !this.kept;
    if (!this.kept) return;
    const { texts, at, version } = this.kept;
    const changed = this.fields.filter(({ name }) => squeezed(texts[name]) !== squeezed(this.loaded[name]));
    const words = squeezed(changed.map(({ name }) => texts[name]).filter(Boolean).join(" · "));
    const format = new Intl.DateTimeFormat(locale, { ...TIME, timeZone: this.form.dataset.zone });
    this.offer.querySelector("[data-offer-time]").textContent = format.format(new Date(at));
    this.offer.querySelector("[data-offer-older]").hidden = version === this.form.elements.version.defaultValue;
    this.offer.querySelector("[data-offer-text]").textContent =
      words.length > MOST_LETTERS_SHOWN ? `${words.slice(0, MOST_LETTERS_SHOWN)}…` : words;
  }

  putBack() {
    const { name, texts, version } = this.kept;
    // What was typed here meanwhile changes places with it.
    if (this.isChanged()) write(name, { texts: this.texts(), version: this.form.elements.version.value });
    else remove(name);
    // With the version that it was typed over, the server shows both texts should somebody have saved since.
    this.form.elements.version.value = version;
    for (const field of this.fields) {
      if (field.value === texts[field.name] || texts[field.name] === undefined) continue;
      field.value = texts[field.name];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.keep();
    this.answered();
  }

  forget() {
    remove(this.kept.name);
    this.answered();
  }

  answered() {
    this.show();
    if (this.offer.hidden) this.fields[0].focus();
  }
}

export function startKept() {
  let isSigningOut = false;
  for (const kept of entries(STORE)) if (Date.now() - kept.at > MOST_AGE_MS) remove(kept.name);
  const form = document.querySelector("form[data-keep]");
  const keeper = form && new Keeper(form);
  document.addEventListener("submit", (event) => {
    isSigningOut = event.target.matches("[data-sign-out]");
  });
  document.addEventListener("input", () => {
    isSigningOut = false; // asked, they stayed
  });
  window.addEventListener("pagehide", () => {
    if (isSigningOut) for (const kept of entries(STORE)) remove(kept.name);
    else keeper?.keep();
  });
}
