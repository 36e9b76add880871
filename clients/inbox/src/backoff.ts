// How long to wait: longer after each failure, and never as long as everybody else.

/** A number from 0 up to and without 1. */
export type Dice = () => number;

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export class Backoff {
  #failures = 0;

  constructor(private readonly dice: Dice) {}

  /** Milliseconds before the next try: between half of a time that doubles, and all of it. */
  next(): number {
    const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    return Math.round(whole / 2 + (whole / 2) * this.dice());
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Milliseconds at some time within so many seconds. */
export function within(seconds: number, dice: Dice): number {
  return Math.round(seconds * 1000 * dice());
}

/** Waits; what is woken or aborted waits no longer. */
export class Sleep {
  #wake: (() => void) | undefined;

  async for(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
      signal.addEventListener("abort", this.#wake, { once: true });
    });
    if (this.#wake) signal.removeEventListener("abort", this.#wake);
    this.#wake = undefined;
  }

  wake(): void {
    this.#wake?.();
  }
}
