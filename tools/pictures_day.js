// An ordinary day of a fleet, for `tools/pictures`: what is published, and what goes wrong. Everybody in it is made up.
"use strict";

const { execFileSync } = require("node:child_process");
const { join } = require("node:path");

const { until } = require("./pictures_fleet.js");

const PEOPLE = ["ana", "bruno", "carla", "diego", "elena", "farid", "greta", "hugo", "ines", "jonas", "karin", "luis"];
const PRODUCT = "Tambo";
// What a provider answers in its own words, as the pictures show it.
const WORDS = {
  busy: { code: 20503, message: "Service unavailable", status: 503 },
  landline: { code: 21614, message: "'To' number is not a valid mobile number", status: 400 },
  gone: {
    error: {
      code: 404, message: "Requested entity was not found.", status: "NOT_FOUND",
      details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "UNREGISTERED" }],
    },
  },
};
const busy = { provider: "twilio", status: 503, latency_ms: 120, body: JSON.stringify(WORDS.busy) };
const RETRIED = "order-4719-sms";
const STATEMENTS = 14;
const LANDLINES = 6;
const LOST_DEVICES = 3;
const WITHOUT_DATA = 2;
const KINDS = 4;
const AT_ONCE = 40;
const DEAD = STATEMENTS + LANDLINES + LOST_DEVICES + WITHOUT_DATA;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const person = (n) => PEOPLE[n % PEOPLE.length];
const name = (n) => person(n)[0].toUpperCase() + person(n).slice(1);
const mailbox = (n) => `${person(n)}@example.com`;
// The numbers that are kept for stories.
const phone = (n) => `+1202555${String(100 + (n % 100)).padStart(4, "0")}`;
const device = (n) => `device-token-of-${person(n)}-${String(n).padStart(10, "0")}`;
const list = (count, make) => Array.from({ length: count }, (_, n) => make(n));

const receipt = (n) => ({
  id: `order-${4700 + n}-receipt`, channel: "email", destination: mailbox(n), template: "receipt",
  locale: n % 3 === 0 ? "es" : "en", data: {
    name: name(n), product: PRODUCT, number: `A-${4700 + n}`, date: "2026-03-01", total: "USD 66.00",
    items: [
      { name: "Monthly plan", quantity: 1, price: "USD 30.00" }, { name: "Extra seats", quantity: 3, price: "USD 36.00" },
    ],
    receipt_url: `https://tambo.example/r/A-${4700 + n}`,
  },
});
const code = (n) => ({
  id: `login-${810 + n}`, channel: "sms", destination: phone(n), template: "otp", priority: "urgent",
  data: { code: `${481 + n} ${930 - n}`, product: PRODUCT, minutes: 10 },
});
const onItsWay = (n) => ({
  id: `order-${4700 + n}-push`, channel: "push", destination: device(n), subject: `Order ${4700 + n}`,
  message: "It is on its way.",
});
const table = (n) => ({
  id: `table-${n}`, channel: "whatsapp", destination: phone(20 + n), message: `Table ${n} is ready, ${name(n)}.`,
});
const news = (n) => ({
  id: `news-march-${n}`, channel: "email", destination: mailbox(n), subject: "What is new in March",
  message: "Three things that are new in Tambo.", priority: "low", list: "news",
});
const statement = (n) => ({
  id: `statement-${300 + n}`, channel: "email", destination: mailbox(n), subject: "Your statement for February",
  message: "Your statement is ready: https://tambo.example/statements",
});

// What each provider does of itself: it takes its time, and is busy now and then. The newest rule goes first.
async function weather(fleet) {
  for (const [provider, latency_ms] of [["smtp", 60], ["fcm", 40]]) await fleet.rule({ provider, latency_ms });
  // Not every phone is switched on: half of what is sent is reported to have arrived.
  await fleet.rule({ provider: "twilio", latency_ms: 130, reports: ["sent"] });
  await fleet.rule({ provider: "twilio", every: 2, latency_ms: 110 });
  await fleet.rule({ ...busy, text: "code", every: 11 });
  await fleet.rule({ provider: "smtp", text: "new in March", every: 19, status: 451, body: "4.3.2 try again in a moment" });
  await fleet.rule({ provider: "twilio", text: "Order 4719", latency_ms: 120 });
  await fleet.rule({ ...busy, text: "Order 4719", next: 2 });
}

// What fails for good. The mail server mends; nothing else does.
async function faults(fleet) {
  const storage = { provider: "smtp", text: "statement", status: 451, body: "4.3.0 mail store is unavailable" };
  fleet.outage = await fleet.rule(storage);
  const landline = { provider: "twilio", text: "pickup", status: 400, body: JSON.stringify(WORDS.landline) };
  await fleet.rule(landline);
  await fleet.rule({ provider: "fcm", text: "parcel", status: 404, body: JSON.stringify(WORDS.gone) });
}

