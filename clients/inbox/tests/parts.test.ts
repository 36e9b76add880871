// What the client decides without a network.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff, within } from "../src/backoff";
import * as read from "../src/read";
import { EventReader } from "../src/sse";
import { adopted, changed, EMPTY, isNext, MAX_ITEMS, missing, reloaded, visible, withCounters } from "../src/state";
import type { Counters, Page } from "../src/types";
import { ago, words } from "../src/words";

const NOW = Date.parse("2026-03-01T12:00:00Z");

function counters(seq: number, epoch = "e1", unread = 1): Counters {
  return { unread, unseen: 1, seq, epoch };
}

function page(seq: number, ids: readonly string[], more: object = {}): Page {
  const at = (n: number) => new Date(NOW - n * 1000).toISOString();
  const items = ids.map((id, n) => ({ id, seq, title: id, posted_at: at(n), ...more }));
  const found = read.page({ items, counters: counters(seq), complete: true });
  assert.ok(found);
  return found;
}

test("an event is the same in whatever pieces it comes", () => {
  const stream = "\uFEFF: hello\r\nevent: inbox\r\ndata: {\"a\":\rdata: 1}\n\nretry: 1500\ndata:x\n\nevent: lost\n\ndata: cut";
  const expected = [
    { type: "inbox", data: '{"a":\n1}' },
    { type: "message", data: "x" },
  ];
  for (let size = 1; size <= stream.length; size += 1) {
    const [reader, found] = [new EventReader(), []] as [EventReader, object[]];
    for (let at = 0; at < stream.length; at += size) found.push(...reader.read(stream.slice(at, at + size)));
    assert.deepEqual(found, expected, `pieces of ${size}`);
    assert.equal(reader.retryMs, 1500);
  }
});

test("a stream that never ends a line is given up", () => {
  const reader = new EventReader();
  assert.throws(() => {
    for (let n = 0; n < 40; n += 1) reader.read("x".repeat(65_536));
  }, RangeError);
});

test("waits double, are spread out, and have an end", () => {
  for (const [dice, share] of [[() => 0, 0.5], [() => 0.999999, 1]] as const) {
    const backoff = new Backoff(dice);
    const waits = Array.from({ length: 12 }, () => backoff.next());
    assert.deepEqual(waits.slice(0, 3), [500, 1000, 2000].map((wait) => wait * share));
    assert.equal(waits.at(-1), 30_000 * share);
    backoff.reset();
    assert.equal(backoff.next(), 500 * share);
  }
  assert.equal(within(30, () => 0.5), 15_000);
});

test("counters are those of the server, and late ones say nothing", () => {
  const known = withCounters(EMPTY, counters(7, "e1", 3));
  assert.equal(withCounters(known, counters(6, "e1", 9)).counters?.unread, 3);
  assert.equal(withCounters(known, counters(8, "e1", 0)).counters?.unread, 0);
  assert.equal(withCounters(known, counters(1, "e2", 5)).counters?.unread, 5, "another epoch is never older");
});

test("what is missing follows from the cursor, and another epoch needs the whole list", () => {
  assert.equal(missing(EMPTY), "everything");
  const loaded = reloaded(EMPTY, page(4, ["b", "a"])).state;
  assert.equal(missing(loaded), "nothing");
  assert.equal(missing(withCounters(loaded, counters(5))), "changes");
  assert.equal(missing(withCounters(loaded, counters(1, "e2"))), "everything");
});

test("a change replaces its item, what is put away is gone, and only what is new arrives", () => {
  const loaded = reloaded(EMPTY, page(4, ["b", "a"])).state;
  const { state, arrived } = changed(loaded, page(6, ["c", "a"], { read_at: "2026-03-01T12:00:00Z" }));
  assert.deepEqual(state.items.map(({ id, isRead }) => [id, isRead]), [["c", true], ["b", false], ["a", true]]);
  assert.deepEqual(arrived, [], "who has read it elsewhere hears nothing of it");
  const away = changed(state, page(7, ["b"], { archived_at: "2026-03-01T12:00:00Z" })).state;
  assert.deepEqual(away.items.map(({ id }) => id), ["c", "a"]);
  const again = changed(away, page(8, ["d"]));
  assert.deepEqual(again.arrived.map(({ id }) => id), ["d"]);
  assert.equal(again.state.cursor?.seq, 8);
});

test("an answer that is older than an event does not take its counters back", () => {
  const told = withCounters(reloaded(EMPTY, page(4, ["a"])).state, counters(9, "e1", 8));
  const { state } = changed(told, page(5, ["b"]));
  assert.equal(state.counters?.unread, 8);
  assert.equal(missing(state), "changes");
});

