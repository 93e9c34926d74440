// The icons that we show, out of all of Tabler's, as one file of symbols: `node icons.mjs FOLDER > sprite.svg`.
import { readFileSync } from "node:fs";

const SHOWN = ["blockquote", "bold", "checkbox", "code", "heading", "italic", "link", "list", "list-numbers", "photo", "superscript", "table"];
const DRAWN = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"';

const symbols = SHOWN.map((name) => {
  const icon = readFileSync(`${process.argv[2]}/${name}.svg`, "utf8");
  const paths = icon.match(/<path[^>]* d="[^"]*"[^>]*\/>/g).filter((path) => !path.includes('stroke="none"'));
  return `<symbol id="${name}" ${DRAWN}>${paths.join("").replaceAll(" />", "/>")}</symbol>\n`;
});
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("")}</svg>\n`);
