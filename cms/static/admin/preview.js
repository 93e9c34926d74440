// The text as readers will see it, beside the field or in its place. The server makes it, as it would on saving; it is
// shown in a frame in which no script runs.
import { element } from "./element.js";
import { gettext } from "./language.js";
import { send } from "./sending.js";

const QUIET_MS = 350; // after the last letter, before the server is asked; longer where it takes longer
const ALLOWED = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"; // no script, no form
const WIDE = window.matchMedia("(min-width: 1280px)"); // as in admin.css: below it there is no room for both

// Links of the text open elsewhere; within it they lead to its parts, which have the address of the frame.
function withItsLinks(page) {
  for (const link of page.querySelectorAll("a[href]")) {
    const address = link.getAttribute("href");
    if (address.startsWith("#")) link.setAttribute("href", `about:srcdoc${address}`);
    else for (const [name, value] of [["target", "_blank"], ["rel", "noopener"]]) link.setAttribute(name, value);
  }
  return page;
}

const isAlike = (one, other) => one.nodeType === Node.ELEMENT_NODE && one.cloneNode(false).isEqualNode(other.cloneNode(false));

// Has ``shown`` hold what ``made`` holds, and leaves what both have: pictures stay, and nothing scrolls.
function follow(shown, made) {
  const [olds, news] = [[...shown.childNodes], [...made.childNodes]];
  const most = Math.min(olds.length, news.length);
  let first = 0;
  while (first < most && olds[first].isEqualNode(news[first])) first += 1;
  let last = 0;
  while (last < most - first && olds.at(-1 - last).isEqualNode(news.at(-1 - last))) last += 1;
  const [goes, comes] = [olds.slice(first, olds.length - last), news.slice(first, news.length - last)];
  if (goes.length === 1 && comes.length === 1 && isAlike(goes[0], comes[0])) {
    follow(goes[0], comes[0]);
    return;
  }
  const behind = olds[olds.length - last] ?? null;
  for (const one of goes) one.remove();
  for (const one of comes) shown.insertBefore(one, behind);
}

class Preview {
  constructor(form, pane) {
    this.form = form;
    this.field = document.getElementById(pane.dataset.previewOf);
    this.address = pane.dataset.madeAt;
    this.pane = pane;
    this.frame = element("iframe", { title: gettext("Preview of the text"), sandbox: ALLOWED });
    pane.append(this.frame);
    this.problem = pane.querySelector("[data-problem]");
    this.shown = null; // the form whose text is in the frame
    this.took = 0;
    this.frame.addEventListener("load", () => this.scroll());
    for (const event of ["input", "change"]) form.addEventListener(event, () => this.changed());
    this.field.addEventListener("scroll", () => this.scroll());
    window.addEventListener("online", () => this.look());
  }

  isSeen() {
    return this.pane.checkVisibility();
  }

  changed() {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.look(), Math.max(QUIET_MS, 2 * this.took));
  }

  // Ask for what stands in the form now, unless that is shown. An older question is called off.
  async look() {
    clearTimeout(this.quiet);
    if (!this.isSeen()) return;
    const body = new FormData(this.form);
    const written = JSON.stringify([...body]);
    if (written === this.shown || written === this.asked?.written) return;
    this.asked?.controller.abort();
    const mine = { written, controller: new AbortController() };
    this.asked = mine;
    const began = performance.now();
    this.pane.setAttribute("aria-busy", "true");
    try {
      const answer = await send(this.form, this.address, body, { signal: mine.controller.signal });
      if (answer.status === 422) throw new Error((await answer.json()).error);
      const html = await answer.text();
      if (this.asked !== mine) return;
      this.took = performance.now() - began;
      this.show(html);
      this.shown = written;
      this.say("");
    } catch (error) {
      if (this.asked !== mine) return;
      this.say(error.message);
    }
    this.asked = null;
    this.pane.removeAttribute("aria-busy");
  }

  show(html) {
    const made = withItsLinks(new DOMParser().parseFromString(html, "text/html"));
    const page = this.frame.contentDocument;
    const style = (one) => one?.querySelector("link[rel=stylesheet]")?.getAttribute("href");
    if (this.shown === null || style(page) !== style(made)) {
      this.frame.srcdoc = `<!doctype html>${made.documentElement.outerHTML}`;
      return;
    }
    for (const name of ["lang", "dir"]) page.documentElement[name] = made.documentElement[name];
    follow(page.body, made.body);
  }

  say(words) {
    this.problem.hidden = !words;
    this.problem.textContent = words;
  }

  // As far down as the field beside it.
  scroll() {
    const page = this.frame.contentDocument?.scrollingElement;
    const rest = this.field.scrollHeight - this.field.clientHeight;
    if (!page || rest <= 0 || !this.field.checkVisibility()) return;
    page.scrollTop = (this.field.scrollTop / rest) * (page.scrollHeight - page.clientHeight);
  }
}

// Which of the three is chosen; whoever likes both side by side finds them so the next time.
class Views {
  constructor(form, preview) {
    this.form = form;
    this.preview = preview;
    this.buttons = [...form.querySelectorAll("[data-view-button]")];
    for (const button of this.buttons) button.addEventListener("click", () => this.choose(button.value));
    WIDE.addEventListener("change", () => this.tell());
    this.tell();
  }

  choose(view) {
    const remembered = view === "side" ? "side" : "write";
    if (view !== "preview" && remembered !== this.form.dataset.remembered) this.remember(remembered);
    this.form.dataset.view = view;
    this.tell();
  }

  remember(view) {
    this.form.dataset.remembered = view;
    const body = new FormData();
    body.set("writing", view);
    send(this.form, this.preview.pane.dataset.remember, body).catch(() => {}); // it leads back to the page: no failure
  }

  tell() {
    const { view } = this.form.dataset;
    const shown = view === "side" && !WIDE.matches ? "write" : view;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.value === shown));
    this.preview.look();
  }
}

export function startPreview() {
  const pane = document.querySelector("[data-preview-of]");
  const form = pane?.closest("form");
  if (form) new Views(form, new Preview(form, pane));
}
