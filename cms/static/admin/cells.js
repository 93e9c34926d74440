// Fields changed where they stand in a list. Without script a switch is a button, and a form comes as a page of its own.
import { element } from "./element.js";
import { gettext } from "./language.js";

const FAILED = gettext("That did not work. Nothing typed here is lost; try again.");
const SIGNED_OUT = gettext("You are signed out. Sign in in another tab, then try again.");
const REFUSED = { 403: gettext("You may not change this."), 404: gettext("This is not there any more.") };

const cellOf = (one) => one.closest("td");

function say(words) {
  document.querySelector("[data-cell-said]").textContent = words;
}

// What the server says: the cell as it is now, or a page with the form. Raises an Error whose message is for the person.
async function ask(address, options = {}) {
  const answer = await fetch(address, { credentials: "same-origin", ...options }).catch(() => {
    throw new Error(FAILED);
  });
  const { status } = answer;
  if (answer.redirected) throw new Error(SIGNED_OUT);
  if (answer.headers.get("Content-Type")?.startsWith("application/json")) return answer.json();
  if (!answer.ok && status !== 422) throw Object.assign(new Error(REFUSED[status] ?? FAILED), { status });
  return { page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

async function send(address, body) {
  const options = { method: "POST", body, headers: { Accept: "application/json" } };
  try {
    return await ask(address, options);
  } catch (error) {
    if (error.status !== 400) throw error;
    // The token is of a session that is over. Whoever has signed in again meanwhile has another.
    const { page } = await ask(address);
    body.set("csrf_token", page.querySelector("[data-cell-form] [name=csrf_token]").value);
    return ask(address, options);
  }
}

// What went wrong, under what is in the cell.
function complain(cell, words) {
  cell.querySelector("[data-cell-problem]")?.remove();
  if (words) cell.append(element("p", { class: "field-errors", role: "alert", "data-cell-problem": "yes" }, words));
}

// The cell of a form that lives outside of the list, whose own form must not be sent with it.
class Opened {
  constructor(cell) {
    this.cell = cell;
    this.before = [...cell.childNodes];
    this.form = element("form", { method: "post", novalidate: "yes" });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    document.body.append(this.form);
    opened.add(this);
  }

  show(page) {
    const form = page.querySelector("[data-cell-form]");
    const fields = document.adoptNode(form.querySelector(".cell-form"));
    this.form.action = form.getAttribute("action");
    this.form.id = `${fields.querySelector("[id]").id}-form`;
    for (const one of fields.querySelectorAll("input, textarea, button")) one.setAttribute("form", this.form.id);
    fields.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" && event.key !== "Enter") return;
      event.stopPropagation(); // to the list, Enter in a field means nothing
      if (event.key === "Escape") this.close();
    });
    fields.querySelector("[data-cell-cancel]").addEventListener("click", (event) => {
      event.preventDefault();
      this.close();
    });
    this.cell.replaceChildren(fields);
    this.field = fields.querySelector("input:not([type=hidden]), textarea");
    this.field.focus();
    this.field.select?.();
  }

  isChanged() {
    return this.isRefused || (this.field && this.field.value !== this.field.defaultValue);
  }

  async save() {
    if (this.isSending) return;
    this.isSending = true;
    complain(this.cell, "");
    try {
      const body = new FormData(this.form);
      const { page, cell, said } = await send(this.form.action, body);
      if (page) {
        this.isRefused = true;
        this.show(page);
      } else {
        this.end();
        put(this.cell, cell, said);
      }
    } catch (error) {
      complain(this.cell, error.message);
    }
    this.isSending = false;
  }

  close() {
    this.end();
    this.cell.replaceChildren(...this.before);
    focus(this.cell);
  }

  end() {
    this.form.remove();
    opened.delete(this);
  }
}

const opened = new Set();

function focus(cell) {
  cell.querySelector("[data-change], [data-switch]")?.focus();
}

function put(cell, html, said) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const hadFocus = cell.contains(document.activeElement) || document.activeElement === document.body;
  cell.replaceChildren(...[...page.body.childNodes].map((one) => document.adoptNode(one)));
  if (hadFocus) focus(cell);
  say(said);
}

async function open(link) {
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  try {
    const { page } = await ask(link.href);
    new Opened(cellOf(link)).show(page);
  } catch {
    location.assign(link.href);
  }
  link.ariaBusy = null;
}

async function press(button) {
  if (button.ariaBusy) return;
  button.ariaBusy = "true";
  const cell = cellOf(button);
  const body = new FormData();
  for (const name of ["csrf_token", "url"]) body.set(name, button.form.elements[name].value);
  body.set(button.name, button.value);
  if ("seen" in button.dataset) body.set("seen", button.dataset.seen); // an Undo; too long for an address
  try {
    const answer = await send(button.formAction, body);
    if (answer.page) new Opened(cell).show(answer.page);
    else put(cell, answer.cell, answer.said);
  } catch (error) {
    complain(cell, error.message);
  }
  button.ariaBusy = null;
}

export function startCells() {
  const list = document.querySelector("[data-list]");
  if (!list || !document.querySelector("[data-cell-said]")) return;
  list.addEventListener("click", (event) => {
    const link = event.target.closest("[data-change]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  list.addEventListener("submit", (event) => {
    if (!event.submitter?.matches("[data-switch], [data-seen]")) return;
    event.preventDefault();
    press(event.submitter);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...opened].some((one) => one.isChanged())) event.preventDefault();
  });
}
