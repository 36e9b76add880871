// One connection for all tabs of one user: a lock says which tab has it, a channel tells the others what it hears.

import type { Counters, Item, State } from "./types";

/** What tabs tell each other. */
export type Message =
  | { readonly kind: "state"; readonly state: State; readonly arrived: readonly Item[] }
  /** Somebody has changed something in this tab: the list of all is behind these counters. */
  | { readonly kind: "counters"; readonly counters: Counters }
  /** A tab is new, and knows nothing yet. */
  | { readonly kind: "hello" };

export class Tabs {
  readonly #channel: BroadcastChannel | undefined;
  readonly #name: string | undefined;

  /** `owner` is undefined where nobody can say whose tab this is: it then shares nothing. */
  constructor(base: string, owner: string | undefined, hear: (message: Message) => void) {
    const isShared = owner !== undefined && typeof BroadcastChannel !== "undefined" && "locks" in navigator;
    this.#name = isShared ? `chasqui-inbox ${base} ${owner}` : undefined;
    this.#channel = this.#name === undefined ? undefined : new BroadcastChannel(this.#name);
    if (this.#channel) this.#channel.onmessage = ({ data }: MessageEvent<Message>) => hear(data);
  }

  tell(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** Runs `lead` while this tab is the one with the connection, which it may become after others were closed. */
  async lead(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#name === undefined) return lead(signal);
    try {
      await navigator.locks.request(this.#name, { signal }, () => lead(signal));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  close(): void {
    this.#channel?.close();
  }
}
