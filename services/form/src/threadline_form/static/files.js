// The files that go along: dropped or chosen in several rounds, listed, each removable. The file field holds them all.

export class Files {
  #input;
  #drop;
  #list;
  #row;
  #texts;
  #chosen = [];

  constructor(form, texts) {
    this.#texts = texts;
    this.#input = form.querySelector("input[type=file]");
    if (!this.#input) return;
    this.#drop = this.#input.closest(".drop");
    this.#list = form.querySelector(".files");
    this.#row = document.getElementById("file-row");
    this.#drop.classList.add("ready");
    this.#drop.querySelector(".drop-words").hidden = false;
    this.#listen();
  }

  get bytes() {
    return this.#chosen.reduce((sum, file) => sum + file.size, 0);
  }

  // The error that the server would find, before anything is uploaded; null when there is none.
  fault(limits) {
    const large = this.#chosen.find((file) => file.size > limits.maxFileBytes);
    if (this.#chosen.length > limits.maxFiles) return this.#texts.too_many_files;
    if (large) return this.#texts.file_too_large.replace("{name}", large.name);
    return this.bytes > limits.maxTotalBytes ? this.#texts.files_too_large : null;
  }

  #listen() {
    this.#input.addEventListener("change", () => this.#take([...this.#input.files]));
    for (const name of ["dragenter", "dragover"]) {
      this.#drop.addEventListener(name, () => this.#drop.classList.add("over"));
    }
    for (const name of ["dragleave", "drop"]) {
      this.#drop.addEventListener(name, () => this.#drop.classList.remove("over"));
    }
  }

  #take(files) {
    const fresh = files.filter((file) => !this.#chosen.some((known) => same(known, file)));
    this.#set([...this.#chosen, ...fresh]);
  }

  #set(files) {
    this.#chosen = files;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    this.#input.files = transfer.files;
    this.#list.replaceChildren(...files.map((file) => this.#item(file)));
    this.#list.hidden = !files.length;
    this.#input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #item(file) {
    const item = this.#row.content.cloneNode(true);
    item.querySelector(".file-name").textContent = file.name;
    item.querySelector(".file-size").textContent = size(file.size);
    const remove = item.querySelector(".remove");
    remove.setAttribute("aria-label", this.#texts.remove.replace("{name}", file.name));
    remove.addEventListener("click", () => {
      this.#set(this.#chosen.filter((known) => known !== file));
      this.#input.focus();
    });
    return item;
  }
}

function same(one, other) {
  return one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
}

function size(bytes) {
  if (bytes < 1000 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
