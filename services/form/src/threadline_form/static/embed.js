// Puts the form into another page, where this script stands, in a frame that grows with it:
// <script src="https://help.example.com/form/contact/embed.js" data-lang="de" data-scheme="light" async></script>
(() => {
  const script = document.currentScript;
  const page = new URL(script.src);
  page.pathname = page.pathname.replace(/\/embed\.js$/, "");
  page.search = "";
  page.searchParams.set("embed", "1");
  page.searchParams.set("lang", script.dataset.lang || document.documentElement.lang.slice(0, 2));
  const scheme = script.dataset.scheme || getComputedStyle(document.documentElement).colorScheme;
  if (scheme === "dark" || scheme === "light" || scheme === "normal") {
    page.searchParams.set("scheme", scheme === "dark" ? "dark" : "light");
  }
  const frame = document.createElement("iframe");
  frame.src = page.href;
  frame.title = script.dataset.title || "Contact form";
  frame.style.cssText = "display:block;width:100%;height:720px;border:0";
  script.after(frame);
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== page.origin) return;
    if (event.data && event.data.threadlineForm) frame.style.height = `${Math.ceil(event.data.height)}px`;
  });
})();
