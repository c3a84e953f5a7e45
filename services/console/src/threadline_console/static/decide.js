// Questions as dialogs of the page they belong to, commands without leaving it, and one line of what became of them.
// Without this script the same links are pages, and the same forms lead back with the same line.

const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const say = (words) => { $("#said").textContent = words; };
const dialog = $("#dialog"), toasts = $("#toasts");
const SHOWN = 8000, TYPED = 200;

async function read(answer) {
  if (!answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// --- the line ---------------------------------------------------------------------------------------------------------

let fading = 0;
function fade() {
  clearTimeout(fading);
  const toast = $("#toast");
  if (!toast || toast.matches(".toast-refused, .toast-waiting")) return; // these stay until somebody has read them
  fading = setTimeout(() => { if (toast.matches(":hover, :focus-within")) fade(); else toast.remove(); }, SHOWN);
}

function toast(next) {
  toasts.replaceChildren(...(next ? [document.importNode(next, true)] : []));
  fade();
}

function trouble(words) {
  const line = document.createElement("p"), text = document.createElement("span");
  line.id = "toast";
  line.className = "toast toast-refused";
  text.textContent = words;
  line.append(text);
  toast(line);
}

// --- questions --------------------------------------------------------------------------------------------------------

let askedAt = null;
async function ask(link) {
  askedAt = link;
  try {
    const form = $("#ask", await read(await fetch(link.href)));
    form ? question(form) : location.assign(link.href);
  } catch { location.assign(link.href); }
}

function question(form) {
  dialog.replaceChildren(document.importNode(form, true));
  if (!dialog.open) dialog.showModal();
  $("[autofocus]", dialog)?.focus();
}

dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  if (askedAt?.isConnected) askedAt.focus({ preventScroll: true });
});

let finding = 0, typing = 0;
async function find(form) {
  const url = new URL($("[formaction]", form).formAction), mine = ++finding;
  url.searchParams.set("q", $("[data-find]", form).value);
  try {
    const page = await read(await fetch(url));
    if (mine !== finding) return;
    $("#choices", form).replaceWith(document.importNode($("#choices", page), true));
    const count = all("#choices .choice", form).length;
    say(count ? `${count} to choose from` : "Nothing matches.");
  } catch { say("The console does not answer."); }
}

function choose(form) {
  const first = $("#choices input", form);
  first?.focus();
  first?.click();
}

// --- commands ---------------------------------------------------------------------------------------------------------

let sending = false;
async function send(form, button) {
  if (sending) return;
  sending = true;
  form.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
    done(await read(answer), answer, form);
  } catch { trouble("The console does not answer. Nothing is lost: look whether it happened, and try again."); }
  form.removeAttribute("aria-busy");
  sending = false;
}

function done(page, answer, form) {
  const again = $("#ask", page);
  if (again) { question(again); return; }
  if (!answer.ok) { trouble($(".facts dd", page)?.textContent ?? `The console said ${answer.status}.`); return; }
  form.closest(".menu")?.removeAttribute("open");
  if (dialog.open) dialog.close();
  toast($("#toast", page));
  const url = new URL(answer.url);
  url.searchParams.delete("command");
  document.dispatchEvent(new CustomEvent("threadline:page", { detail: { page, url } }));
}

// --- what people press ------------------------------------------------------------------------------------------------

addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (!form.matches("[data-command]")) return;
  if (button?.matches("[formmethod=get]")) { event.preventDefault(); find(form).then(() => choose(form)); }
  else if (!form.closest(".asking")) { event.preventDefault(); send(form, button); }
});

addEventListener("click", (event) => {
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("a[data-ask], a[data-dismiss], a[data-close]");
  const menu = $(".menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
  if (event.target === dialog) dialog.close();
  if (!link || (link.matches("[data-dismiss]") && !dialog.open)) return;
  event.preventDefault();
  if (link.matches("[data-ask]")) ask(link);
  else if (link.matches("[data-dismiss]")) dialog.close();
  else { link.closest(".toast").remove(); history.replaceState(null, "", link.href); }
});

addEventListener("input", (event) => {
  if (!event.target.matches("[data-find]")) return;
  clearTimeout(typing);
  typing = setTimeout(() => find(event.target.form), TYPED);
});

addEventListener("toggle", (event) => {
  if (event.target.matches?.(".menu") && event.target.open) $("[aria-current], button", event.target).focus();
}, true);

function inMenu(event, menu) {
  const items = all("button", menu), at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Escape") { menu.open = false; $("summary", menu).focus(); }
  else if (next === undefined) return;
  else items.at(next % items.length).focus();
  event.preventDefault();
}

addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[open]"), form = event.target.closest?.("form.ask");
  if (menu) { inMenu(event, menu); return; }
  if (!form) return;
  const finds = event.target.matches("[data-find]");
  if (finds && event.key === "ArrowDown") { event.preventDefault(); choose(form); }
  // Enter would press the first button, which finds; behind the search it means the answer.
  if (!finds && event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); form.requestSubmit($("button.primary", form)); }
}, true);

fade();
