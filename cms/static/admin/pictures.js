// Pictures in a text: dropped on it, pasted into it, or chosen from the library. What is sent goes the way of any upload.
import { block, picture } from "./markdown.js";
import { gettext } from "./language.js";
import { send } from "./sending.js";
import { put, putAside } from "./typing.js";

const filesOf = (data) => [...(data?.files ?? [])];
const isPicture = (file) => file.type.startsWith("image/");

class Uploads {
  constructor(field, state) {
    this.field = field;
    this.state = state;
    this.waiting = 0;
    this.submitter = null;
    field.addEventListener("paste", (event) => {
      // Whoever copies from a word processor has its words as a picture too: they mean the words.
      const files = filesOf(event.clipboardData);
      if (!files.length || event.clipboardData.types.includes("text/plain")) return;
      event.preventDefault();
      this.take(files);
    });
    field.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    field.addEventListener("drop", (event) => {
      const files = filesOf(event.dataTransfer);
      if (!files.length) return;
      event.preventDefault(); // else the browser leaves the page for the picture
      this.take(files);
    });
    field.form.addEventListener("submit", (event) => this.hold(event), true);
  }

  take(files) {
    const { upload } = this.field.dataset;
    const pictures = files.filter(isPicture);
    if (!upload) this.say(gettext("You may not upload pictures."), true);
    else if (!pictures.length) this.say(gettext("Only pictures can be put here. Upload other files under Media."), true);
    else for (const file of pictures) this.send(upload, file);
  }

  // A line stands for the picture until it is there; if it cannot be, the text is what it was.
  async send(upload, file) {
    const mark = this.mark(file.name);
    const { value, selectionEnd } = this.field;
    const made = block(value, selectionEnd, selectionEnd, mark, mark.length);
    put(this.field, made);
    this.waiting += 1;
    this.say(gettext("Uploading %(name)s…", { name: file.name }));
    try {
      const [, , address, alt, caption] = await this.keep(upload, file);
      this.replace(mark, picture({ address, alt, caption }));
      const words = alt
        ? gettext("%(name)s is in the text.", { name: file.name })
        : gettext("%(name)s is in the text. Say between its square brackets what it shows.", { name: file.name });
      this.say(words);
    } catch (error) {
      this.replace(made.insert, "", mark);
      this.say(`${file.name}: ${error.message}`, true);
    }
    this.waiting -= 1;
    if (!this.waiting) this.release();
  }

  mark(name) {
    const words = gettext("Uploading %(name)s…", { name: name.replace(/[[\]\\]/g, "") });
    let number = 1;
    let mark = `![${words}]()`;
    while (this.field.value.includes(mark)) mark = `![${words}](${(number += 1)})`;
    return mark;
  }

  // What the library says of it. Its refusals stand in the page of its form.
  async keep(upload, file) {
    const body = new FormData();
    body.set("files", file, file.name);
    const answer = await send(this.field.form, upload, body, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const [kept] = await answer.json();
      if (kept) return kept;
    }
    const page = answer.ok ? null : new DOMParser().parseFromString(await answer.text(), "text/html");
    const reason = page?.querySelector(".field-errors li")?.textContent.trim();
    throw new Error(reason?.replace(`${file.name}: `, "") || gettext("It could not be taken."));
  }

  // ``mark`` may have been changed or taken away by its writer: then there is nothing to do.
  replace(mark, words, least = mark) {
    const found = this.field.value.includes(mark) ? mark : least;
    const from = this.field.value.indexOf(found);
    if (from >= 0) putAside(this.field, { from, to: from + found.length, insert: words });
  }

  say(words, isWrong = false) {
    this.state.textContent = words;
    this.state.classList.toggle("field-errors", isWrong);
  }

  // A text that is saved now would keep the line that stands for the picture.
  hold(event) {
    if (!this.waiting) return;
    event.preventDefault();
    event.stopPropagation();
    this.submitter = event.submitter;
    this.say(gettext("One moment: this is done as soon as the picture is there."));
  }

  release() {
    if (!this.submitter) return;
    const submitter = this.submitter;
    this.submitter = null;
    if (!this.state.classList.contains("field-errors")) this.field.form.requestSubmit(submitter);
  }
}

// The library in a dialog, with the words and the width that the picture has in this text.
class Library {
  constructor(field, dialog) {
    this.field = field;
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.select = this.form.elements["library-picture"];
    this.alt = this.form.elements["library-alt"];
    this.caption = this.form.elements["library-caption"];
    this.problem = dialog.querySelector("[data-problem]");
    this.select.addEventListener("change", () => this.chosen());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.take();
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
    dialog.addEventListener("close", () => {
      field.focus({ preventScroll: true });
      if (this.place !== null) field.setSelectionRange(this.place, this.place); // left alone, the browser forgets it
    });
  }

  get option() {
    return this.select.tomselect?.options[this.select.value];
  }

  open() {
    this.place = this.field.selectionEnd;
    this.form.reset();
    this.select.tomselect?.clear(true);
    this.chosen();
    this.dialog.showModal();
    this.select.tomselect?.focus();
  }

  chosen() {
    this.problem.hidden = true;
    this.alt.value = this.option?.alt ?? "";
    this.caption.value = this.option?.caption ?? "";
  }

  take() {
    if (!this.option) {
      this.problem.hidden = false;
      this.select.tomselect?.focus();
      return;
    }
    const { alt, caption } = this;
    const { width } = this.form.elements;
    const words = { address: this.option.address, alt: alt.value, caption: caption.value, width: width.value };
    const { place } = this;
    this.place = null;
    this.dialog.close();
    const made = picture(words);
    put(this.field, block(this.field.value, place, place, made, made.length));
  }
}

export function startPictures() {
  const state = document.querySelector("[data-text-state]");
  const field = state && document.getElementById(state.dataset.textState);
  if (!field) return;
  new Uploads(field, state);
  const dialog = document.getElementById("library");
  const button = document.querySelector('[data-tool="picture"]');
  if (!dialog || !button) return;
  const library = new Library(field, dialog);
  button.addEventListener("click", () => library.open());
}
