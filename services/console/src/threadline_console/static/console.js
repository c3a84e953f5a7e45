// What a script adds to pages that work without one: live rows, keys, copying, replay with progress.
// It asks the server for the same page again and patches what changed; it never moves what you are reading.

const root = document.documentElement;
root.dataset.js = "on";
const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const say = (words) => { const line = $("#said"); if (line) line.textContent = words; };

let here = location.pathname + location.search;

async function fetchPage(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/html")) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// What a page says, without what only the browser added to it.
function said(node) {
  const plain = node.cloneNode(true);
  for (const time of all("time", plain)) time.replaceWith(time.dateTime);
  for (const details of all("details", plain)) details.open = false;
  return plain.outerHTML.replace(/ (class="row fresh"|class="row"|aria-current="true")/g, "");
}
const same = (one, other) => said(one) === said(other);

async function open(url, { push = true } = {}) {
  let page;
  try { page = await fetchPage(url); } catch { location.assign(url); return; }
  const main = $("#main"), next = $("#main", page);
  if (!$("#rows") || !$("#rows", page) || !main || !next) { location.assign(url); return; }
  if (push) history.pushState(null, "", url);
  here = location.pathname + location.search;
  show(page);
}

function show(page) {
  const main = $("#main");
  main.replaceChildren(...document.importNode($("#main", page), true).childNodes);
  main.scrollTop = 0;
  document.body.className = page.body.className;
  document.title = page.title;
  remember();
  const current = $("#main [data-ticket]")?.dataset.ticket.slice(0, 13); // as the rows have it: they are many
  for (const row of all("#rows .row")) {
    row.toggleAttribute("aria-current", false);
    if (row.parentElement.id === `t-${current}`) row.setAttribute("aria-current", "true");
  }
  main.focus({ preventScroll: true });
}

function patchRows(page) {
  const list = $("#rows"), next = $("#rows", page), pane = $(".list");
  if (!list || !next) return;
  if (list.tagName !== next.tagName) { list.replaceWith(document.importNode(next, true)); return; }
  const stays = (row) => { const other = page.getElementById(row.id); return !other || same(row, other); };
  const inView = (row) => row.getBoundingClientRect().bottom > 0;
  const anchor = pane.scrollTop > 0 ? all("li", list).find((row) => inView(row) && stays(row)) : null;
  const before = anchor?.getBoundingClientRect().top;
  const paged = new URL(location).searchParams.has("cursor");
  let place = list.firstElementChild;
  for (const fresh of all(":scope > li", next)) {
    const known = document.getElementById(fresh.id);
    if (!known && paged) continue;
    const changed = !known || !same(known, fresh);
    const row = changed ? document.importNode(fresh, true) : known;
    if (changed && known) {
      const focused = known.contains(document.activeElement);
      if ($(".row[aria-current]", known)) $(".row", row).setAttribute("aria-current", "true");
      if (known === place) place = place.nextElementSibling;
      known.replaceWith(row);
      if (focused) $(".row", row).focus({ preventScroll: true });
    }
    if (changed) $(".row", row).classList.add("fresh");
    if (row === place) place = place.nextElementSibling;
    else if (!paged) list.insertBefore(row, place);
  }
  const whole = !paged && !$("#older", page);
  while (whole && place) { const gone = place; place = place.nextElementSibling; gone.remove(); }
  if (anchor?.isConnected) pane.scrollTop += anchor.getBoundingClientRect().top - before;
}

// A part of the timeline as the server said it: what only the browser changed (unfolded, opened) stays as it is.
const known = new WeakMap();
const remember = () => { for (const part of all("#messages > *")) if (!known.has(part)) known.set(part, said(part)); };

function replace(part, fresh) {
  const open = all("details", part).map((details) => details.open), focused = part.contains(document.activeElement);
  all("details", fresh).forEach((details, place) => { details.open = open[place] ?? false; });
  part.replaceWith(fresh);
  if (focused) $("a, summary, button", fresh)?.focus({ preventScroll: true });
}

// Parts between the two that frame the fold are there because somebody unfolded them.
function isUnfolded(part, page) {
  const fold = page.getElementById("middle");
  const first = fold && document.getElementById(fold.previousElementSibling?.id), last = fold && document.getElementById(fold.nextElementSibling?.id);
  const follows = (one, other) => one && other && one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  return follows(first, part) && follows(part, last);
}

function patchHead(page) {
  const head = $(".talk-head"), next = $(".talk-head", page);
  if (same(head, next) || $(".menu[open]", head)) return;
  const focused = document.activeElement, back = focused && head.contains(focused) && (focused.id ? `#${focused.id}` : focused.matches("summary") ? "summary" : null);
  head.replaceWith(document.importNode(next, true));
  if (back) $(back, $(".talk-head"))?.focus({ preventScroll: true });
}

function patchMessages(page) {
  const head = $(".talk-head"), next = $(".talk-head", page), list = $("#messages");
  if (!head || head.dataset.ticket !== next?.dataset.ticket) return;
  patchHead(page);
  for (const part of [...list.children]) if (part.id && part.id !== "middle" && !page.getElementById(part.id) && !isUnfolded(part, page)) part.remove();
  let last = null;
  for (const fresh of [...$("#messages", page).children]) {
    const part = fresh.id && document.getElementById(fresh.id);
    if (fresh.id === "middle" && !part && list.dataset.unfolded) continue;
    if (part && known.get(part) === said(fresh)) { last = part; continue; }
    const added = document.importNode(fresh, true);
    known.set(added, said(fresh));
    if (part) replace(part, added);
    else { last ? last.after(added) : list.prepend(added); tell(added); }
    last = added;
  }
}

function tell(part) {
  if (part.matches(".message")) say("A new message came.");
  else if (part.matches(".event")) say($("p", part).textContent);
}

function patchLive(page, { force = false } = {}) {
  for (const part of all("[data-live]")) {
    const next = page.getElementById(part.id), busy = part.contains(document.activeElement) && !force;
    if (next && !busy && !same(part, next)) part.replaceChildren(...document.importNode(next, true).childNodes);
  }
}

let patching = false, again = false;
async function patch() {
  if (patching) { again = true; return; }
  patching = true;
  try {
    const page = await fetchPage(location.href);
    patchRows(page);
    patchMessages(page);
    patchLive(page);
  } catch { /* the server is away; the next event or reconnect patches */ }
  setTimeout(() => { patching = false; if (again) { again = false; patch(); } }, 400);
}

// The page that a command led to: the same one changed, or another ticket's.
document.addEventListener("threadline:page", ({ detail: { page, url } }) => {
  const head = $(".talk-head"), next = $(".talk-head", page);
  patchRows(page);
  if (head && next && head.dataset.ticket !== next.dataset.ticket) { show(page); history.replaceState(null, "", url); here = location.pathname + location.search; }
  else patchMessages(page);
  patchLive(page, { force: true });
  if (document.activeElement === document.body) $("#main")?.focus({ preventScroll: true });
});

async function unfoldAll(link) {
  const list = $("#messages"), fold = $("#middle"), tail = new Set(all("#middle ~ *", list).map((part) => part.id));
  let href = link.getAttribute("href");
  link.setAttribute("aria-disabled", "true");
  try {
    while (href) {
      const page = await fetchPage(href);
      for (const part of $("#messages", page).children) {
        if (tail.has(part.id)) { href = null; break; }
        if (!part.id || document.getElementById(part.id)) continue;
        const added = document.importNode(part, true);
        known.set(added, said(part));
        fold.before(added);
      }
      href &&= $("[data-later]", page)?.getAttribute("href");
    }
    fold.remove();
    list.dataset.unfolded = "on";
    say("All messages are shown.");
  } catch { location.assign(link.href); }
}

const TYPES = [
  ...["opened", "message_added", "reopened", "updated", "merged", "unmerged", "merge_suggested", "suggestion_settled"].map((name) => `ticket.${name}.v1`),
  ...["linked", "unlinked", "erased"].map((name) => `contact.${name}.v1`),
  ...["forged_token", "stranger_on_thread", "identity_conflict"].map((name) => `security.${name}.v1`),
];

function listen() {
  let source = null;
  const stop = () => source?.close();
  const start = () => {
    stop();
    source = new EventSource(document.body.dataset.events);
    let opened = false;
    for (const type of TYPES) source.addEventListener(type, patch);
    source.onopen = () => { root.dataset.live = "on"; if (opened) patch(); opened = true; };
    source.onerror = () => { root.dataset.live = "off"; };
  };
  // A browser has six connections for one server: a tab that nobody looks at keeps none of them.
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else { start(); patch(); } });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => { if (event.persisted) { start(); patch(); } });
  start();
}

