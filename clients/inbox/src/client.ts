// The inbox of one user as all its tabs show it: connect, list, change. It draws nothing; the bell does.

import { Api, isLockedOut, type TokenSource } from "./api";
import { type Dice, Sleep } from "./backoff";
import * as read from "./read";
import { Stream } from "./stream";
import * as shown from "./state";
import { type Message, Tabs } from "./tabs";
import type { Item, State, Status } from "./types";

export interface Options {
  /** Where the API is, without a slash at the end. The default is where the page is from. */
  readonly base?: string;
  /** Where the gateway is, if not where the API is. */
  readonly realtime?: string;
  readonly token: TokenSource;
  /** The most items that are asked for at once, up to 100. */
  readonly limit?: number;
  readonly dice?: Dice;
}

/** What can be done with one item. */
export type Change = "seen" | "read" | "unread" | "archive" | "unarchive";

/** Items that nobody had yet. */
export class Arrival extends Event {
  constructor(readonly items: readonly Item[]) {
    super("arrival");
  }
}

const LIMIT = 50;
/** So often an answer may be older than the counters of an event before nobody asks any more. */
const TRIES = 3;

/** Tells of `change` when [`state`] is another, and of `arrival` with what is new. */
export class InboxClient extends EventTarget {
  readonly #api: Api;
  readonly #options: Options;
  #state: State = shown.EMPTY;
  #tabs: Tabs | undefined;
  #stream: Stream | undefined;
  #running: AbortController | undefined;
  /** The walk that asks for what is missing, and whether it has to begin again. */
  #syncing: Promise<void> | undefined;
  #isBehind = false;

  constructor(options: Options) {
    super();
    this.#options = options;
    this.#api = new Api(options.base ?? "", options.token);
  }

  get state(): State {
    return this.#state;
  }

