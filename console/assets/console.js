// What pages can do beside what the server writes: keys, times that stay right, and a note when a stream is lost.
// Every page is whole without it. It evaluates no text, and builds no markup of texts.
"use strict";

(() => {
  const body = document.body;
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => Array.from(document.querySelectorAll(selector));

  // --- Times: as console/src/pieces/time.rs counts them.
  const forms = (name) => (body.dataset[name] || "").split("|");
  function relative(milliseconds) {
    const seconds = Math.floor(Math.abs(milliseconds) / 1000);
    if (seconds === 0) return body.dataset.now || "";
    const [inSeconds, inMinutes, inHours, inDays] = forms(milliseconds < 0 ? "ahead" : "ago");
    const told = (form, number) => (form || "#").replace("#", String(Math.floor(number)));
    if (seconds < 90) return told(inSeconds, seconds);
    if (seconds < 5400) return told(inMinutes, (seconds + 30) / 60);
    if (seconds < 129600) return told(inHours, (seconds + 1800) / 3600);
    return told(inDays, (seconds + 43200) / 86400);
  }
  function keepTimes() {
    if (document.hidden) return;
    const now = Date.now();
    for (const time of all("time[data-relative]")) {
      const at = Date.parse(time.dateTime);
      if (Number.isNaN(at)) continue;
      const text = relative(now - at);
      if (time.textContent !== text) time.textContent = text;
    }
  }
  setInterval(keepTimes, 5000);

  // --- The form of the look comes back to where it was sent from.
  for (const here of all("input[data-here]")) here.value = location.pathname + location.search;

  // --- Streams. What was there stays there, with the time since when nothing has come. A server that hangs, or a network that
  // swallows everything, closes no stream: nothing comes any more, not even what says every 15 s that the server is there.
  const SILENCE = 40000;
  let lastEvent = new Date();
  const pad = (number) => String(number).padStart(2, "0");
  function stale(isStale) {
    const note = one("#stale");
    if (!note) return;
    if (isStale && note.hidden) {
      const since = `${pad(lastEvent.getUTCHours())}:${pad(lastEvent.getUTCMinutes())}:${pad(lastEvent.getUTCSeconds())}`;
      note.textContent = `${note.dataset.words} ${since} UTC`;
    }
    note.hidden = !isStale;
  }
  let saidAt = 0;
  function say() {
    const live = one("[data-said]");
    const status = one("#status");
    if (!live || !status || live.dataset.said === status.textContent) return;
    if (Date.now() - saidAt < 10000) return;
    if (saidAt > 0) status.textContent = live.dataset.said;
    saidAt = Date.now();
  }
  document.addEventListener("htmx:sse:after:message", () => {
    lastEvent = new Date();
    stale(false);
    keepTimes();
    say();
  });
  document.addEventListener("htmx:sse:after:connection", () => {
    lastEvent = new Date();
    stale(false);
  });
  setInterval(() => {
    if (one("#stream") && !document.hidden && Date.now() - lastEvent.getTime() > SILENCE) stale(true);
  }, 5000);
  document.addEventListener("htmx:sse:error", (event) => {
    // The session has ended: the server leads to where one logs in.
    if (event.detail && event.detail.status === 401) location.reload();
    else stale(true);
  });
  document.addEventListener("htmx:sse:close", (event) => {
    if (event.detail && event.detail.reason === "ended") stale(true);
  });
  window.addEventListener("offline", () => stale(true));

  // A page that the browser kept may show what a session saw that has ended meanwhile.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // --- Try it: a browser that has subscribed to Web Push is the destination of the form.
  document.addEventListener("chasqui-subscription", (event) => {
    const [channel, destination] = [one("#try-channel"), one("#try-destination")];
    if (!channel || !destination) return;
    channel.value = "webpush";
    destination.value = JSON.stringify(event.detail);
  });

  // --- Keys. None of them changes anything: they move, choose and open.
  const rows = () => all("tr[data-row]");
  function current() {
    return rows().findIndex((row) => row.hasAttribute("data-current"));
  }
  function move(by) {
    const found = rows();
    if (found.length === 0) return;
    const from = current();
    const to = from < 0 ? (by > 0 ? 0 : found.length - 1) : Math.min(found.length - 1, Math.max(0, from + by));
    if (from >= 0) found[from].removeAttribute("data-current");
    found[to].setAttribute("data-current", "");
    found[to].scrollIntoView({ block: "nearest" });
    const link = found[to].querySelector("a[href], input");
    if (link) link.focus({ preventScroll: true });
  }
  function choose() {
    const box = rows()[current()]?.querySelector("input[data-choose]");
    if (box) box.click();
  }
  function open() {
    const link = rows()[current()]?.querySelector("a[href]");
    if (link) link.click();
  }
  function help() {
    const keys = one("#keys");
    if (!keys) return;
    keys.open = !keys.open;
    if (keys.open) keys.querySelector("summary").focus();
  }
  function follow(selector) {
    const link = one(selector);
    if (link) link.click();
  }

  let awaited = "";
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (field && field.type !== "checkbox") {
      if (event.key === "Escape") field.blur();
      return;
    }
    if (awaited === "g") {
      awaited = "";
      if (/^[a-z]$/.test(event.key)) follow(`nav a[data-key="${event.key}"]`);
      return;
    }
    switch (event.key) {
      case "/": {
        const search = one("[data-search]") || one("form.filter input");
        if (!search) return;
        search.focus();
        search.select();
        break;
      }
      case "?": help(); break;
      case "g":
        awaited = "g";
        setTimeout(() => { awaited = ""; }, 1500);
        break;
      case "j": move(1); break;
      case "k": move(-1); break;
      case "x": choose(); break;
      case "r": follow("[data-plan]"); break;
      case "Enter":
        if (event.target.closest?.("a, button, summary, chasqui-bell")) return;
        open();
        break;
      default: return;
    }
    event.preventDefault();
  });
})();
