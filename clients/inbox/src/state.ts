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

/** What is shown now, and which of it nobody had before. */
export interface Shown {
  readonly state: State;
  readonly arrived: readonly Item[];
}

/** The whole list, in the place of what was there. What is in it may be old, unless there was nothing at all before. */
export function reloaded(state: State, page: Page): Shown {
  const items = ordered(page.items);
  const arrived = state.cursor?.seq === 0 ? items.filter(isNew) : [];
  return { state: { ...state, items, counters: page.counters, cursor: cursor(page) }, arrived };
}

/** Changes after the cursor. */
export function changed(state: State, page: Page): Shown {
  const known = new Map(state.items.map((item) => [item.id, item]));
  const arrived = page.items.filter((item) => !known.has(item.id) && isNew(item));
  for (const item of page.items) known.set(item.id, item);
  const counters = newest(state.counters, page.counters);
  return { state: { ...state, items: ordered([...known.values()]), counters, cursor: cursor(page) }, arrived };
}

/**
 * Whether an event has brought all that is missing: the item that came by the very change after the cursor. No other event
 * moves the cursor. Items that came at once have the counters of the last in their events, and an event that is told again has
 * those of now: their items came by earlier changes.
 */
export function isNext({ cursor }: State, { counters, items }: Page): boolean {
  const isItsChange = items.every(({ seq }) => seq === counters.seq);
  return cursor !== undefined && counters.epoch === cursor.epoch && counters.seq === cursor.seq + 1 && isItsChange;
}

/** What another tab of the same user shows, where it knows no less. */
export function adopted(state: State, other: State): State {
  const [ours, theirs] = [state.cursor, other.cursor];
  const isBehind = theirs === undefined || (theirs.epoch === ours?.epoch && theirs.seq < ours.seq);
  const isOlder = ours !== undefined && isBehind;
  return isOlder ? { ...state, status: other.status } : other;
}

function newest(known: Counters | undefined, counters: Counters): Counters {
  const isOlder = known !== undefined && known.epoch === counters.epoch && known.seq > counters.seq;
  return isOlder ? known : counters;
}

/** Whether nobody has done anything with it that says that they know it. */
function isNew({ isRead, isArchived, snoozedUntil }: Item): boolean {
  return !isRead && !isArchived && snoozedUntil === 0;
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
  return shown.sort((a, b) => time(b) - time(a) || b.seq - a.seq).slice(0, MAX_ITEMS);
}
