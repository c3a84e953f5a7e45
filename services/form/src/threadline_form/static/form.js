// The contact form with scripts: nothing here is needed to send it. Errors stay on the page, files show their progress,
// a second click does nothing, and what was typed stays until the server has said yes.
import { Draft } from "./draft.js";
import { Errors } from "./errors.js";
import { Files } from "./files.js";

const PROGRESS_FROM = 200_000; // bytes; less is sent before a bar could be read
const COUNT_FROM = 0.8; // of the limit: a counter is a warning, no decoration

const form = document.querySelector("form[data-form]");
const texts = JSON.parse(form.dataset.texts);
const button = form.querySelector("[type=submit]");
const bar = form.querySelector("progress");
const status = form.querySelector(".quiet");
const errors = new Errors(form, texts);
const files = new Files(form, texts);
const draft = new Draft(form);
let sending = false;

form.noValidate = true;
draft.restore();
count();
form.addEventListener("input", count);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!sending) send();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // the page was sent already; a new one has a new key
});
tellHeight();

function send() {
  const found = faults();
  if (Object.keys(found).length) return errors.show(found);
  errors.clear();
  draft.keep();
  busy(true);
  post().then(taken, (answer) => {
    busy(false, answer.retry);
    errors.show(answer.errors);
  });
}

function taken(answer) {
  draft.forget();
  location.assign(answer.thanks);
}

// The server is the judge; only what it would refuse after a long upload is said before.
function faults() {
  const found = {};
  for (const field of files.bytes < PROGRESS_FROM ? [] : form.querySelectorAll("[required]")) {
    if (!field.value.trim()) found[field.id] = texts[`required_${field.id}`];
  }
  const limits = { maxFiles: +form.dataset.maxFiles, maxFileBytes: +form.dataset.maxFileBytes, maxTotalBytes: +form.dataset.maxTotalBytes };
  const fault = files.fault(limits);
  if (fault) found.files = fault;
  return found;
}

// XMLHttpRequest, because fetch cannot tell how far an upload is.
function post() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", progress);
    request.addEventListener("load", () => {
      const answer = request.response;
      if (request.status === 202 && answer?.thanks) resolve(answer);
      else reject({ errors: answer?.errors ?? { form: texts.busy }, retry: !answer?.errors || "form" in answer.errors });
    });
    request.addEventListener("error", () => reject({ errors: { form: texts.unreachable }, retry: true }));
    request.send(new FormData(form));
  });
}

function busy(now, retry = false) {
  sending = now;
  button.setAttribute("aria-disabled", String(now));
  button.firstElementChild.textContent = now ? texts.sending : retry ? texts.again : texts.send;
  status.textContent = now ? texts.sending : "";
  bar.hidden = !now || files.bytes < PROGRESS_FROM;
  bar.value = 0;
}

function progress(event) {
  if (!sending || bar.hidden || !event.lengthComputable) return;
  bar.value = Math.floor((event.loaded / event.total) * 100);
  button.firstElementChild.textContent = texts.uploading.replace("{percent}", bar.value);
}

function count() {
  for (const field of form.querySelectorAll("[data-limit]")) {
    const limit = +field.dataset.limit;
    const length = [...field.value].length;
    const counter = field.parentElement.querySelector(".counter");
    counter.hidden = length < limit * COUNT_FROM;
    counter.textContent = counter.hidden ? "" : texts.count.replace("{count}", length).replace("{limit}", limit);
  }
}

// Inside another page, the frame grows with the form.
function tellHeight() {
  if (parent === window) return;
  const tell = () => parent.postMessage({ threadlineForm: form.dataset.form, height: document.documentElement.offsetHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
}