  /** Begins. A client that runs already goes on. */
  start(): void {
    if (this.#running) return;
    const running = new AbortController();
    this.#running = running;
    const wake = () => this.#stream?.wake();
    globalThis.addEventListener?.("online", wake, { signal: running.signal });
    globalThis.document?.addEventListener("visibilitychange", wake, { signal: running.signal });
    void this.#run(running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#tabs?.close();
    this.#tabs = undefined;
  }

  /** @throws Refused, or what `fetch` throws where nobody answers. */
  async change(id: string, change: Change): Promise<void> {
    await this.#post(`/inbox/${encodeURIComponent(id)}/${change}`, undefined);
  }

  /** Puts an item off until an instant.
   *  @throws as [`change`] does. */
  async snooze(id: string, until: Date): Promise<void> {
    await this.#post(`/inbox/${encodeURIComponent(id)}/snooze`, { until: until.toISOString() });
  }

  /** Marks as read what is known here, and not what comes meanwhile.
   *  @throws as [`change`] does. */
  async readAll(): Promise<void> {
    const through = this.#state.cursor?.seq;
    if (through !== undefined) await this.#post("/inbox/read", { through });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const owner = await this.#owner(signal);
    if (signal.aborted) return;
    const tabs = new Tabs(this.#options.base ?? "", owner, (message) => this.#hear(message));
    this.#tabs = tabs;
    tabs.tell({ kind: "hello" });
    this.#sync();
    await tabs.lead((leading) => this.#lead(leading), signal);
  }

  /** Whose inbox it is, as soon as there is a token. */
  async #owner(signal: AbortSignal): Promise<string | undefined> {
    const sleep = new Sleep();
    for (let wait = 1000; !signal.aborted; wait = Math.min(wait * 2, 30_000)) {
      try {
        return read.owner(await this.#api.token());
      } catch (error) {
        this.#stands(isLockedOut(error) ? "refused" : "waiting");
        await sleep.for(wait, signal);
      }
    }
    return undefined;
  }

  /** This tab has the connection. */
  async #lead(signal: AbortSignal): Promise<void> {
    const url = `${this.#options.realtime ?? this.#options.base ?? ""}/realtime/events`;
    const listener = {
      opened: () => {
        this.#stands("live");
        this.#sync();
      },
      told: (said: unknown) => this.#told(said),
      missed: () => this.#sync(),
      closed: (isRefused: boolean) => {
        this.#stands(isRefused ? "refused" : "waiting");
        // Where there is no stream, the list is asked for as often as a stream is.
        if (!isRefused) this.#sync();
      },
    };
    this.#stream = new Stream(this.#api, url, listener, this.#options.dice);
    await this.#stream.run(signal);
    this.#stream = undefined;
  }

  #hear(message: Message): void {
    if (message.kind === "hello") {
      if (this.#stream) this.#tabs?.tell({ kind: "state", state: this.#state, arrived: [] });
    } else if (message.kind === "counters") {
      this.#show(shown.withCounters(this.#state, message.counters), [], false);
      if (this.#stream) this.#catchUp();
    } else {
      this.#show(shown.adopted(this.#state, message.state), message.arrived, false);
    }
  }

  #told(said: unknown): void {
    const [arrival, counters] = [read.arrival(said), read.counters(said)];
    if (arrival && shown.isNext(this.#state, arrival)) {
      const { state, arrived } = shown.changed(this.#state, arrival);
      this.#show(state, arrived, true);
    } else if (counters) this.#show(shown.withCounters(this.#state, counters), [], true);
    this.#catchUp();
  }

  #catchUp(): void {
    if (shown.missing(this.#state) !== "nothing") this.#sync();
  }

  async #post(path: string, body: unknown): Promise<void> {
    const counters = read.counters(await this.#api.json("POST", path, body));
    if (counters) {
      this.#show(shown.withCounters(this.#state, counters), [], false);
      this.#tabs?.tell({ kind: "counters", counters });
    }
    await this.#sync();
  }

  /** Asks for what is missing. Whoever asks meanwhile has it asked for once more afterwards. */
  #sync(): Promise<void> {
    if (this.#syncing) {
      this.#isBehind = true;
      return this.#syncing;
    }
    this.#syncing = this.#walk().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #walk(): Promise<void> {
    let tries = 0;
    do {
      this.#isBehind = false;
      try {
        await this.#load();
      } catch (error) {
        // The stream tries again, and asks again once it is open.
        if (isLockedOut(error)) this.#stands("refused");
        return;
      }
      tries += 1;
    } while (this.#isBehind || (tries < TRIES && shown.missing(this.#state) !== "nothing"));
  }

  async #load(): Promise<void> {
    const limit = Math.min(this.#options.limit ?? LIMIT, shown.MAX_ITEMS);
    const { cursor } = this.#state;
    if (cursor !== undefined && shown.missing(this.#state) !== "everything") {
      const query = new URLSearchParams({ since: String(cursor.seq), epoch: cursor.epoch, limit: String(limit) });
      const page = read.page(await this.#api.json("GET", `/inbox?${query}`));
      if (page?.isComplete) {
        const { state, arrived } = shown.changed(this.#state, page);
        this.#show(state, arrived, true);
        return;
      }
    }
    const page = read.page(await this.#api.json("GET", `/inbox?limit=${limit}`));
    if (!page) return;
    const { state, arrived } = shown.reloaded(this.#state, page);
    this.#show(state, arrived, true);
  }

  #stands(status: Status): void {
    if (status !== this.#state.status) this.#show({ ...this.#state, status }, [], true);
  }

  /** Other tabs are told by whoever leads, and by nobody else. */
  #show(state: State, arrived: readonly Item[], isOurs: boolean): void {
    this.#state = state;
    this.dispatchEvent(new Event("change"));
    if (arrived.length > 0) this.dispatchEvent(new Arrival(arrived));
    if (isOurs && this.#stream) this.#tabs?.tell({ kind: "state", state, arrived });
  }
}
