// Plays one scene with the links of messages in a real browser: the test names it, and gives what it needs as JSON. A scene
// that fails ends with what was wrong.
"use strict";

const { chromium, request } = require("playwright-core");
const { mkdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const given = JSON.parse(process.argv[2]);
const PATIENCE = 60_000;
const TIMES = 10;
const DESK = { width: 1400, height: 900 };
const PHONE = { width: 390, height: 844 };
// What the policy of a page has blocked, what its scripts have failed with, and what is no page for people.
const wrong = [];

async function open(browser, options) {
  const context = await browser.newContext({ locale: "en-GB", viewport: DESK, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) wrong.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error}`));
  return page;
}

const scenes = {
  // What programs do that look at mails: HEAD, GET, and a whole browser that runs scripts, scrolls, and waits.
  async scan(browser) {
    const client = await request.newContext({ baseURL: given.base });
    for (const { path } of given.pages) {
      for (let n = 0; n < TIMES; n += 1) {
        for (const method of ["HEAD", "GET"]) {
          const answer = await client.fetch(path, { method });
          if (answer.status() !== 200) wrong.push(`${method} ${path}: ${answer.status()}`);
        }
      }
      for (let n = 0; n < TIMES; n += 1) {
        const page = await open(browser, { javaScriptEnabled: true });
        await page.goto(given.base + path, { waitUntil: "networkidle" });
        await page.mouse.wheel(0, 2000);
        await page.hover("form button");
        await page.reload({ waitUntil: "networkidle" });
        await page.context().close();
      }
    }
    await client.dispose();
  },

  // What the pages look like, and whether everybody can use them.
  async pages(browser) {
    mkdirSync(given.folder, { recursive: true });
    for (const viewport of [DESK, PHONE]) {
      for (const theme of ["light", "dark"]) {
        const page = await open(browser, { viewport, colorScheme: theme });
        // The policy of a page would block it as a script of the page.
        const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
        await page.context().addInitScript({ content: axe });
        for (const { name, path } of given.pages) await inspect(page, name, path, viewport, theme);
        await page.context().close();
      }
    }
  },

  // Somebody presses the first button of each page, once.
  async decide(browser) {
    for (const { path } of given.pages) {
      const page = await open(browser);
      await page.goto(given.base + path, { waitUntil: "load" });
      const answer = page.waitForResponse((response) => response.request().method() === "POST");
      await page.locator("form button").first().click();
      const status = (await answer).status();
      if (status !== 200 && status !== 202) wrong.push(`POST ${path}: ${status}`);
      await page.context().close();
    }
  },
};

async function inspect(page, name, path, viewport, theme) {
  const answer = await page.goto(given.base + path, { waitUntil: "load" });
  if (answer.status() !== 200) wrong.push(`${name}: ${answer.status()}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.screenshot({ path: join(given.folder, `${name}-${theme}-${viewport.width}.png`), fullPage: true });
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  if (isWide) wrong.push(`${name} at ${viewport.width}: wider than the screen`);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { iframes: false });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.html) }));
  });
  for (const { id, impact, where } of found) {
    if (impact !== "serious" && impact !== "critical") continue;
    wrong.push(`${name} ${theme} ${viewport.width}: ${impact} ${id}: ${where.slice(0, 3).join(" ")}`);
  }
}

(async () => {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];
  const browser = await chromium.launch({ executablePath: given.browser, args });
  try {
    await scenes[given.scene](browser);
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
