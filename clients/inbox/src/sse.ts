// The lines of a text/event-stream, as the HTML standard has them read (section 9.2.6), from pieces of any size.

export interface ServerEvent {
  readonly type: string;
  readonly data: string;
}

/** More than this is no event of ours: the stream is given up instead of being kept in memory. */
const MAX_BYTES = 1 << 20;

export class EventReader {
  #rest = "";
  #type = "";
  #data: string[] = [];
  #size = 0;
  #isFirst = true;
  #endedByReturn = false;
  /** Milliseconds that the server wants to pass before the next connection, where it has said so. */
  retryMs: number | undefined;

  /** The events that end in this piece.
   *  @throws RangeError for a line or an event beyond all measure. */
  read(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    let text = this.#rest + this.#begun(piece);
    for (;;) {
      const end = text.search(/[\r\n]/);
      if (end < 0) break;
      const isReturn = text[end] === "\r";
      this.#line(text.slice(0, end), events);
      text = text.slice(end + 1);
      // The other half of the end of a line may come with the next piece.
      if (isReturn && text.startsWith("\n")) text = text.slice(1);
      else if (isReturn && text === "") this.#endedByReturn = true;
    }
    this.#rest = text;
    if (text.length + this.#size > MAX_BYTES) throw new RangeError("an event of the stream is too long");
    return events;
  }

  #begun(piece: string): string {
    let text = piece;
    if (this.#isFirst && text !== "") {
      this.#isFirst = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    if (this.#endedByReturn && text !== "") {
      this.#endedByReturn = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    return text;
  }

  #line(line: string, events: ServerEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push({ type: this.#type || "message", data: this.#data.join("\n") });
      [this.#type, this.#data, this.#size] = ["", [], 0];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#type = value;
    else if (name === "data") {
      this.#data.push(value);
      this.#size += value.length;
    } else if (name === "retry" && /^[0-9]{1,7}$/.test(value)) this.retryMs = Number(value);
  }
}
