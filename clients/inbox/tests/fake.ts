// A server that says what the contract says, of one inbox, with a page of a strict policy that shows the bell.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";
const DIST = join(process.env["CHASQUI_CLIENT"] ?? ".", "dist");

interface Known {
  readonly id: string;
  seq: number;
  readonly title: string;
  readonly body: string;
  readonly posted_at: string;
  readonly action?: object;
  seen_at?: string | undefined;
  read_at?: string | undefined;
  archived_at?: string | undefined;
}

export class Fake {
  readonly asked: string[] = [];
  /** The tokens of all requests. */
  readonly bearers: string[] = [];
  readonly streams = new Set<ServerResponse>();
  token = "first";
  epoch = "e1";
  seq = 0;
  isAway = false;
  hasLoggedOut = false;
  readonly #items: Known[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  add(id: string, action?: object): void {
    this.seq += 1;
    const posted_at = new Date(Date.UTC(2026, 0, 1, 0, 0, this.seq)).toISOString();
    const words = { title: `Title of ${id}`, body: `What ${id} says` };
    this.#items.push({ id, seq: this.seq, posted_at, ...words, ...(action && { action }) });
  }

  say(event: string, data: object): void {
    for (const stream of this.streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  counters(): object {
    const unread = this.#items.filter(({ read_at }) => !read_at).length;
    const unseen = this.#items.filter(({ seen_at, read_at }) => !seen_at && !read_at).length;
    return { unread, unseen, seq: this.seq, epoch: this.epoch };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://x");
    if (this.#isPage(url, response)) return;
    this.asked.push(`${request.method} ${url.pathname}${url.search}`);
    this.bearers.push((request.headers.authorization ?? "").replace("Bearer ", ""));
    if (request.headers.authorization !== `Bearer ${this.token}`) return void response.writeHead(401).end();
    if (url.pathname === "/realtime/events") return this.#stream(response);
    if (request.method === "POST") this.#change(url.pathname);
    const since = Number(url.searchParams.get("since") ?? 0);
    const isKnown = !url.searchParams.has("since") || url.searchParams.get("epoch") === this.epoch;
    const items = isKnown ? this.#items.filter(({ seq }) => seq > since) : [];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ items, counters: this.counters(), complete: isKnown }));
  }

  #isPage(url: URL, response: ServerResponse): boolean {
    const send = (type: string, text: string | Buffer) => {
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(text);
      return true;
    };
    if (url.pathname === "/page") {
      return send("text/html; charset=utf-8", page(url.searchParams));
    }
    if (url.pathname === "/inbox.js") return send("text/javascript", readFileSync(join(DIST, "inbox.js")));
    if (url.pathname === "/worker.js") return send("text/javascript", readFileSync(join(DIST, "inbox-worker.js")));
    if (url.pathname === "/token") {
      if (this.hasLoggedOut) return Boolean(response.writeHead(303, { location: "/page" }).end());
      return send("application/json", JSON.stringify({ access_token: this.token }));
    }
    if (url.pathname === "/favicon.ico") return send("image/x-icon", "");
    return false;
  }

  #stream(response: ServerResponse): void {
    if (this.isAway) return void response.writeHead(503, { "retry-after": "0" }).end();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": here\n\n");
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }

  #change(path: string): void {
    const [, , id, change] = path.split("/");
    const now = "2026-01-01T01:00:00Z";
    for (const item of this.#items.filter((one) => path === "/inbox/read" || one.id === id)) {
      this.seq += 1;
      item.seq = this.seq;
      item.seen_at ??= now;
      if (change !== "seen") item.read_at = change === "unread" ? undefined : now;
      if (change === "archive") item.archived_at = now;
    }
    this.say("inbox", this.counters());
  }
}

function page(asked: URLSearchParams): string {
  const push = asked.has("key") ? `push-key="${asked.get("key")}" worker-url="/worker.js"` : "";
  return `<!doctype html><html lang="${asked.get("lang") ?? "en"}"><head><meta charset="utf-8"><title>Page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<script type="module" src="/inbox.js"></script></head>
<body><main><h1>Page</h1><chasqui-bell token-url="/token" ${push}></chasqui-bell>
<p><a href="/page">Elsewhere</a></p></main></body></html>`;
}

/** A token that says whose it is, so that tabs share a connection. */
export function tokenOf(user: string): string {
  return `x.${Buffer.from(JSON.stringify({ sub: user })).toString("base64url")}.x`;
}
