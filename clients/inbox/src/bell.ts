// <chasqui-bell>: a button that says how many are unread, and the list behind it.
//
// `token-url` is where the page gives a token: a POST of the page's own origin, answered with `access_token` as RFC 6749
// has it. A page that has its tokens from elsewhere gives the property `client` instead. Other attributes: `base` and
// `realtime` (where the API and the gateway are), `lang`, `theme` (light, dark), and for Web Push `push-key` and
// `worker-url`. The event `chasqui-subscription` bubbles, with the subscription of this browser in `detail`.

import { Refused } from "./api";
import { Arrival, type Change, InboxClient } from "./client";
import { make, picture, say } from "./dom";
import { canSubscribe, subscribe } from "./push";
import { Rows } from "./rows";
import { visible } from "./state";
import { style } from "./style";
import type { Item, Status } from "./types";
import { type Words, words } from "./words";

/** So many are marked as seen when the list is opened: what fits into it without much scrolling. */
const SEEN_AT_ONCE = 20;
/** Times are relative, and a minute is the shortest that they name. */
const TICK_MS = 30_000;

export class Bell extends HTMLElement {
  #client: InboxClient | undefined;
  /** A client that the element has made ends with it. */
  #isOurs = false;
  #parts: Parts | undefined;
  /** Ends all listeners of one time in the page. */
  #there: AbortController | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;

  get client(): InboxClient | undefined {
    return this.#client;
  }

  set client(client: InboxClient | undefined) {
    this.#leave();
    this.#client = client;
    this.#isOurs = false;
    if (this.isConnected) this.#enter();
  }

  connectedCallback(): void {
    this.#enter();
  }

  disconnectedCallback(): void {
    this.#leave();
  }

