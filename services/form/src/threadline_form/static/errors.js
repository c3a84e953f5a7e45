// Errors where they belong: one above the form with links, one at each field, the first field in focus.

export class Errors {
  #form;
  #texts;
  #summary;

  constructor(form, texts) {
    this.#form = form;
    this.#texts = texts;
    this.#summary = form.querySelector("#summary");
    form.addEventListener("input", (event) => this.#clear(event.target.id));
  }

  // `found`: a text for each field by name, `form` for the whole.
  show(found) {
    this.clear();
    const fields = this.#fields().filter((field) => found[field.id]);
    for (const field of fields) this.#mark(field, found[field.id]);
    const rest = Object.keys(found).filter((name) => !fields.some((field) => field.id === name));
    this.#summary.append(...rest.map((name) => element("p", found[name])), ...this.#list(fields, found));
    this.#summary.hidden = false;
    (fields[0] ?? this.#form.querySelector("[type=submit]")).focus({ preventScroll: true });
    this.#summary.scrollIntoView({ block: "center" });
  }

  clear() {
    for (const field of this.#fields()) this.#clear(field.id);
    this.#summary.replaceChildren();
    this.#summary.hidden = true;
  }

  #list(fields, found) {
    if (!fields.length) return [];
    const list = document.createElement("ul");
    list.append(...fields.map((field) => this.#link(field, found[field.id])));
    return [element("h2", this.#texts.errors_title), list];
  }

  #link(field, text) {
    const item = document.createElement("li");
    const link = element("a", `${field.labels[0].firstChild.textContent.trim()}: ${text}`);
    link.href = `#${field.id}`;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      field.focus();
    });
    item.append(link);
    return item;
  }

  #mark(field, text) {
    field.setAttribute("aria-invalid", "true");
    const place = document.getElementById(`${field.id}-error`);
    place.querySelector("span").textContent = text;
    place.hidden = false;
  }

  #clear(id) {
    const place = document.getElementById(`${id}-error`);
    if (!place) return;
    document.getElementById(id).removeAttribute("aria-invalid");
    place.querySelector("span").textContent = "";
    place.hidden = true;
  }

  #fields() {
    return [...this.#form.querySelectorAll("[aria-describedby]")];
  }
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