function move(step) {
  const rows = all("#rows .row, .letters .letter");
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = rows[from < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, from + step))];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (next === rows.at(-1) && step > 0) more();
}

async function search() {
  const field = $("input[type=search]");
  if (!field) { location.assign("/tickets"); return; }
  if (!field.offsetParent) await open($(".talk-head .back").href);
  field.focus();
  field.select();
}

function why() {
  const seen = all(".message").find((message) => message.getBoundingClientRect().bottom > 160);
  const reason = seen && $(".why", seen);
  if (!reason) return;
  reason.open = !reason.open;
  $("summary", reason).focus({ preventScroll: true });
}

function undo() {
  const last = all(".event [data-undo]").at(-1) ?? $(".talk-head [data-undo]");
  last ? last.click() : say("There is no merge to undo here.");
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  "/": search,
  "?": () => $("#keys")?.togglePopover(),
  r: () => $("#replay, .replay-bar button")?.focus(),
  w: why,
  s: () => { const menu = $("#status"); if (menu) menu.open = true; },
  m: () => $("#merge")?.click(),
  u: undo,
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || $("dialog[open]")) return;
  const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (typing) { if (event.key === "Escape") { typing.blur(); $("#rows")?.focus({ preventScroll: true }); } return; }
  if (event.key === "Escape" && !$(":popover-open")) {
    const menu = $(".menu[open]"); // opened a moment ago: it does not have the focus yet
    if (menu) menu.open = false;
    else $("a.back")?.click();
  }
  const act = keys[event.key];
  if (act) { event.preventDefault(); act(); }
});

