// What was typed and the key it is sent with, kept in this tab until the server has said yes.

const HIDDEN = "idempotency_key";

export class Draft {
  #form;
  #place;

  constructor(form) {
    this.#form = form;
    this.#place = `threadline-form:${new URL(form.action).pathname}`;
    form.addEventListener("input", () => this.keep());
  }

  // A page that came back with errors already holds what was typed.
  restore() {
    const kept = this.#read();
    for (const field of this.#fields()) {
      if (!field.value && kept[field.name]) field.value = kept[field.name];
    }
    if (kept[HIDDEN]) this.#form.elements[HIDDEN].value = kept[HIDDEN];
  }

  keep() {
    const kept = { [HIDDEN]: this.#form.elements[HIDDEN].value };
    for (const field of this.#fields()) kept[field.name] = field.value;
    this.#try((storage) => storage.setItem(this.#place, JSON.stringify(kept)));
  }

  forget() {
    this.#try((storage) => storage.removeItem(this.#place));
  }

  #fields() {
    return this.#form.querySelectorAll("input:not([type=hidden], [type=file], [tabindex]), textarea");
  }

  #read() {
    const text = this.#try((storage) => storage.getItem(this.#place));
    try {
      return JSON.parse(text ?? "{}");
    } catch {
      return {};
    }
  }

  // Inside a frame, or with storage switched off, there is none: the form works without.
  #try(use) {
    try {
      return use(window.sessionStorage);
    } catch {
      return null;
    }
  }
}
