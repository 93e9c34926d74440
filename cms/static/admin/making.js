// A new author or picture while one chooses: the form of its page in a dialog. Without script it opens in a new tab.
import { element } from "./element.js";
import { gettext } from "./language.js";
import { optionOf, startPickers } from "./pickers.js";
import { startSummary } from "./summary.js";

const PREFIX = "new-"; // the form comes from a page of its own, where it had its ids for itself

function formOf(html) {
  const form = new DOMParser().parseFromString(html, "text/html").querySelector("main form.record-form");
  for (const one of form?.querySelectorAll("[id], [for], [aria-describedby], [aria-labelledby], a[href^='#']") ?? []) {
    for (const name of ["id", "for"]) if (one.hasAttribute(name)) one.setAttribute(name, PREFIX + one.getAttribute(name));
    for (const name of ["aria-describedby", "aria-labelledby"]) {
      if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace(/\S+/g, `${PREFIX}$&`));
    }
    if (one.matches("a[href^='#']")) one.setAttribute("href", `#${PREFIX}${one.hash.slice(1)}`);
  }
  return form && document.adoptNode(form);
}

class Maker {
  constructor(address, words) {
    this.address = address;
    this.title = element("h2", { id: "making-title" }, words);
    this.body = element("div");
    this.state = element("p", { class: "muted", role: "status" });
    const close = element("button", { class: "button", type: "button" }, gettext("Close"));
    const head = element("div", { class: "sheet-head" }, this.title, close);
    this.dialog = element("dialog", { class: "sheet making", "aria-labelledby": "making-title" }, head, this.state, this.body);
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(event.target, event.submitter);
    });
    this.dialog.addEventListener("click", (event) => {
      if (!event.target.closest(".save-bar a")) return;
      event.preventDefault();
      this.dialog.close();
    });
    // Ctrl+S means this form, not the one behind it.
    this.dialog.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
      event.preventDefault();
      this.dialog.querySelector("form")?.requestSubmit();
    });
  }

  // Opens; ``done`` gets what was made, as the pickers know it.
  async open(done) {
    this.done = done;
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.state.textContent = gettext("Loading…");
    await this.ask({}, (html) => this.show(html));
  }

  async send(form, button) {
    if (this.isSending) return;
    this.isSending = true;
    this.state.textContent = gettext("Saving…");
    const headers = { Accept: "application/json" };
    await this.ask({ method: "POST", body: new FormData(form, button), headers }, (html) => this.show(html));
    this.isSending = false;
  }

  async ask(options, show) {
    try {
      const answer = await fetch(this.address, { credentials: "same-origin", ...options });
      if (answer.headers.get("Content-Type")?.startsWith("application/json")) this.made(await answer.json());
      else if (answer.ok || answer.status === 422) show(await answer.text());
      else throw new Error(`answered ${answer.status}`);
    } catch {
      this.fail();
    }
  }

  show(html) {
    const form = formOf(html);
    if (!form) {
      this.fail();
      return;
    }
    this.state.textContent = "";
    this.body.replaceChildren(form);
    startPickers(form);
    startSummary(form);
    if (!form.querySelector("[data-summary]")) form.querySelector("input:not([type=hidden]), textarea")?.focus();
  }

  made([first]) {
    if (!first) {
      this.state.textContent = gettext("It is saved, but cannot be chosen here.");
      return;
    }
    this.dialog.close();
    this.done(first);
  }

  fail() {
    const link = element("a", { href: this.address, target: "_blank", rel: "noopener" }, gettext("Try it in a new tab"));
    this.state.replaceChildren(gettext("That did not work. Nothing typed here is lost."), " ", link);
  }
}

export function startMaking() {
  for (const link of document.querySelectorAll("a[data-make]")) {
    const select = link.closest(".field")?.querySelector("select[data-lookup]");
    if (!select?.tomselect) continue;
    link.querySelector(".unseen")?.remove();
    const words = link.textContent;
    const button = element("button", { class: "link", type: "button", "aria-haspopup": "dialog" }, words);
    link.replaceWith(button);
    button.addEventListener("click", () => {
      new Maker(link.href, words).open((row) => {
        const option = optionOf(row);
        select.tomselect.addOption(option);
        select.tomselect.addItem(option.value);
        button.focus();
      });
    });
  }
}
