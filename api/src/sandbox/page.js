// Shows captured messages, newest first, and asks for more every two seconds. Words are set as text, never as
// markup; a mail's HTML goes into a frame that may not run scripts.
"use strict";

const shown = [];
const kept = 200;
let last = null;
let token = "";
let chosen = "all";

const byId = (id) => document.getElementById(id);

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

function mail(capture) {
  const card = element("div", "mail");
  card.append(element("h2", "", capture.subject || "(no subject)"));
  if (!capture.html) {
    card.append(element("pre", "", capture.text));
    return card;
  }
  const frame = element("iframe");
  frame.setAttribute("sandbox", "");
  frame.title = "The mail as HTML";
  frame.srcdoc = capture.html;
  const plain = element("details");
  plain.append(element("summary", "", "Plain text"), element("pre", "", capture.text));
  card.append(frame, plain);
  return card;
}

function bubble(capture) {
  const card = element("div", "phone");
  card.append(element("div", "bubble words", capture.text));
  if (capture.segments) {
    const many = capture.segments === 1 ? "1 segment" : capture.segments + " segments";
    card.append(element("div", "id", many + ", " + capture.encoding));
  }
  return card;
}

function toast(capture) {
  const card = element("div", "toast");
  const words = element("div");
  words.append(element("h2", "", capture.subject || "Notification"), element("div", "words", capture.text));
  card.append(words);
  return card;
}

// A webhook to an endpoint has what is said of the endpoint before its URL.
function request(capture) {
  const card = element("div", "request");
  const url = capture.destination.replace(/^endpoint:(?:[^:]*:){4}/, "");
  card.append(element("h2", "", "POST " + url), element("pre", "", capture.text));
  return card;
}

function plain(capture) {
  const card = element("div", "plain");
  if (capture.subject) card.append(element("h2", "", capture.subject));
  card.append(element("div", "words", capture.text));
  return card;
}

const looks = {
  email: mail, sms: bubble, whatsapp: bubble, telegram: bubble, slack: bubble, push: toast, webpush: toast, webhook: request,
};

// The subscription of a browser is JSON; the host of its push service and the end of its address tell it from others.
function reached(destination) {
  try {
    const endpoint = JSON.parse(destination).endpoint;
    return new URL(endpoint).host + "/…" + endpoint.slice(-8);
  } catch {
    return destination;
  }
}

function card(capture) {
  const article = element("article");
  article.dataset.channel = capture.channel;
  const meta = element("div", "meta");
  const at = element("time", "", new Date(capture.at).toLocaleTimeString());
  at.dateTime = capture.at;
  const to = element("span", "to", reached(capture.destination));
  to.title = capture.destination;
  meta.append(element("strong", "", capture.channel), to, at);
  article.append(meta, (looks[capture.channel] || plain)(capture), element("div", "id", capture.delivery));
  return article;
}

function draw() {
  const channels = ["all", ...new Set(shown.map((capture) => capture.channel))];
  const buttons = channels.map((channel) => {
    const button = element("button", "", channel);
    button.setAttribute("aria-pressed", String(channel === chosen));
    button.onclick = () => { chosen = channel; draw(); };
    return button;
  });
  byId("filters").replaceChildren(...(channels.length > 2 ? buttons : []));
  const visible = shown.filter((capture) => chosen === "all" || capture.channel === chosen);
  byId("captures").replaceChildren(...visible.map(card));
}

// The messages of one answer; null when it is a refusal.
async function page(query) {
  const headers = token ? { Authorization: "Bearer " + token } : {};
  const response = await fetch("/sandbox/captures?limit=" + kept + query, { headers });
  const answer = await response.json();
  byId("login").hidden = response.ok || (response.status !== 401 && response.status !== 403);
  if (!response.ok) byId("status").textContent = answer.detail;
  return response.ok ? answer : null;
}

// The newest messages, or those since the last look. One answer holds so many bytes only, so there may be several.
async function ask() {
  const older = last === null;
  let query = older ? "" : "&after=" + last;
  for (;;) {
    const answer = await page(query);
    if (answer === null) return;
    for (const capture of answer.captures) last = Math.max(last ?? 0, capture.id);
    if (older) shown.push(...answer.captures.reverse());
    else shown.unshift(...answer.captures.reverse());
    shown.splice(kept);
    if (answer.captures.length) draw();
    if (answer.next === undefined || (older && shown.length >= kept)) break;
    query = (older ? "&before=" : "&after=") + answer.next;
  }
  const count = shown.length === 1 ? "1 message" : shown.length + " messages";
  byId("status").textContent = shown.length ? count : "Nothing captured yet. Send something and it appears here.";
}

async function watch() {
  try {
    await ask();
  } catch {
    byId("status").textContent = "The API does not answer; trying again.";
  }
  setTimeout(watch, 2000);
}

byId("login").onsubmit = (event) => {
  event.preventDefault();
  token = byId("token").value.trim();
  ask().catch(() => {});
};

watch();
