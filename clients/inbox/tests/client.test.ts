// The client against a server that says what the contract says. One process has no other tabs, and shares nothing.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { Refused } from "../src/api";
import { Arrival, InboxClient } from "../src/client";
import { Fake } from "./fake";

async function until(client: InboxClient, what: string, look: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (!look()) await once(client, "change", { signal }).catch(() => assert.fail(`never: ${what}`));
}

async function played(scene: (fake: Fake, client: InboxClient, arrived: string[]) => Promise<void>): Promise<void> {
  const [fake, arrived] = [new Fake(), [] as string[]];
  const base = await fake.start();
  const client = new InboxClient({ base, token: async () => fake.token, dice: () => 0 });
  client.addEventListener("arrival", (event) => arrived.push(...(event as Arrival).items.map(({ id }) => id)));
  try {
    fake.add("before");
    client.start();
    await until(client, "the first list", () => client.state.status === "live" && client.state.items.length === 1);
    await scene(fake, client, arrived);
  } finally {
    client.stop();
    fake.stop();
  }
}

const unread = (client: InboxClient) => client.state.counters?.unread;

test("what arrives is shown, and only the changes are asked for", () =>
  played(async (fake, client, arrived) => {
    fake.add("news");
    fake.say("inbox", { user: "ana", ...fake.counters() });
    await until(client, "the news", () => client.state.items.length === 2);
    assert.deepEqual(client.state.items.map(({ id }) => id), ["news", "before"]);
    assert.deepEqual([arrived, unread(client)], [["news"], 2]);
    assert.equal(fake.asked.at(-1), "GET /inbox?since=1&epoch=e1&limit=50");
  }));

test("what an event brings is shown without asking", () =>
  played(async (fake, client, arrived) => {
    fake.add("news");
    const asked = fake.asked.length;
    const item = { id: "news", seq: fake.seq, posted_at: "2026-02-01T00:00:00Z" };
    fake.say("inbox", { event: "delivered", item, ...fake.counters() });
    await until(client, "the news", () => client.state.items.length === 2);
    assert.deepEqual([arrived, unread(client), fake.asked.length], [["news"], 2, asked]);
  }));

test("what is read is read on the server, and its counters are shown", () =>
  played(async (fake, client) => {
    await client.change("before", "read");
    assert.deepEqual([unread(client), client.state.items[0]?.isRead], [0, true]);
    fake.add("news");
    fake.say("inbox", fake.counters());
    await until(client, "the news", () => client.state.items.length === 2);
    await client.readAll();
    assert.equal(unread(client), 0);
  }));

test("another epoch has the whole list loaded again", () =>
  played(async (fake, client, arrived) => {
    fake.epoch = "e2";
    fake.add("restored");
    fake.say("inbox", fake.counters());
    await until(client, "the list of the new epoch", () => client.state.cursor?.epoch === "e2");
    assert.equal(fake.asked.at(-1), "GET /inbox?limit=50");
    assert.deepEqual(arrived, [], "what was there already does not arrive");
  }));

test("after a resync what was missed is there, although no event told it", () =>
  played(async (fake, client) => {
    fake.add("missed");
    fake.say("resync", {});
    await until(client, "what was missed", () => client.state.items.length === 2);
  }));

test("a stream that breaks is opened again, and what came meanwhile is there", () =>
  played(async (fake, client) => {
    fake.isAway = true;
    for (const stream of fake.streams) stream.destroy();
    await until(client, "that it waits", () => client.state.status === "waiting");
    fake.add("meanwhile");
    await until(client, "what came meanwhile, without a stream", () => client.state.items.length === 2);
    fake.isAway = false;
    await until(client, "the stream", () => client.state.status === "live");
  }));

test("a gateway that goes away is left, and come back to when it has said so", () =>
  played(async (fake, client) => {
    fake.say("going_away", { retry_in_ms: 20 });
    await until(client, "that it waits", () => client.state.status === "waiting");
    await until(client, "the next stream", () => client.state.status === "live");
    assert.equal(fake.asked.filter((line) => line.includes("/realtime/")).length, 2);
  }));

test("a token that ends soon is asked for again before it ends", () =>
  played(async (fake, client) => {
    const old = fake.token;
    fake.token = "second";
    fake.say("token_ends", { ends_at: "2026-01-01T00:00:00Z" });
    await until(client, "the next stream", () => fake.bearers.at(-1) === "second");
    assert.deepEqual([...new Set(fake.bearers)], [old, "second"]);
  }));

test("a token that is refused is asked for again, once", () =>
  played(async (fake, client) => {
    fake.token = "second";
    await client.change("before", "read");
    assert.equal(unread(client), 0);
    fake.token = "third";
    const before = fake.asked.length;
    await Promise.all([client.change("before", "seen"), client.change("before", "read")]);
    assert.ok(fake.asked.length > before);
  }));

test("who is refused for good is told", async () => {
  const fake = new Fake();
  const base = await fake.start();
  const client = new InboxClient({ base, token: async () => "wrong", dice: () => 0 });
  try {
    client.start();
    await until(client, "the refusal", () => client.state.status === "refused");
    await assert.rejects(client.change("a", "read"), (error) => error instanceof Refused && error.status === 401);
  } finally {
    client.stop();
    fake.stop();
  }
});
