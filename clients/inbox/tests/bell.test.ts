// The bell in a real browser, on a page of a strict policy: CHASQUI_BROWSER names the browser's program. Without one these
// are skipped. CHASQUI_SCREENSHOTS names a folder for what it looks like.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

import { Fake, tokenOf } from "./fake";

const program = process.env["CHASQUI_BROWSER"];
const folder = process.env["CHASQUI_SCREENSHOTS"];
const skip = program === undefined ? "no browser is named" : false;
const DESK = { width: 1400, height: 900 };
const PHONE = { width: 390, height: 844 };
const PATIENCE = 30_000;

let browser: Browser;

before(async () => {
  if (program === undefined) return;
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"];
  browser = await chromium.launch({ executablePath: program, args });
});

after(() => browser?.close());

async function until(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!(await look())) {
    if (Date.now() > end) assert.fail(`never: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

interface Stage {
  readonly fake: Fake;
  readonly page: Page;
  /** Another tab of the same browser. */
  readonly open: () => Promise<Page>;
}

/** Plays a scene with an inbox of two items. No policy may be hurt in it, and no script may fail. */
async function played(options: BrowserContextOptions, scene: (stage: Stage) => Promise<void>, path = "/page") {
  const [fake, wrong] = [new Fake(), [] as string[]];
  fake.token = tokenOf("ana");
  fake.add("one");
  fake.add("two", { url: "/page?order=2", label: "See the order" });
  const base = await fake.start();
  const context = await browser.newContext({ locale: "en-GB", viewport: DESK, ...options });
  context.setDefaultTimeout(PATIENCE);
  const open = async () => {
    const page = await context.newPage();
    page.on("console", (message) => message.text().includes("Content Security Policy") && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    await page.goto(base + path);
    return page;
  };
  try {
    await scene({ fake, open, page: await open() });
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
    fake.stop();
  }
}

const bell = (page: Page, unread: number) =>
  page.getByRole("button", { name: unread ? `Notifications, ${unread} unread` : "Notifications, none unread" });
const rows = (page: Page) => page.getByRole("region", { name: "Notifications" }).getByRole("listitem");
/** What has the focus, also in the shadow of the bell. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const active = document.activeElement;
    const inner = active?.shadowRoot?.activeElement ?? active;
    return inner?.getAttribute("aria-label") ?? inner?.textContent ?? "";
  });

test("what arrives is counted, said and listed, and an open list counts as seen", { skip }, () =>
  played({}, async ({ fake, page }) => {
    await bell(page, 2).waitFor();
    await until("the stream", () => fake.streams.size === 1);
    fake.add("three");
    fake.say("inbox", fake.counters());
    await bell(page, 3).waitFor();
    await page.getByRole("status").filter({ hasText: "New: Title of three" }).waitFor();
    await bell(page, 3).click();
    assert.equal(await rows(page).count(), 3);
    await until("that all are seen", () => (fake.counters() as { unseen: number }).unseen === 0);
    assert.equal((fake.counters() as { unread: number }).unread, 3);
    await page.getByRole("link", { name: "See the order" }).click();
    await page.waitForURL("**/page?order=2");
    await bell(page, 2).waitFor();
  }));

test("everything can be done with the keyboard, and the focus is never lost", { skip }, () =>
  played({}, async ({ page }) => {
    await bell(page, 2).focus();
    await page.keyboard.press("Enter");
    assert.equal(await bell(page, 2).getAttribute("aria-expanded"), "true");
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Mark all as read");
    for (let n = 0; n < 2; n += 1) await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Mark as read: Title of two");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), "Mark as read: Title of one");
    await page.keyboard.press("Enter");
    await bell(page, 1).waitFor();
    assert.equal(await focused(page), "Mark as unread: Title of one");
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Archive: Title of one");
    await page.keyboard.press("Enter");
    await until("the row is gone", async () => (await rows(page).count()) === 1);
    assert.equal(await focused(page), "Mark as read: Title of two");
    await page.keyboard.press("Escape");
    assert.equal(await bell(page, 1).getAttribute("aria-expanded"), "false");
    assert.equal(await focused(page), "Notifications, 1 unread");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Elsewhere" }).focus();
    assert.equal(await bell(page, 1).getAttribute("aria-expanded"), "false", "who goes elsewhere leaves no open list");
  }));

test("all tabs share one connection, and the next has it when a tab is closed", { skip }, () =>
  played({}, async ({ fake, page, open }) => {
    await until("the stream", () => fake.streams.size === 1);
    const other = await open();
    await bell(other, 2).waitFor();
    fake.add("three");
    fake.say("inbox", fake.counters());
    await Promise.all([bell(page, 3).waitFor(), bell(other, 3).waitFor()]);
    assert.equal(fake.asked.filter((line) => line.includes("/realtime/")).length, 1);
    await bell(other, 3).click();
    await other.getByRole("button", { name: "Mark all as read" }).click();
    await Promise.all([bell(page, 0).waitFor(), bell(other, 0).waitFor()]);
    await page.close();
    await until("the stream of the other tab", () => fake.asked.filter((line) => line.includes("/realtime/")).length === 2);
    await until("the stream is there", () => fake.streams.size === 1);
    fake.add("four");
    fake.say("inbox", fake.counters());
    await bell(other, 1).waitFor();
  }));

test("whoever has logged out elsewhere is told so", { skip }, () =>
  played({}, async ({ fake, page }) => {
    await until("the stream", () => fake.streams.size === 1);
    [fake.hasLoggedOut, fake.token] = [true, "another"];
    for (const stream of fake.streams) stream.destroy();
    await bell(page, 2).click();
    await page.getByText("Log in again to see what is new.").waitFor();
  }));

test("it speaks the language of its page", { skip }, () =>
  played({}, async ({ page }) => {
    await page.getByRole("button", { name: "Notificaciones, 2 sin leer" }).click();
    await page.getByRole("button", { name: "Marcar todas como leídas" }).click();
    await page.getByRole("button", { name: "Notificaciones, ninguna sin leer" }).waitFor();
  }, "/page?lang=es-AR"));

// The key of RFC 8291 appendix A.
const WITH_PUSH = "/page?key=BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

test("whoever blocks notifications is told so, and nothing is subscribed", { skip }, () =>
  played({}, async ({ page }) => {
    await bell(page, 2).click();
    await page.getByRole("button", { name: "Notify me on this device too" }).click();
    await page.getByRole("status").filter({ hasText: "This browser blocks notifications of this site." }).waitFor();
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
  }, WITH_PUSH));

test("the service worker shows what is pushed, once for each tag", { skip }, () =>
  played({ permissions: ["notifications"] }, async ({ page }) => {
    const devtools = await page.context().newCDPSession(page);
    const registered = new Promise<string>((done) => {
      devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        if (registrations[0]) done(registrations[0].registrationId);
      });
    });
    await devtools.send("ServiceWorker.enable");
    await bell(page, 2).click();
    // No browser of a test has a push service: it has its worker, and says that it could not subscribe.
    await page.getByRole("button", { name: "Notify me on this device too" }).click();
    await page.getByRole("status").filter({ hasText: /could not subscribe|is notified too/ }).waitFor();
    const [registrationId, origin] = [await registered, new URL(page.url()).origin];
    const push = { title: "Order", body: "It is on its way", tag: "a", data: { url: "/page" } };
    for (const data of [JSON.stringify(push), JSON.stringify({ ...push, body: "It is there" }), "no JSON"]) {
      await devtools.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data });
    }
    const shown = () =>
      page.evaluate(async () => {
        const [registration] = await navigator.serviceWorker.getRegistrations();
        const found = (await registration?.getNotifications()) ?? [];
        return found.map(({ title, body, tag }) => [title, body, tag].join("|")).sort();
      });
    const expected = [`${new URL(origin).host}|no JSON|`, "Order|It is there|a"].sort();
    await until("what was pushed", async () => JSON.stringify(await shown()) === JSON.stringify(expected));
  }, WITH_PUSH));

for (const colorScheme of ["light", "dark"] as const) {
  for (const viewport of [DESK, PHONE]) {
    test(`everybody can use it: ${colorScheme} at ${viewport.width}`, { skip }, () =>
      played({ colorScheme, viewport }, async ({ page }) => {
        await bell(page, 2).click();
        await rows(page).nth(1).waitFor();
        if (folder !== undefined) {
          mkdirSync(folder, { recursive: true });
          await page.screenshot({ path: join(folder, `bell-${colorScheme}-${viewport.width}.png`) });
        }
        const panel = await page.getByRole("region", { name: "Notifications" }).boundingBox();
        assert.ok(panel && panel.x >= 0 && panel.x + panel.width <= viewport.width && panel.y >= 0, JSON.stringify(panel));
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "too wide");
        // The policy of the page would block it as a script of the page.
        const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
        const found = await page.evaluate(`${axe}; axe.run("chasqui-bell")`);
        const { violations } = found as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
      }));
  }
}
