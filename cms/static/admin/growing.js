// The field of a title is as high as its title. Most browsers do that by style (field-sizing); here it is for the others.

export function startGrowing() {
  if (CSS.supports("field-sizing", "content")) return;
  for (const field of document.querySelectorAll(".title-input")) {
    let width;
    const grow = () => {
      width = field.offsetWidth;
      field.style.height = "auto";
      field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`; // with its borders
    };
    field.addEventListener("input", grow);
    new ResizeObserver(() => field.offsetWidth !== width && grow()).observe(field);
  }
}
