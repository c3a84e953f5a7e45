// The reference, copied with one press where the browser can.
const button = document.querySelector(".copy");

if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("reference").textContent);
    button.querySelector("span").textContent = button.dataset.done;
  });
}
if (parent !== window) {
  parent.postMessage({ threadlineForm: "thanks", height: document.documentElement.offsetHeight }, "*");
}
