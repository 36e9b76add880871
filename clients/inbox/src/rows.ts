// The rows of the list: one of each item, which stays the same element, so that nobody loses the focus that they had.

import type { Change } from "./client";
import { make, say } from "./dom";
import { safeUrl } from "./read";
import type { Item } from "./types";
import { ago, type Words } from "./words";

/** What a row is asked to do. */
export type Wish = (id: string, change: Change) => void;

interface Row {
  readonly element: HTMLLIElement;
  readonly title: HTMLElement;
  readonly text: HTMLElement;
  readonly time: HTMLTimeElement;
  readonly mark: HTMLButtonElement;
  readonly archive: HTMLButtonElement;
  readonly unread: HTMLElement;
  item: Item;
}

export class Rows {
  readonly list = make("ul", { class: "list" });
  readonly #rows = new Map<string, Row>();

  constructor(
    private readonly words: Words,
    private readonly lang: string,
    private readonly wish: Wish,
  ) {
    this.list.addEventListener("keydown", (event) => this.#move(event));
  }

  /** Shows exactly these. Returns whether the focus was in a row that is gone. */
  show(items: readonly Item[], now: number): boolean {
    const wanted = new Set(items.map(({ id }) => id));
    const root = this.list.getRootNode() as Document | ShadowRoot;
    let isLost = false;
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      isLost ||= row.element.contains(root.activeElement);
      row.element.remove();
      this.#rows.delete(id);
    }
    let next = this.list.firstElementChild;
    for (const item of items) {
      const row = this.#row(item);
      this.#fill(row, item, now);
      // A row that stands where it belongs is not touched: moved, it would lose the focus.
      if (row.element === next) next = next.nextElementSibling;
      else this.list.insertBefore(row.element, next);
    }
    return isLost;
  }

  /** Every row has something to press. */
  focusFirst(): boolean {
    const first = this.list.querySelector<HTMLButtonElement>("button");
    first?.focus();
    return first !== null;
  }

  #row(item: Item): Row {
    const known = this.#rows.get(item.id);
    if (known) return known;
    const mark = make("button", { type: "button" });
    const archive = make("button", { type: "button" }, this.words.archive);
    const row: Row = {
      item,
      mark,
      archive,
      element: make("li"),
      title: make("p", { class: "title" }),
      text: make("p", { class: "text" }),
      time: make("time", { class: "time" }),
      unread: make("span", { class: "unheard" }, `${this.words.isUnread}: `),
    };
    mark.addEventListener("click", () => this.wish(row.item.id, row.item.isRead ? "unread" : "read"));
    archive.addEventListener("click", () => this.wish(row.item.id, "archive"));
    row.element.append(row.title, row.text, row.time, make("div", { class: "acts" }, mark, archive));
    this.#title(row);
    this.#rows.set(item.id, row);
    return row;
  }

  /** A title never changes: an item is what was sent. */
  #title(row: Row): void {
    const { action, body, title, id } = row.item;
    const url = action && safeUrl(action.url, document.baseURI);
    row.title.append(row.unread, title || body);
    say(row.text, title ? body : "");
    row.text.hidden = row.text.textContent === "";
    if (url === undefined) return;
    const link = make("a", { href: url }, action?.label || this.words.open);
    link.addEventListener("click", () => this.wish(id, "read"));
    row.title.append(" ", link);
  }

  #fill(row: Row, item: Item, now: number): void {
    row.item = item;
    const { isRead, title, body, at } = item;
    row.element.classList.toggle("unread", !isRead);
    row.unread.hidden = isRead;
    row.time.dateTime = at;
    say(row.time, ago(at, now, this.lang));
    const asked = isRead ? this.words.unreadAgain : this.words.read;
    say(row.mark, asked);
    row.mark.setAttribute("aria-label", `${asked}: ${title || body}`);
    row.archive.setAttribute("aria-label", `${this.words.archive}: ${title || body}`);
  }

  /** Up and down go from row to row, beside Tab, which goes everywhere. */
  #move(event: KeyboardEvent): void {
    const rows = [...this.list.children];
    const here = rows.findIndex((row) => row.contains(event.target as Node));
    const places: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 };
    const there = places[event.key];
    if (there === undefined || here < 0) return;
    event.preventDefault();
    rows[there]?.querySelector<HTMLElement>("a, button")?.focus();
  }
}
