// Finding records by typing, with Tom Select. Without it the fields are plain lists and text.
/* global TomSelect */
import { element } from "./element.js";
import { gettext } from "./language.js";

const PLUGINS = { remove_button: { title: gettext("Remove"), label: "×" } };

// A record as the server tells of it: cms/admin/lookup.py, ``choice``.
export const optionOf = ([value, text, picture, alt, caption, address]) => {
  return { value: String(value), text, picture, alt, caption, address };
};

async function found(address, query) {
  const url = new URL(address, window.location.href);
  url.searchParams.set("query", query);
  const answer = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : [];
}

// As the server reads it: a name with a comma in it stands in quotes.
const quoted = (name) => (/[,;]/.test(name) && !name.includes('"') ? `"${name}"` : name);

function names(text) {
  const parts = text.matchAll(/\s*"([^"]*)"\s*(?=[,;\n\r\t]|$)|([^,;\n\r\t]+)/g);
  return [...parts].map((part) => (part[1] ?? part[2]).trim().replace(/^#/, "")).filter(Boolean);
}

const words = {
  no_results: (_, escape) => {
    const nothing = gettext("Nothing found"); // not within the template, where the catalog would not see it
    return `<div class="no-results">${escape(nothing)}</div>`;
  },
  option_create: (data, escape) => {
    const [before, after] = gettext("Make “%(name)s”", { name: "\u0000" }).split("\u0000").map(escape);
    return `<div class="create">${before}<strong>${escape(data.input)}</strong>${after}</div>`;
  },
};

const withPicture = (data, escape) =>
  `<div class="with-picture"><img src="${escape(data.picture)}" alt="" width="40" height="40" loading="lazy"> <span>${escape(data.text)}</span></div>`;

// Below the field stands the picture that is chosen.
function showPicture(select, picture) {
  const frame = document.getElementById(`${select.id}-picture`);
  if (!frame) return;
  frame.hidden = !picture;
  if (!picture) {
    frame.replaceChildren();
    return;
  }
  const image = element("img", { src: picture });
  image.alt = ""; // its name stands in the field
  frame.replaceChildren(image);
}

// Tom Select refuses what is pasted into a field that it hides, which is nowhere a person could be.
function letPaste(picker) {
  const paste = picker.onPaste;
  picker.onPaste = (event) => {
    if (picker.isFocused) paste.call(picker, event);
  };
}

// An answer that comes when the choice is made does not open the list over what stands below; the next key or click may.
function stayClosed(picker) {
  const { open } = picker;
  let isChosen = false;
  picker.open = () => {
    if (!isChosen) open.call(picker);
  };
  picker.on("item_add", () => {
    isChosen = true;
  });
  for (const event of ["keydown", "input", "pointerdown", "focusin"]) {
    picker.control.addEventListener(event, () => (isChosen = false), true);
  }
}

function startLookup(select) {
  const picker = new TomSelect(select, {
    valueField: "value",
    labelField: "text",
    searchField: ["text", "found"],
    plugins: select.multiple ? PLUGINS : { clear_button: { title: gettext("Clear") } },
    allowEmptyOption: false,
    placeholder: gettext("Type to find"),
    preload: "focus",
    maxOptions: 50,
    closeAfterSelect: true,
    loadThrottle: 120,
    load(query, done) {
      // The server searches more than the label: what it found for these words fits them.
      found(select.dataset.lookup, query)
        .then((rows) => {
          done(rows.map((row) => ({ ...optionOf(row), found: query })));
        })
        .catch(() => done());
    },
    onChange: (value) => showPicture(select, picker.options[value]?.picture),
    render: {
      ...words,
      option: (data, escape) => (data.picture ? withPicture(data, escape) : `<div>${escape(data.text)}</div>`),
    },
  });
  letPaste(picker);
  stayClosed(picker);
  select.setAttribute("aria-hidden", "true"); // the label belongs to the picker that stands in for it
  return picker;
}

// Names of tags, or with data-single the title of one series, which may have commas in it.
function startTags(input) {
  const single = input.dataset.single === "yes";
  const typed = single ? (text) => [text.trim()].filter(Boolean) : names;
  const given = typed(input.value).map((name) => ({ value: name, text: name }));
  const hidden = document.createElement("input");
  hidden.type = "hidden";
  hidden.name = input.name;
  input.removeAttribute("name");
  input.value = "";
  input.after(hidden);
  const write = () => {
    hidden.value = picker.items.map(single ? (title) => title : quoted).join(", ");
  };
  const picker = new TomSelect(input, {
    valueField: "value",
    labelField: "text",
    searchField: ["text"],
    options: given,
    items: given.map((option) => option.value),
    maxItems: single ? 1 : null,
    delimiter: "\u0000", // a comma may be part of a name; we split what is typed and pasted ourselves
    plugins: PLUGINS,
    create: input.dataset.create === "yes" ? (text) => ({ value: text.trim(), text: text.trim() }) : false,
    createOnBlur: input.dataset.create === "yes",
    persist: false,
    maxOptions: 50,
    placeholder: input.placeholder || (single ? gettext("Find or begin a series") : gettext("Add a tag")),
    closeAfterSelect: true,
    hidePlaceholder: true,
    loadThrottle: 120,
    load(query, done) {
      found(input.dataset.tags, query)
        .then((rows) => done(rows.map(([, text]) => ({ value: text, text }))))
        .catch(() => done());
    },
    onChange: () => write(),
    render: words,
  });
  const known = (name) =>
    Object.values(picker.options).find((option) => option.text.toLowerCase() === name.toLowerCase());
  const add = (text) => {
    for (const name of typed(text)) {
      const same = known(name);
      // A name that nobody found here may be a tag all the same; the server says so where it is none.
      if (!same) picker.addOption({ value: name, text: name });
      picker.addItem(same ? same.value : name);
    }
    picker.setTextboxValue("");
    picker.close();
  };
  if (input.dataset.create !== "yes") {
    // Before the picker empties its field: what was typed and not chosen must not be lost unsaid.
    picker.control_input.addEventListener("blur", () => add(picker.control_input.value), true);
  }
  picker.control_input.addEventListener("keydown", (event) => {
    if (event.key === "," && !event.isComposing && !single) {
      event.preventDefault();
      add(picker.control_input.value);
    }
  });
  picker.control_input.addEventListener(
    "paste",
    (event) => {
      const text = event.clipboardData?.getData("text") ?? "";
      if (/[,;\n\t]/.test(text) && !single) {
        event.preventDefault();
        event.stopImmediatePropagation();
        add(text);
      }
    },
    true,
  );
  letPaste(picker);
  stayClosed(picker);
  input.setAttribute("aria-hidden", "true");
  write();
  return picker;
}

export function startPickers(root) {
  if (typeof TomSelect === "undefined") return;
  for (const select of root.querySelectorAll("select[data-lookup]")) if (!select.tomselect) startLookup(select);
  for (const input of root.querySelectorAll("input[data-tags]")) if (!input.tomselect) startTags(input);
}