async function what(fleet) {
  const notify = (list) => fleet.call("POST", "/notify", list);
  await notify([{ id: RETRIED, channel: "sms", destination: phone(19), message: "Order 4719 is on its way." }]);
  // The others stand between the statements, so that the mail server is not thought to fail altogether.
  const mails = list(STATEMENTS, (n) => [receipt(n), statement(n), receipt(STATEMENTS + n)]).flat();
  await notify([...mails, ...list(LANDLINES, (n) => ({
    id: `pickup-${n}`, channel: "sms", destination: phone(60 + n), message: "Your parcel waits: code 7315 at the pickup point.",
  }))]);
  await notify(list(LOST_DEVICES, (n) => ({
    id: `parcel-${n}`, channel: "push", destination: device(40 + n), subject: "Your parcel", message: "The parcel is here.",
  })));
  for (let n = 0; n < WITHOUT_DATA; n += 1) {
    const { total, ...data } = receipt(n).data;
    await fleet.publish(`invoice-${n}`, { channel: "email", destination: mailbox(n), template: "receipt", data });
  }
  const others = [
    ...list(150, code), ...list(100, onItsWay), ...list(60, table), ...list(200, news),
    ...list(90, (n) => receipt(100 + n)),
  ];
  // A few at a time, so that none waits for its turn.
  for (let n = 0; n < others.length; n += AT_ONCE) {
    await notify(others.slice(n, n + AT_ONCE));
    await pause(1_000);
  }
}

async function decisions(fleet) {
  const complaint = { channel: "email", destination: "mara@example.com", reason: "complaint", note: "wrote to us on Monday" };
  await fleet.call("POST", "/suppressions", complaint);
  await fleet.call("POST", "/notify", { ...news(0), id: "news-march-mara", destination: "mara@example.com" });
  await fleet.call("POST", "/schedules", {
    cron: "0 9 * * MON-FRI", timezone: "America/Lima", name: "morning report", max_lateness_seconds: 3600,
    notification: { channel: "email", destination: "team@example.com", subject: "Open orders", message: "See https://tambo.example/orders" },
  });
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  await fleet.call("POST", "/notify", { ...receipt(90), id: "renewal-90", send_at: tomorrow });
}

// Deliveries that ended well are told as those of the hour before, as if they had not come all at once.
function spread(fleet) {
  execFileSync("python3", [join(__dirname, "pictures_hour.py"), fleet.ledger], { stdio: "inherit" });
}

exports.live = async (fleet) => {
  await weather(fleet);
  await faults(fleet);
  await decisions(fleet);
  await what(fleet);
  await until(`${DEAD} dead letters`, async () => (await fleet.count("dead")) >= DEAD);
  await until("what is under way", async () => (await fleet.count("waiting")) + (await fleet.count("sending")) === 0);
  spread(fleet);
};

// What is under way while the pictures are made.
exports.present = async (fleet) => {
  await lookAfter(fleet);
  const whatsapp = { kind: "channel", name: "whatsapp", why: "the sender's number is moved" };
  await fleet.call("POST", "/pauses", { ...whatsapp, until: new Date(Date.now() + 2 * 3_600_000).toISOString() });
  // Workers heed it within three seconds.
  await pause(4_000);
  await fleet.rule({ ...busy, text: "code", next: 8 });
  const later = (make, from, count) => list(count, (n) => make(from + n));
  await fleet.call("POST", "/notify", [
    ...later(code, 150, 5), ...later(receipt, 200, 4), ...later(onItsWay, 100, 3), ...later(table, 60, 5),
    ...later(news, 200, 4),
  ]);
};

// Somebody has the queue read, and looks after one of the groups.
async function lookAfter(fleet) {
  await fleet.call("POST", "/dead-letters/read");
  const landlines = await until("the groups of dead letters", async () => {
    const { groups } = await fleet.call("GET", "/dead-letters/groups");
    return groups.length === KINDS && groups.find(({ channel }) => channel === "sms");
  });
  const note = new URLSearchParams({ note: "numbers are looked up again" });
  await fleet.call("POST", `/dead-letters/groups/${landlines.group}/acknowledge?${note}`);
}

exports.captured = async (fleet) => {
  await fleet.call("POST", "/notify", [
    { ...code(80), priority: "normal" }, onItsWay(80), { ...receipt(81), locale: "es" }, { ...receipt(82), locale: "en" },
  ]);
  await until("the captures", async () => (await fleet.count("captured")) >= 4);
};

Object.assign(exports, { RETRIED, STATEMENTS, DEAD, CAPTURED: "order-4782-receipt" });
