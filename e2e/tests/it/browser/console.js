// Plays one scene in the console with a real browser: the test names it, and gives what it needs as JSON. What a scene
// found out is printed as JSON; a scene that fails ends with what it waited for.
"use strict";

const { chromium, request } = require("playwright-core");
const { mkdirSync, readFileSync, rmSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const { join } = require("node:path");

const given = JSON.parse(process.argv[2]);
const PATIENCE = 60_000;
const DESK = { width: 1400, height: 900 };
const TABLET = { width: 800, height: 1000 };
// The narrowest that is sold.
const NARROW = { width: 768, height: 1024 };
const PHONE = { width: 390, height: 844 };
// What the policy of a page has blocked, and what its scripts have failed with.
const wrong = [];

async function until(what, look) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

function watch(page) {
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) wrong.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error}`));
}

async function open(browser, options) {
  const context = await browser.newContext({ locale: "en-GB", viewport: DESK, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  watch(page);
  return page;
}

const heading = (page, name) => page.getByRole("heading", { name, level: 1 });
const button = (page, name) => page.getByRole("button", { name });

async function logIn(page, base = given.base) {
  await page.goto(`${base}/console`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(given.name);
  await page.getByLabel("Password", { exact: true }).fill(given.password);
  await button(page, "Log in").click();
  await heading(page, "Overview").waitFor();
}

async function go(page, name) {
  await page.getByRole("navigation", { name: "Pages", exact: true }).getByRole("link", { name, exact: true }).click();
  await heading(page, name).waitFor();
}

// What a program asks of the API. It logs in once.
let token;
async function ask(method, path, data, expected = 200) {
  const api = await request.newContext({ baseURL: given.base });
  if (!token) {
    const login = await api.post("/login", { data: { username: given.name, password: given.password } });
    token = (await login.json()).access_token;
  }
  const answer = await api.fetch(path, { method, headers: { authorization: `Bearer ${token}` }, data });
  const text = await answer.text();
  if (answer.status() !== expected) throw new Error(`${method} ${path}: ${answer.status()} ${text}`);
  await api.dispose();
  return JSON.parse(text);
}

async function publish(id, destination) {
  await ask("POST", "/notify", { channel: "sms", destination, message: "Hola", id }, 202);
}

// Nothing is sent by this template, so that nothing but the console shows that it is paused.
const pause = (name = "of-nobody") =>
  ask("POST", "/pauses", { kind: "template", name, why: "its words are looked at" });

// A way to the fleet that can be made to let nothing back, as a server that hangs does: no connection ends by it.
async function startWay() {
  const { hostname, port } = new URL(given.base);
  const pairs = new Set();
  let isSilent = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = [far, near];
    pairs.add(pair);
    for (const one of pair) {
      one.on("error", () => {});
      one.on("close", () => {
        pairs.delete(pair);
        pair.forEach((end) => end.destroy());
      });
    }
    near.pipe(far);
    if (!isSilent) far.pipe(near);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  // A scene that fails ends nevertheless.
  server.unref();
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    swallow() {
      isSilent = true;
      pairs.forEach(([far, near]) => far.unpipe(near));
    },
    pass() {
      isSilent = false;
      pairs.forEach(([far, near]) => far.pipe(near));
    },
    end() {
      server.close();
      pairs.forEach((pair) => pair.forEach((end) => end.destroy()));
    },
  };
}

// The group of letters that the test has let die.
const group = (page) => page.getByRole("link", { name: new RegExp(`sms.*${given.code}`) });

// Has a scheduler read the queue. Without scripts the page is asked for again by hand.
async function readQueue(page, hasScripts) {
  await go(page, "Dead letters");
  await button(page, "Read now").click();
  await until("the group of dead letters", async () => {
    if ((await group(page).count()) > 0) return true;
    if (!hasScripts) await page.reload();
    return false;
  });
}

async function planReplay(page, canary) {
  await group(page).first().click();
  await page.getByRole("link", { name: "Replay", exact: true }).first().click();
  await page.getByRole("textbox", { name: /^Why/ }).fill("the number was mended");
  await page.getByLabel(/^Wait after this many/).fill(String(canary));
  await button(page, "Show the plan").click();
  await button(page, /^Start/).waitFor();
  await page.getByText(new RegExp(`\\b${given.letters} letters`)).first().waitFor();
}

async function openTimeline(page, id) {
  await go(page, "Deliveries");
  await page.getByRole("link", { name: id }).first().click();
  await page.getByRole("heading", { name: /^Why it is/ }).waitFor();
  await page.getByRole("main").getByRole("listitem").first().waitFor();
}

const scenes = {
  // A delivery arrives while somebody looks, and its timeline is opened.
  async live(browser) {
    const page = await open(browser);
    await logIn(page);
    await page.evaluate(() => {
      window.isTheSamePage = true;
    });
    await publish(given.id, given.destination);
    const row = page.getByRole("region", { name: "Channels" }).getByRole("row").filter({ hasText: "sms" });
    await until("the delivery on the overview", async () => {
      if ((await row.count()) === 0) return false;
      // Channel, accepted, sent.
      const sent = await row.first().getByRole("cell").nth(2).textContent();
      return sent.trim() === "1";
    });
    if (!(await page.evaluate(() => window.isTheSamePage))) throw new Error("the overview was loaded again");
    await openTimeline(page, given.id);
  },

  // A notification arrives in the browser of whoever has Try it open, and is read there.
  async bell(browser) {
    const page = await open(browser);
    await logIn(page);
    await page.goto(`${given.base}/console/try-it`);
    const bell = (unread) => button(page, `Notifications, ${unread} unread`);
    await bell("none").waitFor();
    await page.getByText(`user:${given.name}`, { exact: true }).waitFor();
    // Later ones find the stream open, and an inbox that there is.
    for (const unread of [1, 2]) {
      const begun = Date.now();
      const inapp = { channel: "inapp", destination: `user:${given.name}`, message: `Hola ${unread}` };
      await ask("POST", "/notify", inapp, 202);
      await bell(unread).waitFor();
      if (unread > 1 && Date.now() - begun > 5_000) throw new Error("it was asked for, and not told");
    }
    await page.getByRole("status").filter({ hasText: "New: Hola 2" }).waitFor();
    await bell(2).click();
    await button(page, "Mark all as read").click();
    await bell("none").waitFor();
  },

  // A pause comes and goes on the overview, at the edge of the window: nothing that is read moves, and what gets the focus is
  // not behind it.
  async paused(browser) {
    for (const viewport of [DESK, TABLET, PHONE]) {
      const page = await open(browser, { viewport });
      await logIn(page);
      // The heading is there before the page has its look.
      await page.waitForLoadState("load");
      const strip = page.getByRole("region", { name: "Paused", exact: true });
      const places = () => page.evaluate(() => {
        const read = ["h1", "#live h2", "#live h2 + *"];
        return JSON.stringify(read.map((selector) => document.querySelector(selector).getBoundingClientRect().top));
      });
      const before = await places();
      const { id } = await pause();
      await strip.waitFor();
      const during = await places();
      if (during !== before) throw new Error(`at ${viewport.width} a pause moves what is read: ${before} to ${during}`);
      await until("the end of the page's keys", async () => {
        await page.keyboard.press("Tab");
        const found = await page.evaluate(() => {
          const [focused, over] = [document.activeElement, document.querySelector(".over")];
          const [at, edge] = [focused.getBoundingClientRect(), over.getBoundingClientRect()];
          // A table that is scrolled has the focus too, and may be higher than the window.
          const isControl = focused.matches("a, button, input, select, summary") && !over.contains(focused);
          const isBehind = isControl && at.bottom > edge.top;
          return { isBehind, isLast: focused.matches("footer > details > summary"), html: focused.outerHTML.slice(0, 200) };
        });
        if (found.isBehind) throw new Error(`at ${viewport.width} the strip covers what has the focus: ${found.html}`);
        return found.isLast;
      });
      const { bottom, height } = await strip.evaluate((one) => one.parentElement.getBoundingClientRect());
      if (bottom !== viewport.height) throw new Error(`at ${viewport.width} the strip ends at ${bottom}`);
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
      const end = await page.evaluate(() => document.querySelector("footer").getBoundingClientRect().bottom);
      // Windows are scrolled by whole pixels.
      if (end >= viewport.height - height + 1) throw new Error(`at ${viewport.width} the strip covers the page's end`);
      const atEnd = await places();
      await ask("DELETE", `/pauses/${id}`);
      await strip.waitFor({ state: "detached" });
      if ((await places()) !== atEnd) throw new Error(`at ${viewport.width} the end of a pause moves what is read`);
      await page.context().close();
    }
  },

  // Where there is no room for all that is paused, how much that is stands before it, and a line that is cut in its middle
  // shows that more follows.
  async several(browser) {
    const made = [];
    for (const name of ["first", "second", "third"]) made.push(await pause(`of-nobody-${name}`));
    const page = await open(browser, { viewport: PHONE });
    await logIn(page);
    await page.goto(`${given.base}/console/deliveries`);
    const found = await page.locator(".over").evaluate((over) => {
      const edge = over.getBoundingClientRect().bottom;
      const texts = document.createTreeWalker(over, NodeFilter.SHOW_TEXT);
      const lines = [];
      while (texts.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        lines.push(...range.getClientRects());
      }
      const isCut = lines.some(({ top, bottom }) => top + 4 < edge && bottom - 4 > edge);
      return { first: over.firstElementChild.textContent, isCut, isMore: over.scrollHeight > over.clientHeight };
    });
    if (found.first !== "3 paused" || !found.isCut || !found.isMore) throw new Error(JSON.stringify(found));
    for (const { id } of made) await ask("DELETE", `/pauses/${id}`);
    await page.context().close();
  },

  // The server hangs: nothing comes any more, and no connection ends. The page has its own clock, which is put forward.
  async silence(browser) {
    const way = await startWay();
    const page = await open(browser);
    await page.clock.install();
    await logIn(page, way.base);
    const note = page.locator("#stale");
    await page.evaluate(() => {
      document.addEventListener("htmx:sse:after:message", ({ detail }) => {
        if (detail.message.event === "alive") window.isAlive = true;
      });
    });
    if (await note.isVisible()) throw new Error("a stream that has just begun is told stale");
    // It comes when there has been nothing else for 15 s: without it the page would be stale by 30 more.
    await until("what says that the server is there", () => page.evaluate(() => window.isAlive));
    await page.clock.fastForward(30_000);
    if (await note.isVisible()) throw new Error("what says that the server is there does not count");
    way.swallow();
    await page.clock.fastForward(15_000);
    await note.waitFor();
    const told = await note.textContent();
    const [, hours, minutes, seconds] = /^Stale since (\d\d):(\d\d):(\d\d) UTC$/.exec(told) || [];
    const now = Math.floor((await page.evaluate(() => Date.now())) / 1000);
    const since = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    // Both are of the day, which may end meanwhile.
    const ago = (((now - since) % 86_400) + 86_400) % 86_400;
    if (!(ago >= 40 && ago < 100)) throw new Error(`${told} is told ${ago} s later`);
    way.pass();
    const { id } = await pause();
    await note.waitFor({ state: "hidden" });
    await ask("DELETE", `/pauses/${id}`);
    await page.context().close();
    way.end();
  },

  // Reading and planning without scripts.
  async plain(browser) {
    const page = await open(browser, { javaScriptEnabled: false });
    await logIn(page);
    await openTimeline(page, given.id);
    await readQueue(page, false);
    await planReplay(page, 0);
  },

  async plan(browser) {
    const page = await open(browser);
    await logIn(page);
    await readQueue(page, true);
    await planReplay(page, 1);
    return { plan: page.url() };
  },

  // Starts the plan; the first letter is waited for, then the others follow.
  async replay(browser) {
    const page = await open(browser);
    await logIn(page);
    await page.goto(given.plan);
    await button(page, /^Start/).click();
    await page.waitForURL(/\/jobs\//);
    const main = page.getByRole("main");
    // Where the button stands that somebody is about to press, from its first sight to its last.
    const tops = new Set();
    await until("the end of the job", async () => {
      const top = await page.evaluate(() => {
        const cancel = document.getElementById("job-cancel");
        return cancel && Math.round(cancel.getBoundingClientRect().top + window.scrollY);
      });
      if (top !== null) tops.add(top);
      const text = await main.textContent();
      return /\bdone\b/.test(text) && text.includes(`${given.letters} of ${given.letters}`);
    });
    if (tops.size > 1) throw new Error(`the button that cancels stands at ${[...tops]}`);
    const replayed = page.getByRole("row").filter({ hasText: given.code }).filter({ hasText: "replayed" });
    await until("the group is replayed", async () => {
      await go(page, "Dead letters");
      return (await replayed.count()) > 0;
    });
  },

  // The queue is read once more, a while after the replay.
  async resolved(browser) {
    const page = await open(browser);
    await logIn(page);
    await go(page, "Dead letters");
    await button(page, "Read now").click();
    await until("the group is resolved", async () => {
      await page.goto(`${given.base}/console/dead-letters?life=resolved`);
      return (await page.getByRole("row").filter({ hasText: given.code }).filter({ hasText: "resolved" }).count()) > 0;
    });
  },

  // Every page: what it looks like, whether everybody can use it, and whether its policy holds.
  async pages(browser) {
    const first = await open(browser);
    await logIn(first);
    // Most of them are folded, which hides them from roles.
    const navigation = first.getByRole("navigation", { name: "Pages", exact: true });
    const links = navigation.locator("details a");
    const sections = await links.evaluateAll((found) => found.map((link) => link.getAttribute("href")));
    const lines = await navigation.evaluate((nav) => nav.offsetHeight / nav.firstElementChild.offsetHeight);
    if (lines > 1.5) wrong.push(`the navigation takes several lines at ${DESK.width}`);
    await navigation.locator("summary").focus();
    await first.keyboard.press("Enter");
    await navigation.getByRole("link", { name: "Templates", exact: true }).waitFor();
    const storageState = await first.context().storageState();
    await first.context().close();
    rmSync(given.folder, { recursive: true, force: true });
    mkdirSync(given.folder, { recursive: true });
    const looks = [DESK, PHONE].flatMap((viewport) => ["light", "dark"].map((theme) => ({ viewport, theme })));
    for (const look of looks) {
      await inspectAll(browser, look, { storageState }, [...sections, ...given.more]);
      await inspectAll(browser, look, {}, ["/console/login"]);
    }
    await inspectTables(browser, { storageState });
    return { pages: sections.length + given.more.length + 1 };
  },

  // Who has logged out sees nothing of what was there, whichever way they go.
  async out(browser) {
    const page = await open(browser);
    await logIn(page);
    await go(page, "Deliveries");
    await button(page, "Log out").click();
    await button(page, "Log in").waitFor();
    for (const step of ["goBack", "goBack", "goForward", "goForward"]) {
      await page[step]({ waitUntil: "commit" });
      await button(page, "Log in").waitFor();
      if ((await button(page, "Log out").count()) > 0) throw new Error(`${step} shows a page of the session`);
    }
  },
};

