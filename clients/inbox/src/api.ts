// Requests with a bearer token that the page gives, and gives anew when the server refuses the old one.

/** Gives a token. `isRefused` says that the one before it is not taken any more. */
export type TokenSource = (isRefused: boolean) => Promise<string>;

/** The server has refused a request. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    /** Seconds after which it may be asked again, where it has said so. */
    readonly retryAfter: number | undefined,
  ) {
    super(`the server has answered ${status}`);
    this.name = "Refused";
  }
}

/** Whether somebody is let in no more, and not only for a while. */
export function isLockedOut(error: unknown): boolean {
  return error instanceof Refused && (error.status === 401 || error.status === 403);
}

/** An answer takes no longer than this. The stream has a watch of its own. */
const PATIENCE_MS = 20_000;

export class Api {
  #token: Promise<string> | undefined;

  constructor(
    private readonly base: string,
    private readonly source: TokenSource,
  ) {}

  /** The token that is in use. */
  token(): Promise<string> {
    this.#token ??= this.#ask(false);
    return this.#token;
  }

  /** Asks for another token, once for all who ask meanwhile. `refused` is the one that is not taken, or soon will not be. */
  async renew(refused: string): Promise<string> {
    const current = await this.token();
    if (current === refused) this.#token = this.#ask(true);
    return this.token();
  }

  /** The answer as JSON.
   *  @throws Refused for every status but those of success; what `fetch` throws where nobody answers. */
  async json(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> {
    const init: RequestInit = { method, signal: AbortSignal.timeout(PATIENCE_MS), keepalive: method === "POST" };
    const headers: Record<string, string> = { accept: "application/json" };
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const answer = await this.send(this.base + path, { ...init, headers });
    const text = await answer.text();
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Sends a request, and once more with another token where the first is refused.
   *  @throws as [`json`] does. */
  async send(url: string, init: RequestInit): Promise<Response> {
    const token = await this.token();
    let answer = await this.#once(url, init, token);
    if (answer.status === 401) {
      await answer.body?.cancel();
      answer = await this.#once(url, init, await this.renew(token));
    }
    if (answer.ok) return answer;
    await answer.body?.cancel();
    const after = Number(answer.headers.get("retry-after") ?? NaN);
    throw new Refused(answer.status, after >= 0 ? Math.min(after, 3600) : undefined);
  }

  #once(url: string, init: RequestInit, token: string): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` };
    // The token says who asks: a cookie of the page would only be in the way.
    return fetch(url, { ...init, headers, cache: "no-store", credentials: "omit" });
  }

  /** A token that could not be had is asked for again by whoever needs one next. */
  #ask(isRefused: boolean): Promise<string> {
    const asked = this.source(isRefused);
    asked.catch(() => {
      if (this.#token === asked) this.#token = undefined;
    });
    return asked;
  }
}