let loading = false;
async function more() {
  const link = $("#older"), list = $("#rows");
  if (!link || loading) return;
  loading = true;
  try {
    const page = await fetchPage(link.href);
    for (const row of all("#rows > li", page)) if (!document.getElementById(row.id)) list.append(document.importNode(row, true));
    const next = $("#older", page);
    next ? (link.href = next.getAttribute("href")) : link.parentElement.remove();
  } catch { location.assign(link.href); }
  loading = false;
}

async function copy(button) {
  if (!navigator.clipboard) return; // only where the page came by https or from this machine
  await navigator.clipboard.writeText(button.dataset.copy);
  const use = $("use", button);
  use.setAttribute("href", "#i-done");
  say("Copied.");
  setTimeout(() => use.setAttribute("href", "#i-copy"), 1500);
}

async function unfold(link) {
  try {
    const page = await fetchPage(link.href), text = $("#whole", page);
    $(".text", link.closest(".message")).textContent = text.textContent;
    link.remove();
  } catch { location.assign(link.href); }
}

let replaying = false;
async function replay(form) {
  const bar = $("progress", form), total = Number(form.dataset.count);
  const order = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ cause: form.dataset.replay, limit: 25 }) };
  replaying = $("button", form).disabled = true;
  bar.hidden = false;
  try {
    for (let done = 0, went = 1; done < total && went;) {
      const answer = await fetch("/api/v1/dead-letters/replay", order);
      if (!answer.ok) throw new Error(`${answer.status}`);
      went = (await answer.json()).replayed.length;
      bar.value = done += went;
      say(`${done} of ${total} replayed`);
    }
    location.reload();
  } catch { form.submit(); } // the page that answers says what is wrong
}

addEventListener("click", (event) => {
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const button = event.target.closest("[data-copy]"), link = event.target.closest("a");
  if (button) copy(button);
  else if (link?.matches(".row, .talk-head .back")) { event.preventDefault(); open(link.href); }
  else if (link?.id === "older") { event.preventDefault(); more(); }
  else if (link?.matches(".more")) { event.preventDefault(); unfold(link); }
  else if (link?.matches("[data-unfold]")) { event.preventDefault(); unfoldAll(link); }
});
addEventListener("submit", (event) => { if (event.target.dataset.replay !== undefined) { event.preventDefault(); replay(event.target); } });
addEventListener("change", (event) => { if (event.target.matches(".filters select")) event.target.form.requestSubmit(); });
addEventListener("popstate", () => { if (location.pathname + location.search !== here) open(location.href, { push: false }); });

remember();
$(".row[aria-current]")?.scrollIntoView({ block: "nearest" });
if (document.body.dataset.events) listen();
setInterval(() => { if (!document.hidden && !replaying) patch(); }, 1000 * Number($("[data-refresh]")?.dataset.refresh ?? 30));
