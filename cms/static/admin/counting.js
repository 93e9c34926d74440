// How many words a text has and how long it takes to read, while it is typed: as cms/text/excerpt.py counts them, in
// what of the Markdown readers will see.
import { ngettext } from "./language.js";

const WORDS_A_MINUTE = 230;
const QUIET_MS = 150;
const CJK = /[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/gu;
const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;
const UNSEEN = [
  /^ {0,3}(?:```|~~~).*$/gm, // what a block of code begins and ends with
  /^ {0,3}\[[^\]^\n][^\]\n]*\]:[ \t]*\S+.*$/gm, // addresses told apart from their links
  /\[\^[^\]\n]+\]:?/g, // the numbers of notes
  /^([ \t>]*)(?:[-*+] \[[ xX]\]|\d{1,9}[.)])(?=[ \t])/gm, // boxes, and the numbers of a list
  /<\/?[a-z][^>\n]*>(?<!<(?:https?|mailto):[^>\n]*>)/gi,
  /\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?=[\s)])/g, // where links lead
  /\{\.(?:wide|full)\}/g,
  /&#?\w+;/g,
];

export function wordCount(markdown) {
  let text = markdown;
  for (const unseen of UNSEEN) text = text.replace(unseen, " ");
  const signs = text.match(CJK)?.length ?? 0;
  return signs + (text.replace(CJK, " ").match(WORD)?.length ?? 0);
}

export function startCounting() {
  const place = document.querySelector("[data-counts]");
  const field = place && document.getElementById(place.dataset.counts);
  if (!field) return;
  const say = () => {
    const words = wordCount(field.value);
    const facts = [ngettext("%(num)s word", "%(num)s words", words)];
    const minutes = Math.ceil(words / WORDS_A_MINUTE);
    if (minutes) facts.push(ngettext("%(num)s minute to read", "%(num)s minutes to read", minutes));
    place.textContent = facts.join(" · ");
  };
  let quiet;
  field.addEventListener("input", () => {
    clearTimeout(quiet);
    quiet = setTimeout(say, QUIET_MS);
  });
  say();
}
