// What the tools of a text do to its Markdown. Each takes the text and what is chosen in it, and gives the change: the
// range that goes, what comes in its place, and what is chosen afterwards.
import { gettext } from "./language.js";

const LIST = /^([ \t]*)(?:[-*+]( \[[ xX]\])?|\d{1,9}[.)])[ \t]+/;
const FENCE = /^ {0,3}(```|~~~)/;

const change = (from, to, insert, start, end = start) => ({ from, to, insert, start, end });

function linesAround(text, start, end) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const last = end > start && text[end - 1] === "\n" ? end - 1 : end; // a line of which nothing but its start is chosen
  const next = text.indexOf("\n", last);
  return { from, to: next < 0 ? text.length : next };
}

// How many of ``letter`` stand at ``place``, looking in the direction of ``step``.
function run(text, place, step, letter) {
  let count = 0;
  while (text[place + count * step] === letter) count += 1;
  return count;
}

// Whether so many stars are the mark: of three, one is for italic and two are for bold.
const isMarked = (count, size) => count >= size && (size !== 1 || count !== 2);

// Bold, italic and code: the mark on both sides of what is chosen, or off again.
export function wrapped(text, start, end, mark) {
  const size = mark.length;
  const chosen = text.slice(start, end);
  const inner = chosen.trim();
  const from = start + (inner ? chosen.indexOf(inner) : 0);
  const to = inner ? from + inner.length : end;
  if (!inner && run(text, from, 1, mark[0]) === size && run(text, from - 1, -1, mark[0]) === 0) {
    const before = text.slice(linesAround(text, from, from).from, from);
    if (before.split(mark).length % 2 === 0) return change(from, from, "", from + size); // at its end: out of it
  }
  const outside = Math.min(run(text, from - 1, -1, mark[0]), run(text, to, 1, mark[0]));
  if (isMarked(outside, size)) {
    return change(from - size, to + size, text.slice(from, to), from - size, to - size);
  }
  const inside = Math.min(run(inner, 0, 1, mark[0]), run(inner, inner.length - 1, -1, mark[0]));
  if (inner.length > 2 * size && isMarked(inside, size)) {
    return change(from, to, inner.slice(size, -size), from, to - 2 * size);
  }
  if (!/\n[ \t]*\n/.test(inner)) {
    return change(from, to, `${mark}${text.slice(from, to)}${mark}`, from + size, to + size);
  }
  // A mark does not reach over the end of a paragraph.
  const parts = inner.split(/(\n[ \t]*\n\s*)/).map((part) => (part.trim() ? `${mark}${part}${mark}` : part));
  return change(from, to, parts.join(""), from, from + parts.join("").length);
}

// The lines chosen, each made anew by ``anew``.
function eachLine(text, start, end, anew) {
  const { from, to } = linesAround(text, start, end);
  const before = text.slice(from, to);
  const after = before.split("\n").map(anew).join("\n");
  if (start === end) {
    const place = Math.max(from, start + after.length - before.length);
    return change(from, to, after, place);
  }
  return change(from, to, after, from, from + after.length);
}

const MARKS = {
  bullets: { has: /^[ \t]*[-*+][ \t]+(?!\[[ xX]\][ \t])/, put: () => "- " },
  numbers: { has: /^[ \t]*\d{1,9}[.)][ \t]+/, put: (number) => `${number}. ` },
  tasks: { has: /^[ \t]*[-*+] \[[ xX]\][ \t]+/, put: () => "- [ ] " },
};

// A list of this kind, in place of one of another kind; none where it is one already.
export function listed(text, start, end, kind) {
  const { from, to } = linesAround(text, start, end);
  const lines = text.slice(from, to).split("\n");
  const written = lines.filter((line) => line.trim());
  const { has, put } = MARKS[kind];
  const isOne = written.length > 0 && written.every((line) => has.test(line));
  let number = 0;
  return eachLine(text, start, end, (line) => {
    if (!line.trim() && lines.length > 1) return line;
    const [, indent] = /^([ \t]*)/.exec(line);
    const bare = line.replace(LIST, "$1").slice(indent.length);
    if (isOne) return indent + bare;
    number += 1;
    return indent + put(number) + bare;
  });
}

export function quoted(text, start, end) {
  const { from, to } = linesAround(text, start, end);
  const isOne = text.slice(from, to).split("\n").every((line) => /^ {0,3}>/.test(line));
  return eachLine(text, start, end, (line) => (isOne ? line.replace(/^ {0,3}> ?/, "") : `> ${line}`));
}

// The title of the text is its first heading: below it there are three, then none again.
export function headed(text, start, end) {
  return eachLine(text, start, end, (line) => {
    const [mark] = /^#{1,6}[ \t]+/.exec(line) ?? [""];
    const level = mark.trim().length;
    const next = level === 0 ? "## " : level < 4 ? `${"#".repeat(level + 1)} ` : "";
    return next + line.slice(mark.length);
  });
}

export function linked(text, start, end) {
  const chosen = text.slice(start, end);
  if (/^(https?:\/\/|mailto:|\/)\S+$/.test(chosen)) return change(start, end, `[](${chosen})`, start + 1);
  const words = chosen.replace(/\s*\n\s*/g, " ");
  if (!words) return change(start, end, "[](https://)", start + 1);
  const address = start + words.length + 3;
  return change(start, end, `[${words}](https://)`, address, address + "https://".length);
}

// Code within a line, or a block of its own on an empty one and around several.
export function coded(text, start, end) {
  const chosen = text.slice(start, end);
  const line = linesAround(text, start, end);
  const isAlone = start === end && !text.slice(line.from, line.to).trim();
  if (!isAlone && !chosen.includes("\n")) return wrapped(text, start, end, "`");
  const code = chosen.replace(/^\n+|\n+$/g, "");
  const fence = code.includes("```") ? "~~~" : "```";
  return block(text, start, end, `${fence}\n${code}\n${fence}`, fence.length + (code ? 0 : 1)); // the language, or the code
}

export function tabled(text, start, end) {
  const name = gettext("Heading");
  const made = `| ${name} | ${name} |\n| --- | --- |\n|  |  |`;
  return block(text, end, end, made, 2, 2 + name.length);
}

// ``made`` as a paragraph of its own in the place of what is chosen; ``from`` to ``to`` of it is chosen afterwards.
export function block(text, start, end, made, from, to = from) {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const above = !before.trim() ? "" : "\n".repeat(Math.max(0, 2 - /\n*$/.exec(before)[0].length));
  const below = !after.trim() ? "\n" : "\n".repeat(Math.max(0, 2 - /^\n*/.exec(after)[0].length));
  const place = start + above.length;
  return change(start, end, `${above}${made}${below}`, place + from, place + to);
}

// The next number, where it is said and below the text; one goes on writing there.
export function noted(text, end) {
  const numbers = [...text.matchAll(/\[\^(\d+)\]/g)].map((found) => Number(found[1]));
  const name = `[^${Math.max(0, ...numbers) + 1}]`;
  const bottom = text.trimEnd();
  const isNote = /(^|\n)\[\^[^\]\n]+\]:[^\n]*$/.test(bottom); // notes stand line by line
  const place = Math.max(bottom.length, end) + name.length;
  const below = `${isNote ? "\n" : "\n\n"}${name}: `;
  const whole = text.length + name.length;
  return [change(end, end, name, end + name.length), change(place, whole, below, place + below.length)];
}