  #enter(): void {
    const there = new AbortController();
    const { signal } = there;
    this.#there = there;
    const parts = (this.#parts ??= this.#built());
    if (!this.#client) this.#make();
    const client = this.#client;
    client?.addEventListener("change", () => this.#show(), { signal });
    client?.addEventListener("arrival", (event) => event instanceof Arrival && this.#announce(event.items), { signal });
    document.addEventListener("pointerdown", (event) => this.#pressedElsewhere(event), { signal });
    client?.start();
    parts.push.hidden = !(this.getAttribute("push-key") && this.getAttribute("worker-url") && canSubscribe());
    this.#show();
  }

  #leave(): void {
    this.#there?.abort();
    clearInterval(this.#tick);
    if (this.#parts) close(this.#parts);
    if (!this.#isOurs) return;
    this.#client?.stop();
    this.#client = undefined;
  }

  /** A client of the element's own, where the page says where tokens are. */
  #make(): void {
    const from = this.getAttribute("token-url");
    if (from === null) return;
    const [base, realtime] = ["base", "realtime"].map((name) => this.getAttribute(name)?.replace(/\/$/, ""));
    const options = { token: () => tokenOf(from), base: base ?? "" };
    this.#client = new InboxClient(realtime === undefined ? options : { ...options, realtime });
    this.#isOurs = true;
  }

  #built(): Parts {
    const lang = this.getAttribute("lang") || this.closest("[lang]")?.getAttribute("lang") || navigator.language;
    const told = words(lang);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [style()];
    const parts = new Parts(told, new Rows(told, lang, (id, change) => void this.#change(id, change)));
    parts.panel.lang = /^es\b/i.test(lang) ? "es" : "en";
    parts.button.addEventListener("click", () => (parts.panel.hidden ? this.#open() : this.#close()));
    parts.readAll.addEventListener("click", () => void this.#do((client) => client.readAll()));
    parts.subscribe.addEventListener("click", () => void this.#subscribe());
    root.addEventListener("keydown", (event) => this.#pressed(event as KeyboardEvent));
    root.addEventListener("focusout", (event) => {
      const to = (event as FocusEvent).relatedTarget;
      if (to instanceof Node && !root.contains(to)) this.#close();
    });
    root.append(parts.button, parts.status, parts.panel);
    return parts;
  }

  #show(): void {
    const [parts, client] = [this.#parts, this.#client];
    if (!parts || !client) return;
    const { counters, status } = client.state;
    const now = Date.now();
    const items = visible(client.state, now);
    parts.count(counters?.unread);
    parts.stand(status, counters !== undefined, items.length);
    const isLost = parts.rows.show(items, now);
    if (isLost && !parts.rows.focusFirst()) parts.heading.focus();
  }

  #announce(items: readonly Item[]): void {
    const parts = this.#parts;
    if (!parts) return;
    const text = parts.words.arrived(items.map(({ title, body }) => title || body));
    // The same words twice are two arrivals, and are said twice.
    if (parts.status.textContent === text) parts.status.textContent = "";
    parts.status.textContent = text;
    if (!parts.panel.hidden) void this.#see();
  }

  #open(): void {
    const parts = this.#parts;
    if (!parts) return;
    this.#show();
    parts.panel.hidden = false;
    parts.button.setAttribute("aria-expanded", "true");
    // Where there is no room on one side, there is on the other.
    const { right } = this.getBoundingClientRect();
    parts.panel.classList.toggle("start", right < parts.panel.offsetWidth);
    this.#tick = setInterval(() => this.#show(), TICK_MS);
    void this.#see();
  }

  #close(): void {
    clearInterval(this.#tick);
    if (this.#parts) close(this.#parts);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || this.#parts?.panel.hidden !== false) return;
    event.stopPropagation();
    this.#close();
    this.#parts.button.focus();
  }

  #pressedElsewhere(event: Event): void {
    if (this.#parts?.panel.hidden === false && !event.composedPath().includes(this)) this.#close();
  }

  /** What stands in the open list is seen. */
  async #see(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    const unseen = visible(client.state, Date.now()).filter(({ isSeen }) => !isSeen);
    try {
      for (const { id } of unseen.slice(0, SEEN_AT_ONCE)) await client.change(id, "seen");
    } catch {
      // It is seen the next time that the list is opened.
    }
  }

  async #change(id: string, change: Change): Promise<void> {
    await this.#do((client) => client.change(id, change));
  }

  async #do(wanted: (client: InboxClient) => Promise<void>): Promise<void> {
    const [parts, client] = [this.#parts, this.#client];
    if (!parts || !client) return;
    try {
      await wanted(client);
      parts.failed.hidden = true;
    } catch {
      parts.failed.hidden = false;
    }
  }

  async #subscribe(): Promise<void> {
    const [parts, key, worker] = [this.#parts, this.getAttribute("push-key"), this.getAttribute("worker-url")];
    if (!parts || !key || !worker) return;
    const found = await subscribe(key, worker);
    if ("problem" in found) {
      say(parts.pushed, found.problem === "blocked" ? parts.words.blocked : parts.words.noPush);
      return;
    }
    say(parts.pushed, parts.words.subscribed);
    const told = { bubbles: true, composed: true, detail: found.subscription };
    this.dispatchEvent(new CustomEvent("chasqui-subscription", told));
  }
}

/** The elements that are changed later. */
class Parts {
  readonly button: HTMLButtonElement;
  readonly status = make("p", { class: "unheard", role: "status" });
  readonly panel: HTMLElement;
  readonly heading: HTMLElement;
  readonly readAll: HTMLButtonElement;
  readonly failed: HTMLElement;
  readonly push: HTMLElement;
  readonly subscribe: HTMLButtonElement;
  readonly pushed = make("p", { role: "status" });
  readonly #count = make("span", { class: "count", "aria-hidden": "true" });
  readonly #note = make("p", { class: "note" });
  readonly #empty: HTMLElement;

  constructor(
    readonly words: Words,
    readonly rows: Rows,
  ) {
    const button = { type: "button", class: "bell", "aria-expanded": "false", "aria-controls": "panel" };
    this.button = make("button", button, picture(), this.#count);
    this.heading = make("h2", { id: "heading", tabindex: "-1" }, words.name);
    this.readAll = make("button", { type: "button" }, words.readAll);
    this.failed = make("p", { class: "note bad", role: "alert" }, words.failed);
    this.subscribe = make("button", { type: "button" }, words.subscribe);
    this.push = make("div", { class: "push" }, this.subscribe, this.pushed);
    this.#empty = make("p", { class: "note" }, words.empty);
    const head = make("div", { class: "head" }, this.heading, this.readAll);
    const inside = [head, this.failed, this.#note, this.#empty, rows.list, this.push];
    this.panel = make("section", { id: "panel", class: "panel", "aria-labelledby": "heading" }, ...inside);
    this.panel.hidden = true;
    this.failed.hidden = true;
    this.count(undefined);
  }

  /** The number is the server's; undefined before it has said one. */
  count(unread: number | undefined): void {
    const name = unread === undefined ? this.words.name : this.words.unread(unread);
    this.button.setAttribute("aria-label", name);
    say(this.#count, unread !== undefined && unread > 99 ? "99+" : String(unread ?? ""));
    this.#count.hidden = !unread;
    this.readAll.hidden = !unread;
  }

  stand(status: Status, isKnown: boolean, items: number): void {
    const notes = { live: "", connecting: "", waiting: this.words.waiting, refused: this.words.refused };
    say(this.#note, isKnown ? notes[status] : notes[status] || this.words.connecting);
    this.#note.hidden = this.#note.textContent === "";
    this.#empty.hidden = !isKnown || items > 0;
  }
}

function close(parts: Parts): void {
  parts.panel.hidden = true;
  parts.button.setAttribute("aria-expanded", "false");
}

/** The form is empty: the cookie of the page says who asks. */
async function tokenOf(url: string): Promise<string> {
  const body = new URLSearchParams();
  const answer = await fetch(url, { method: "POST", body, credentials: "same-origin", cache: "no-store" });
  // Whoever has no session any more is led to where one logs in.
  if (!answer.ok || answer.redirected) throw new Refused(answer.redirected ? 401 : answer.status, undefined);
  const said: unknown = await answer.json();
  const token = typeof said === "object" && said !== null && "access_token" in said ? said.access_token : undefined;
  if (typeof token !== "string") throw new Error("the answer has no access_token");
  return token;
}