async function inspectAll(browser, look, options, paths) {
  const page = await open(browser, { viewport: look.viewport, colorScheme: look.theme, ...options });
  // The policy of a page would block it as a script of the page.
  await page.context().addInitScript({ content: readFileSync(require.resolve("axe-core/axe.min.js"), "utf8") });
  const bars = new Set();
  for (const path of paths) {
    await inspect(page, path, look);
    bars.add(await page.evaluate(placesInBar));
  }
  if (bars.size > 1) wrong.push(`the navigation moves from page to page: ${[...bars].join(" ")}`);
  await page.context().close();
}

const placesInBar = () => {
  const links = [...document.querySelectorAll("nav.sections > a")];
  return JSON.stringify(links.map((link) => Math.round(link.getBoundingClientRect().left)));
};

// No figure of the tables that are looked at every day is out of sight on a tablet, in whichever language.
async function inspectTables(browser, options) {
  for (const lang of ["en", "es"]) {
    const page = await open(browser, { viewport: NARROW, ...options });
    await page.context().addCookies([{ name: "chasqui_lang", value: lang, url: given.base }]);
    for (const path of ["/console", "/console/deliveries"]) {
      await page.goto(given.base + path, { waitUntil: "load" });
      if ((await page.locator("html").getAttribute("lang")) !== lang) wrong.push(`${path} is not in ${lang}`);
      const cut = await page.locator(".scrolled").evaluateAll((tables) => {
        const isCut = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth;
        return tables.filter(isCut).map((table) => table.getAttribute("aria-label"));
      });
      if (cut.length > 0) wrong.push(`${path} in ${lang} at ${NARROW.width}: cut: ${cut}`);
    }
    await page.context().close();
  }
}

async function inspect(page, path, { viewport, theme }) {
  const answer = await page.goto(given.base + path, { waitUntil: "load" });
  if (answer.status() !== 200) wrong.push(`${path}: ${answer.status()}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  const place = path.replace(/^\/console\/?/, "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "one");
  const name = place.replace(/[^A-Za-z0-9]+/g, "-") || "overview";
  await page.screenshot({ path: join(given.folder, `${name}-${theme}-${viewport.width}.png`), fullPage: true });
  // Nothing of the pages that are folded is left unseen.
  await page.evaluate(() => {
    for (const more of document.querySelectorAll("nav details")) more.open = true;
  });
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  if (isWide) wrong.push(`${path} at ${viewport.width}: wider than the screen`);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { iframes: false });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.html) }));
  });
  for (const { id, impact, where } of found) {
    if (impact !== "serious" && impact !== "critical") continue;
    wrong.push(`${path} ${theme} ${viewport.width}: ${impact} ${id}: ${where.slice(0, 3).join(" ")}`);
  }
}

(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];
  const browser = await chromium.launch({ executablePath: given.browser, args });
  try {
    const found = (await scenes[given.scene](browser)) || {};
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
    console.log(JSON.stringify(found));
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
