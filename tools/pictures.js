// Makes the pictures of docs/pictures anew: a fleet of its own spends an ordinary day, and a browser looks at its console
// and at RabbitMQ's management UI.
//
//   NODE_PATH=var/tools/node/node_modules node tools/pictures.js target/debug/chasqui [FOLDER]
"use strict";

const { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { delimiter, join, resolve } = require("node:path");

const { chromium } = require("playwright-core");

const day = require("./pictures_day.js");
const { Fleet, NAME, PASSWORD, until } = require("./pictures_fleet.js");
const { withPalette } = require("./palette_png.js");

const DESK = { width: 1400, height: 900 };
const PHONE = { width: 390, height: 844 };
const MAX_BYTES = 120_000;
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];
const DLQ = "notifications.queue.dlq";

function browserPath() {
  const places = process.env.PATH.split(delimiter).flatMap((folder) => BROWSERS.map((name) => join(folder, name)));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error("no Chromium is installed: tools/setup --test does so as root on Debian");
  return found;
}

class Camera {
  constructor(browser, fleet, folder) {
    Object.assign(this, { browser, fleet, folder });
  }

  // A page of somebody who has logged in.
  async open(options = {}) {
    // A phone leaves no room beside a page for a bar to scroll with, which no picture shows.
    const look = { locale: "en-GB", viewport: DESK, colorScheme: "light", isMobile: true, ...options };
    const context = await this.browser.newContext(look);
    const page = await context.newPage();
    await page.goto(`${this.fleet.base}/console`);
    await page.locator("input[name=name]").fill(NAME);
    await page.locator("input[type=password]").fill(PASSWORD);
    await page.locator("main button[type=submit]").click();
    await page.locator("#live").waitFor();
    return page;
  }

  async go(page, path) {
    await page.goto(this.fleet.base + path, { waitUntil: "load" });
    await page.getByRole("heading", { level: 1 }).waitFor();
  }

  // The page from its head on, or a part of it; no higher than is told.
  async take(page, name, { most = Infinity, of = undefined } = {}) {
    await page.evaluate(() => document.activeElement && document.activeElement.blur());
    await page.evaluate(() => window.scrollTo(0, 0));
    const window = page.viewportSize();
    // What stands at the lower edge of the window is at the end of the picture.
    if (!of) await page.setViewportSize({ ...window, height: Math.min((await size(page)).height, most) });
    const part = of ? await of.boundingBox() : { x: 0, y: 0, ...(await size(page)) };
    const clip = { ...part, height: Math.ceil(Math.min(part.height, most)) };
    const picture = withPalette(await page.screenshot({ fullPage: true, clip, animations: "disabled" }));
    await page.setViewportSize(window);
    if (picture.length > MAX_BYTES) throw new Error(`${name} has ${picture.length} bytes`);
    writeFileSync(join(this.folder, `${name}.png`), picture);
    console.log(`pictures: ${name}.png, ${clip.width} × ${clip.height}, ${picture.length} bytes`);
  }
}

const size = (page) =>
  page.evaluate(() => ({ width: window.innerWidth, height: Math.ceil(document.body.getBoundingClientRect().height) }));

async function ofTheBroker(camera) {
  const context = await camera.browser.newContext({ viewport: DESK, colorScheme: "light" });
  const page = await context.newPage();
  const { origin, username, password } = camera.fleet.management;
  await page.goto(origin);
  await page.locator("input[name=username]").fill(decodeURIComponent(username));
  await page.locator("input[name=password]").fill(decodeURIComponent(password));
  await page.locator("input[type=submit]").first().click();
  await page.locator("#logout").waitFor();
  await page.goto(`${origin}/#/queues`);
  const row = page.getByRole("link", { name: DLQ, exact: true });
  // Its figures come every five seconds.
  await until("the letters in the list of queues", async () => {
    if ((await row.count()) === 0) return false;
    return (await page.locator("tr").filter({ has: row }).first().textContent()).includes(String(day.DEAD));
  });
  await camera.take(page, "rabbitmq-queues", { most: 650 });
  await row.click();
  await page.getByRole("heading", { name: "Get messages" }).click();
  await page.getByRole("button", { name: /^Get Message/ }).click();
  const message = page.locator("#msg-wrapper");
  await message.getByText("notify-dead-reason").first().waitFor();
  // The letter slides open.
  await page.waitForFunction(() => !window.$("#msg-wrapper").is(":animated"));
  await camera.take(page, "rabbitmq-letter", { of: message.locator("xpath=ancestor::div[contains(@class, 'section')][1]") });
  await context.close();
}

async function ofTheOverview(camera) {
  const looks = [
    ["overview", {}], ["overview-dark", { colorScheme: "dark" }], ["overview-phone", { viewport: PHONE, locale: "es-ES" }],
  ];
  for (const [name, look] of looks) {
    const page = await camera.open(look);
    await page.waitForTimeout(3_000);
    await camera.take(page, name, { most: look.viewport === PHONE ? PHONE.height : Infinity });
    await page.context().close();
  }
}

async function ofDeadLetters(camera, page) {
  await camera.go(page, "/console/dead-letters");
  await page.getByRole("button", { name: "Read now" }).click();
  await page.locator("tbody tr").nth(3).waitFor();
  await camera.take(page, "dead-letters");
  await page.getByRole("row").filter({ hasText: "451" }).getByRole("link").first().click();
  await page.getByRole("link", { name: "Replay", exact: true }).first().click();
  await page.locator("input[name=why]").fill("the mail server is back");
  await page.locator("input[name=rate]").fill("1");
  await page.locator("input[name=canary]").fill("2");
  await page.locator("form#plan button[type=submit]").click();
  await page.getByRole("button", { name: /^Start/ }).waitFor();
  await camera.take(page, "plan");
  await camera.fleet.forget(camera.fleet.outage);
  await page.getByRole("button", { name: /^Start/ }).click();
  const half = Math.ceil(day.STATEMENTS / 2);
  const done = new RegExp(`\\b(${half}|${half + 1}|${half + 2}) of ${day.STATEMENTS}\\b`);
  await page.getByText(done).first().waitFor({ timeout: 120_000 });
  await camera.take(page, "job");
}

async function all(camera) {
  await day.live(camera.fleet);
  await ofTheBroker(camera);
  await day.present(camera.fleet);
  await ofTheOverview(camera);
  const page = await camera.open();
  await camera.go(page, `/console/deliveries/${day.RETRIED}`);
  await camera.take(page, "delivery");
  await ofDeadLetters(camera, page);
  await page.context().close();
  await ofTheSandbox(camera);
}

async function ofTheSandbox(camera) {
  await camera.fleet.intoTheSandbox();
  await day.captured(camera.fleet);
  const page = await camera.open();
  await camera.go(page, "/console/sandbox");
  const row = page.locator("tr", { has: page.locator(`a[title="${day.CAPTURED}"]`) });
  await row.getByRole("link").first().click();
  await page.frameLocator("iframe.preview").getByText("Monthly plan").first().waitFor();
  await camera.take(page, "sandbox");
}

async function main([binary, folder = join(__dirname, "../docs/pictures")]) {
  const place = mkdtempSync(join(tmpdir(), "chasqui-pictures-"));
  mkdirSync(folder, { recursive: true });
  const fleet = new Fleet(resolve(binary), place);
  let browser;
  try {
    await fleet.start();
    browser = await chromium.launch({ executablePath: browserPath(), args: FLAGS });
    await all(new Camera(browser, fleet, folder));
  } finally {
    if (browser) await browser.close();
    await fleet.stop();
    rmSync(place, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
