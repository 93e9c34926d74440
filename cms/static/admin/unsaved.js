// Leaving a form that holds more than was loaded is asked about first; the save bar says that there is something to save.

const QUIET_MS = 200; // after the last letter, before the form is compared

const plain = (value) => {
  if (value instanceof File) return value.name && `${value.name} ${value.size}`;
  return value.replace(/\r\n/g, "\n");
};

// What the form would send. What is empty may be there or not: pickers differ from plain lists in that.
function written(form) {
  const fields = [...new FormData(form)].map(([name, value]) => [name, plain(value)]);
  return JSON.stringify(fields.filter(([name, value]) => value && name !== "csrf_token"));
}

// What it would have sent when it came: browsers may have put back what was typed before a reload.
function loaded(form) {
  const copy = form.cloneNode(true);
  HTMLFormElement.prototype.reset.call(copy);
  return written(copy);
}

class Guard {
  constructor(form) {
    this.form = form;
    this.loaded = loaded(form);
    this.isRefused = form.dataset.guard === "refused"; // what it shows is saved nowhere
    this.isSent = false;
    this.state = form.querySelector("[data-save-state]");
    this.said = this.state && [...this.state.childNodes];
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("click", () => this.changed()); // rows of a form within it come and go by buttons
    this.tell();
  }

  isUnsaved() {
    return !this.isSent && (this.isRefused || written(this.form) !== this.loaded);
  }

  changed() {
    this.isSent = false;
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.tell(), QUIET_MS);
  }

  tell() {
    if (!this.state || this.isSent) return;
    if (this.isUnsaved()) this.state.textContent = this.state.dataset.saveState;
    else this.state.replaceChildren(...this.said);
  }
}

export function startUnsaved() {
  const guards = [...document.querySelectorAll("form[data-guard]")].map((form) => new Guard(form));
  if (!guards.length) return;
  // A button with an address of its own, such as the one for the trash, sends the form and saves nothing of it.
  document.addEventListener("submit", (event) => {
    const guard = guards.find((one) => one.form === event.target);
    if (guard && !event.defaultPrevented && !event.submitter?.hasAttribute("formaction")) guard.isSent = true;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const guard of guards) guard.changed();
  });
  window.addEventListener("beforeunload", (event) => {
    if (guards.some((guard) => guard.isUnsaved())) event.preventDefault();
  });
}
