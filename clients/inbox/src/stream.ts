// The stream of events over one connection after the other. It is `fetch` and not `EventSource`, which sends no token.

import { type Api, isLockedOut, Refused } from "./api";
import { Backoff, type Dice, Sleep, within } from "./backoff";
import { json, milliseconds } from "./read";
import { EventReader, type ServerEvent } from "./sse";

/** Whom the stream tells. */
export interface Listener {
  /** A connection is there. Whatever came before it is asked for. */
  opened(): void;
  /** What an event `inbox` says. */
  told(said: unknown): void;
  /** The server cannot say what was missed. */
  missed(): void;
  /** There is no connection; `isRefused` when the server lets nobody in with this token. */
  closed(isRefused: boolean): void;
}

/** Silence after which a connection counts as dead. A gateway says something every `WS_PING_INTERVAL`, usually 25 seconds. */
const SILENCE_MS = 90_000;
/** Seconds over which the requests after a resync are spread out. */
const RESYNC_WITHIN_S = 2;
/** Connections that last less are no success. */
const LASTING_MS = 5_000;

export class Stream {
  readonly #backoff: Backoff;
  readonly #sleep = new Sleep();
  /** What ends the connection of now. */
  #connection: AbortController | undefined;
  /** Milliseconds before the next connection, where the server has said so. */
  #told: number | undefined;

  constructor(
    private readonly api: Api,
    private readonly url: string,
    private readonly listener: Listener,
    private readonly dice: Dice = Math.random,
  ) {
    this.#backoff = new Backoff(dice);
  }

  /** Keeps a connection until it is stopped. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const begun = Date.now();
      const isRefused = await this.#connect(signal);
      if (signal.aborted) return;
      const hasLasted = Date.now() - begun >= LASTING_MS;
      if (hasLasted) this.#backoff.reset();
      const told = this.#told;
      this.#told = undefined;
      // A page whose tokens all end soon is no reason to ask without a pause.
      if (told === 0 && hasLasted) continue;
      this.listener.closed(isRefused);
      await this.#sleep.for(told || this.#backoff.next(), signal);
    }
  }

  /** The network is back, or somebody looks again: there is nothing to wait for. */
  wake(): void {
    this.#sleep.wake();
  }

  /** Returns whether the server has let nobody in. */
  async #connect(signal: AbortSignal): Promise<boolean> {
    const connection = new AbortController();
    const end = () => connection.abort();
    signal.addEventListener("abort", end, { once: true });
    this.#connection = connection;
    try {
      const headers = { accept: "text/event-stream" };
      const watch = new Watch(connection);
      try {
        const answer = await this.api.send(this.url, { headers, signal: connection.signal });
        if (!answer.body) return false;
        this.listener.opened();
        await this.#read(answer.body, watch);
      } finally {
        watch.end();
      }
      return false;
    } catch (error) {
      const after = error instanceof Refused ? error.retryAfter : undefined;
      if (after !== undefined) this.#told ??= after * 1000 + within(1, this.dice);
      return isLockedOut(error);
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  async #read(body: ReadableStream<Uint8Array>, watch: Watch): Promise<void> {
    const [reader, decoder, events] = [body.getReader(), new TextDecoder(), new EventReader()];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      watch.heard();
      for (const event of events.read(decoder.decode(value, { stream: true }))) this.#take(event);
    }
    // Everybody is told the same: spread out over as long again.
    if (events.retryMs !== undefined) this.#told ??= events.retryMs * (1 + this.dice());
  }

  #take({ type, data }: ServerEvent): void {
    const said = json(data);
    if (type === "inbox") this.listener.told(said);
    else if (type === "resync") void this.#resync();
    else if (type === "token_ends") void this.#renew();
    else if (type === "going_away") this.#retry(milliseconds(said, "retry_in_ms") ?? 1000);
  }

  /** A gateway spreads this out over its own clients. Others are told at the same time by other gateways. */
  async #resync(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    await new Sleep().for(within(RESYNC_WITHIN_S, this.dice), connection.signal);
    // The next connection asks for what was missed anyway.
    if (!connection.signal.aborted) this.listener.missed();
  }

  /** The token ends soon: the next connection begins with another one, before this one is ended. */
  async #renew(): Promise<void> {
    const connection = this.#connection;
    try {
      await this.api.renew(await this.api.token());
    } catch {
      // The server ends this connection, and the next one asks for a token again.
      return;
    }
    this.#told = 0;
    connection?.abort();
  }

  /** The gateway is about to stop, and says to each client when it should come back. */
  #retry(inMs: number): void {
    this.#told = Math.max(1, inMs);
    this.#connection?.abort();
  }
}

/** Ends a connection on which nothing is heard. */
class Watch {
  #timer: ReturnType<typeof setTimeout>;

  constructor(private readonly connection: AbortController) {
    this.#timer = this.#started();
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#started();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.connection.abort();
  }

  #started(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.connection.abort(), SILENCE_MS);
  }
}
