// Reads what the server has written. What is missing is told apart from what is there; what is unknown is left alone.

import type { Action, Counters, Item, Page } from "./types";

type Members = Record<string, unknown>;

function members(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** An epoch is compared and never counted, so that it may be written as a number or as a text. */
function epoch(value: unknown): string | undefined {
  return typeof value === "number" || typeof value === "string" ? String(value) : undefined;
}

/** The counters in an answer or an event: below `counters`, or beside what else it says. */
export function counters(value: unknown): Counters | undefined {
  const outer = members(value);
  const given = members(outer?.["counters"]) ?? outer;
  const [unread, unseen, seq] = ["unread", "unseen", "seq"].map((name) => count(given?.[name]));
  const of = epoch(given?.["epoch"]);
  if (unread === undefined || unseen === undefined || seq === undefined || of === undefined) return undefined;
  return { unread, unseen, seq, epoch: of };
}

/** The address that an action leads to, if a page may lead there: no script, and nothing that only a browser knows. */
export function safeUrl(url: string, base: string): string | undefined {
  try {
    const whole = new URL(url, base);
    return ["https:", "http:", "mailto:", "tel:"].includes(whole.protocol) ? whole.href : undefined;
  } catch {
    return undefined;
  }
}

function action(value: unknown): Action | undefined {
  const given = members(value);
  const url = text(value) ?? text(given?.["url"]);
  return url === undefined ? undefined : { url, label: text(given?.["label"]) };
}

export function item(value: unknown): Item | undefined {
  const given = members(value);
  const id = text(given?.["id"]);
  if (given === undefined || id === undefined) return undefined;
  const isSet = (name: string) => text(given[name]) !== undefined;
  const isRead = isSet("read_at");
  return {
    id,
    isRead,
    seq: count(given["seq"]) ?? 0,
    kind: text(given["kind"]) ?? "",
    title: text(given["title"]) ?? "",
    body: text(given["body"]) ?? "",
    priority: text(given["priority"]) ?? "normal",
    data: given["data"],
    action: action(given["action"]),
    at: text(given["posted_at"]) ?? "",
    // Whoever has read something has seen it.
    isSeen: isRead || isSet("seen_at"),
    isArchived: isSet("archived_at"),
    snoozedUntil: Date.parse(text(given["snoozed_until"]) ?? "") || 0,
  };
}

export function page(value: unknown): Page | undefined {
  const given = members(value);
  const found = counters(given?.["counters"]);
  const items = given?.["items"];
  if (found === undefined || !Array.isArray(items)) return undefined;
  const read = items.map(item).filter((one) => one !== undefined);
  return { items: read, counters: found, isComplete: given?.["complete"] !== false };
}

/** What an event `inbox` brings: the item that has arrived, where it says it. Every other change is asked for. */
export function arrival(value: unknown): Page | undefined {
  const given = members(value);
  const [found, arrived] = [counters(given), item(given?.["item"])];
  if (given?.["event"] !== "delivered" || found === undefined || arrived === undefined) return undefined;
  return { items: [arrived], counters: found, isComplete: true };
}

/** The text of an event as JSON; undefined where it is none. */
export function json(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** The number of milliseconds with this name, at most an hour. */
export function milliseconds(value: unknown, name: string): number | undefined {
  const given = members(value)?.[name];
  return typeof given === "number" && given >= 0 ? Math.min(given, 3_600_000) : undefined;
}

/** Whose token this is, so that tabs of two people share nothing. Undefined where the token does not say. */
export function owner(token: string): string | undefined {
  const part = token.split(".")[1];
  if (part === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    const claims = members(JSON.parse(new TextDecoder().decode(bytes)));
    const user = claims?.["user_id"] ?? claims?.["sub"];
    if (typeof user !== "string" && typeof user !== "number") return undefined;
    return JSON.stringify([text(claims?.["iss"]) ?? "", text(claims?.["tenant"]) ?? "", String(user)]);
  } catch {
    return undefined;
  }
}