test("what is in a list that is loaded again is not new, unless there was nothing before", () => {
  assert.deepEqual(reloaded(EMPTY, page(4, ["a"])).arrived, []);
  const empty = reloaded(EMPTY, page(0, [])).state;
  assert.deepEqual(reloaded(empty, page(1, ["a"])).arrived.map(({ id }) => id), ["a"]);
});

test("an event brings what has arrived, and is believed only where nothing lies between", () => {
  const event = { event: "delivered", item: { id: "b", seq: 5 }, ...counters(5) };
  const [arrival, known] = [read.arrival(event), reloaded(EMPTY, page(4, ["a"])).state];
  assert.ok(arrival && isNext(known, arrival));
  assert.ok(!isNext(reloaded(EMPTY, page(3, ["a"])).state, arrival) && !isNext(EMPTY, arrival));
  const again = read.arrival({ ...event, item: { id: "a", seq: 2 } });
  assert.ok(again && !isNext(known, again), "told again: the change of now is another one");
  for (const seq of [5, 6]) {
    const atOnce = read.arrival({ ...event, item: { id: "b", seq }, ...counters(6) });
    assert.ok(atOnce && !isNext(known, atOnce), "two that came at once have one number");
  }
  for (const other of [{ ...event, event: "read" }, { ...event, item: undefined }, { ...event, seq: undefined }]) {
    assert.equal(read.arrival(other), undefined);
  }
});

test("a list has an end", () => {
  const ids = Array.from({ length: MAX_ITEMS + 20 }, (_, n) => `i${n}`);
  assert.equal(reloaded(EMPTY, page(1, ids)).state.items.length, MAX_ITEMS);
});

test("a tab adopts what another knows, unless it knows more itself", () => {
  const [older, newer] = [reloaded(EMPTY, page(4, ["a"])).state, reloaded(EMPTY, page(5, ["b"])).state];
  assert.equal(adopted(older, newer).cursor?.seq, 5);
  assert.equal(adopted(newer, older).cursor?.seq, 5);
  assert.equal(adopted(newer, { ...older, status: "waiting" }).status, "waiting");
  assert.equal(adopted(EMPTY, older).cursor?.seq, 4);
});

test("what is put off is there again when its time has come", () => {
  const until = new Date(NOW + 1000).toISOString();
  const { state, arrived } = changed(reloaded(EMPTY, page(4, ["a"])).state, page(5, ["b"], { snoozed_until: until }));
  assert.deepEqual([visible(state, NOW).map(({ id }) => id), arrived], [["a"], []]);
  assert.deepEqual(visible(state, NOW + 1000).map(({ id }) => id), ["b", "a"]);
});

test("no answer makes the client fail, and half an answer is none", () => {
  for (const wrong of [undefined, null, 1, "x", [], {}, { items: [] }, { items: 1, counters: counters(1) }]) {
    assert.equal(read.page(wrong), undefined);
  }
  assert.equal(read.counters({ unread: -1, unseen: 0, seq: 1, epoch: "a" }), undefined);
  assert.equal(read.counters({ unread: 1, unseen: 0, seq: 1, epoch: 3 })?.epoch, "3");
  assert.deepEqual(read.page({ items: [1, {}, { id: "a" }], counters: counters(1) })?.items.map(({ id }) => id), ["a"]);
  assert.equal(read.json("{"), undefined);
});

test("an action leads to no script", () => {
  const base = "https://app.example/inbox";
  assert.equal(read.safeUrl("/orders/1", base), "https://app.example/orders/1");
  assert.equal(read.safeUrl("mailto:ana@example.com", base), "mailto:ana@example.com");
  for (const url of ["javascript:alert(1)", " JAVASCRIPT:1", "data:text/html,x", "blob:x", "vbscript:x", "http://"]) {
    assert.equal(read.safeUrl(url, base), undefined, url);
  }
});

test("tabs of two users share nothing, and whose token says nothing shares nothing", () => {
  const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
  const [ana, other] = [read.owner(token({ sub: "ana", tenant: "a" })), read.owner(token({ sub: "ana", tenant: "b" }))];
  assert.ok(ana && other && ana !== other);
  assert.equal(read.owner(token({ user_id: 7, sub: "x" })), '["","","7"]');
  for (const wrong of ["", "key", "x.%%%.x", token({}), token([1])]) assert.equal(read.owner(wrong), undefined);
});

test("the words are those of the language, and nothing is ahead of now", () => {
  assert.equal(words("es-AR").unread(2), "Notificaciones, 2 sin leer");
  assert.equal(words("est").unread(0), "Notifications, none unread");
  assert.equal(ago("2026-03-01T11:58:30Z", NOW, "en"), "1 minute ago");
  assert.equal(ago("2026-03-01T10:00:00Z", NOW, "es"), "hace 2 horas");
  assert.equal(ago("2026-03-01T12:00:09Z", NOW, "en"), "now");
  assert.equal(ago("never", NOW, "en"), "");
});
