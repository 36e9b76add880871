// What is shown, and what an answer or an event makes of it. Everything here is decided without a network and a clock.

import type { Counters, Cursor, Item, Page, State } from "./types";

/** The most items that are kept. */
export const MAX_ITEMS = 100;

export const EMPTY: State = { items: [], counters: undefined, cursor: undefined, status: "connecting" };

/** What has to be asked for. */
export type Missing = "nothing" | "changes" | "everything";

/** What is missing of the list, going by the newest counters. */
export function missing({ counters, cursor }: State): Missing {
  if (cursor === undefined) return "everything";
  if (counters === undefined || (counters.epoch === cursor.epoch && counters.seq <= cursor.seq)) return "nothing";
  return counters.epoch === cursor.epoch ? "changes" : "everything";
}

/** Counters that came by themselves. Older ones come late, and say nothing. */
export function withCounters(state: State, counters: Counters): State {
  return { ...state, counters: newest(state.counters, counters) };
}

/** The whole list, in the place of what was there. */
export function reloaded(state: State, page: Page): State {
  return { ...state, items: ordered(page.items), counters: page.counters, cursor: cursor(page) };
}

/** Changes after the cursor. The items that nobody had yet are `arrived`. */
export function changed(state: State, page: Page): { state: State; arrived: readonly Item[] } {
  const known = new Map(state.items.map((item) => [item.id, item]));
  const arrived = page.items.filter((item) => !known.has(item.id) && !item.isRead && !item.isArchived && item.snoozedUntil === 0);
  for (const item of page.items) known.set(item.id, item);
  const counters = newest(state.counters, page.counters);
  return { state: { ...state, items: ordered([...known.values()]), counters, cursor: cursor(page) }, arrived };
}

/** What another tab of the same user shows, where it knows no less. */
export function adopted(state: State, other: State): State {
  const [ours, theirs] = [state.cursor, other.cursor];
  const isOlder = ours !== undefined && (theirs === undefined || (theirs.epoch === ours.epoch && theirs.seq < ours.seq));
  return isOlder ? { ...state, status: other.status } : other;
}

function newest(known: Counters | undefined, counters: Counters): Counters {
  const isOlder = known !== undefined && known.epoch === counters.epoch && known.seq > counters.seq;
  return isOlder ? known : counters;
}

function cursor({ counters }: Page): Cursor {
  return { seq: counters.seq, epoch: counters.epoch };
}

/** The items that are to be seen at this time, in milliseconds of the epoch. */
export function visible({ items }: State, now: number): readonly Item[] {
  return items.filter(({ snoozedUntil }) => snoozedUntil <= now);
}

/** The newest first, without what is archived. */
function ordered(items: readonly Item[]): readonly Item[] {
  const shown = items.filter(({ isArchived }) => !isArchived);
  const time = ({ at }: Item) => Date.parse(at) || 0;
  return shown.sort((a, b) => time(b) - time(a) || (a.id < b.id ? 1 : -1)).slice(0, MAX_ITEMS);
}