const escaped = (words) => words.replace(/\s+/g, " ").trim().replace(/[\\[\]]/g, "\\$&");

// As the server reads it: see cms/text/figures.py.
export function picture({ address, alt = "", caption = "", width = "" }) {
  const title = caption.replace(/\s+/g, " ").trim().replace(/[\\"]/g, "\\$&");
  return `![${escaped(alt)}](${address}${title && ` "${title}"`})${width && `{.${width}}`}`;
}

// Enter in a list or a quotation begins the next of it; in an empty one it ends it. Null: Enter is Enter.
export function continued(text, place) {
  const from = text.lastIndexOf("\n", place - 1) + 1;
  const line = text.slice(from, place);
  const [quote] = /^(?: {0,3}> ?)*/.exec(line);
  const rest = line.slice(quote.length);
  const [mark, indent, task] = LIST.exec(rest) ?? ["", "", ""];
  if (!quote && !mark) return null;
  if (text.slice(0, from).split("\n").filter((one) => FENCE.test(one)).length % 2) return null; // within code
  const isLast = place === text.length || text[place] === "\n";
  if (!rest.slice(mark.length).trim() && isLast) return change(from, place, mark ? quote : "", from + (mark ? quote.length : 0));
  const number = /\d+/.exec(mark.slice(indent.length));
  let next = mark;
  if (number && !/[-*+]/.test(mark.trim()[0])) next = mark.replace(/\d+/, String(Number(number[0]) + 1));
  if (task) next = mark.replace(/\[[xX]\]/, "[ ]");
  const insert = `\n${quote}${next}`;
  return change(place, place, insert, place + insert.length);
}
