// The address of a text that no reader has seen follows its title until somebody chooses another. The server decides:
// this is its rule (cms/text/slug.py) as far as one sees it while typing.

const MOST_LETTERS = 190;

function cut(slug) {
  if (slug.length <= MOST_LETTERS) return slug;
  const end = slug.slice(0, MOST_LETTERS + 1).lastIndexOf("-");
  return slug.slice(0, end > 0 ? end : MOST_LETTERS);
}

export function slugOf(text) {
  const folded = text.normalize("NFKC").toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ").normalize("NFKC");
  const words = folded.replace(/['’‘‛ʼ\p{Cf}]/gu, "").split(/[^\p{L}\p{N}\p{Mn}\p{Mc}]+/u);
  return cut(words.map((word) => word.replace(/^\p{M}+/u, "")).filter(Boolean).join("-"));
}

export function startSlug() {
  const slug = document.querySelector("[data-follows]");
  const shown = document.querySelector("[data-address]");
  const title = document.getElementById("title");
  if (!slug || !shown || !title) return;
  let follows = slug.dataset.follows === "title";
  const say = () => {
    shown.textContent = slugOf(slug.value) || slugOf(title.value) || "…";
  };
  title.addEventListener("input", () => {
    if (follows) slug.value = slugOf(title.value);
    say();
  });
  slug.addEventListener("input", () => {
    follows = !slug.value.trim() && slug.dataset.follows === "title"; // emptied, it is the title's again
    say();
  });
  say();
}
