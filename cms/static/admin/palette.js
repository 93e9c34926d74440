// The command palette: a combobox in a dialog (ARIA 1.2). The server finds; here one only types, chooses and goes.
import { element } from "./element.js";

const QUIET_MS = 120; // after the last letter, before the server is asked
const WAIT_MS = 300; // before "Searching…" is shown

let palette = null;

class Palette {
  constructor(dialog, acts) {
    this.dialog = dialog;
    this.acts = acts;
    this.words = dialog.dataset;
    this.input = dialog.querySelector("input");
    this.list = dialog.querySelector("[role=listbox]");
    this.state = dialog.querySelector(".palette-state");
    this.tip = dialog.querySelector(".palette-tip");
    this.options = [];
    this.chosen = -1;
    this.asked = null; // the request on its way
    this.shown = null; // the text whose results stand in the list
    this.wanted = null; // an Enter pressed before they did
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("pointermove", (event) => this.pointed(event));
    // The focus stays in the field, so that one can go on typing.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.input.addEventListener("blur", () => {
      this.wanted = null;
    });
    dialog.addEventListener("close", () => this.forget());
  }

  text() {
    return this.input.value.trim().replace(/\s+/g, " ");
  }

  typed() {
    clearTimeout(this.quiet);
    this.wanted = null;
    this.quiet = setTimeout(() => this.ask(), QUIET_MS);
  }

  // Ask for what is typed now. An older request is called off, and its answer dropped should it come all the same.
  async ask() {
    clearTimeout(this.quiet);
    const text = this.text();
    if (text === this.shown) {
      this.stop();
      this.say();
      return;
    }
    if (this.asked?.text === text) return;
    this.stop();
    const mine = { text, controller: new AbortController() };
    this.asked = mine;
    this.late = setTimeout(() => {
      this.list.setAttribute("aria-busy", "true");
      this.tip.hidden = true;
      this.state.textContent = this.words.wait;
    }, WAIT_MS);
    try {
      const url = new URL(this.words.find, window.location.href);
      url.searchParams.set("q", text);
      const answer = await fetch(url, {
        credentials: "same-origin",
        headers: { Accept: "application/json" },
        signal: mine.controller.signal,
      });
      const isOurs = answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json");
      if (!isOurs) throw new Error(`answered ${answer.status}`);
      const found = await answer.json();
      if (this.asked === mine) this.show(text, found);
    } catch {
      if (this.asked === mine) this.fail();
    }
  }

  stop() {
    clearTimeout(this.late);
    this.asked?.controller.abort();
    this.asked = null;
    this.list.removeAttribute("aria-busy");
  }

  show(text, found) {
    this.stop();
    this.shown = text;
    this.count = found.count;
    this.options = [];
    const groups = found.groups.map((group) => this.group(group.name, group.results));
    if (found.further.length) groups.push(this.group(this.words.further, found.further));
    this.list.replaceChildren(...groups);
    this.list.scrollTop = 0;
    this.input.setAttribute("aria-expanded", String(this.options.length > 0));
    this.choose(found.count > 0 ? 0 : -1);
    this.say();
    if (this.wanted) this.go(this.wanted.inNewTab);
  }

  fail() {
    this.stop();
    this.shown = null;
    this.options = [];
    this.list.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.choose(-1);
    this.tip.hidden = true;
    this.state.textContent = this.words.failed;
  }

  say() {
    if (this.shown === null) return;
    const { first, one, many, none } = this.words;
    const words = (!this.shown ? first : this.count === 1 ? one : many).replace("{count}", this.count);
    this.state.textContent = this.count ? words : none.replace("{text}", () => this.shown);
    this.state.classList.toggle("palette-none", !this.count);
    this.tip.hidden = this.count > 0;
  }

  group(name, results) {
    const number = this.options.length;
    const title = element("p", { class: "palette-group", id: `palette-group-${number}`, role: "presentation" }, name);
    const lines = results.map((result) => this.option(result));
    return element("div", { role: "group", "aria-labelledby": title.id }, title, ...lines);
  }

  option(result) {
    const line = element(result.address ? "a" : "div", {
      id: `palette-option-${this.options.length}`,
      class: "palette-option",
      role: "option",
      tabindex: "-1",
      "aria-selected": "false",
      href: result.address,
    });
    if (result.act) line.dataset.act = result.act;
    line.append(element("span", { class: "palette-title", dir: "auto" }, result.title));
    if (result.hint) line.append(" ", element("span", { class: "palette-hint", dir: "auto" }, result.hint));
    if (result.state) line.append(" ", element("span", { class: `badge badge-${result.tone}` }, result.state));
    if (result.keys) line.append(" ", element("kbd", { "aria-hidden": "true" }, result.keys));
    this.options.push(line);
    return line;
  }

  choose(number, scroll = true) {
    this.options[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = number;
    const option = this.options[number];
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    if (!scroll) return;
    const isFirst = option.previousElementSibling?.matches(".palette-group");
    if (isFirst) option.previousElementSibling.scrollIntoView({ block: "nearest" }); // its heading comes along
    option.scrollIntoView({ block: "nearest" });
  }

  pressed(event) {
    if (event.isComposing) return;
    const most = this.options.length;
    const steps = { ArrowDown: this.chosen + 1, ArrowUp: this.chosen - 1 + (this.chosen < 0 ? 1 : 0) };
    if (event.key in steps && !event.altKey) {
      event.preventDefault();
      if (most) this.choose((steps[event.key] + most) % most);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const inNewTab = event.ctrlKey || event.metaKey;
      // What stands in the list may belong to fewer letters: wait for the right one.
      if (this.text() === this.shown) this.go(inNewTab);
      else {
        this.ask();
        this.wanted = { inNewTab };
      }
    }
  }

  go(inNewTab) {
    this.wanted = null;
    const option = this.options[this.chosen];
    if (!option) return;
    if (option.dataset.act) this.act(option.dataset.act);
    else if (inNewTab) window.open(option.href, "_blank", "noopener");
    else {
      this.dialog.close();
      window.location.assign(option.href);
    }
  }

  act(name) {
    const [what, value] = name.split(":");
    this.dialog.close();
    this.acts[what](value);
  }

  clicked(event) {
    const option = event.target.closest("[role=option]");
    if (option?.dataset.act) this.act(option.dataset.act);
    else if (option && !event.ctrlKey && !event.metaKey && !event.shiftKey) this.dialog.close();
  }

  pointed(event) {
    const number = this.options.indexOf(event.target.closest("[role=option]"));
    if (number >= 0 && number !== this.chosen) this.choose(number, false);
  }

  forget() {
    clearTimeout(this.quiet);
    this.stop();
    this.wanted = null;
    this.shown = null;
    this.input.value = "";
    this.state.textContent = "";
    this.tip.hidden = true;
    this.options = [];
    this.list.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.choose(-1);
  }
}

// Search for what stands in the field of the open dialog. ``acts`` are what results do that lead nowhere.
export function begin(dialog, acts) {
  palette ??= new Palette(dialog, acts);
  if (dialog.open) palette.ask();
}
