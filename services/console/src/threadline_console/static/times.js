// Keeps relative times fresh, and adds the clock of whoever reads to the exact ones in the tooltips.

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const here = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

function short(passed) {
  if (passed < MINUTE) return "now";
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min`;
  return passed < DAY ? `${Math.floor(passed / HOUR)} h` : `${Math.floor(passed / DAY)} d`;
}

function freshen() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime), passed = (Date.now() - moment) / 1000;
    if (!time.dataset.zoned) time.title = `${here.format(moment)}, here\n${time.title}`;
    time.dataset.zoned = "on";
    if (passed < -MINUTE || passed >= 7 * DAY) continue; // a date: the server wrote it
    const word = short(passed), sentence = word === "now" ? "just now" : `${word} ago`;
    const shown = "ago" in time.dataset ? sentence : word;
    if (time.textContent !== shown) time.textContent = shown;
  }
}

freshen();
setInterval(freshen, 30_000);
new MutationObserver(freshen).observe(document.body, { childList: true, subtree: true });
