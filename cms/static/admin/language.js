// What scripts say, in the language of the page. Texts are named by their English, as in cms/language.py; the page hands
// over those of another language, and scripts.py finds them here by the form of these calls: a text in double quotes.

const handed = document.getElementById("texts");
const texts = handed ? JSON.parse(handed.textContent) : {};

// The months of our English stand behind their days.
export const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

export function gettext(text, values = {}) {
  return filled(texts[text] ?? text, values);
}

// A language other than English that has several forms will need more than this.
export function ngettext(one, many, num) {
  return filled(texts[many] ?? (num === 1 ? one : many), { num: num.toLocaleString(locale) });
}
