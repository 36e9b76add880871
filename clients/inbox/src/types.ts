// What the inbox of one user is, as the server writes it and as this client reads it.

/** Numbers of the server, which are shown as they are and never added up. */
export interface Counters {
  readonly unread: number;
  readonly unseen: number;
  /** The position of the newest change of the inbox. */
  readonly seq: number;
  /** Positions of two epochs cannot be compared. */
  readonly epoch: string;
}

/** Up to where the list is known. */
export interface Cursor {
  readonly seq: number;
  readonly epoch: string;
}

export interface Action {
  readonly label: string | undefined;
  readonly url: string;
}

export interface Item {
  readonly id: string;
  readonly seq: number;
  readonly kind: string;
  readonly title: string;
  readonly body: string;
  readonly priority: string;
  readonly data: unknown;
  readonly action: Action | undefined;
  /** An instant of RFC 3339. */
  readonly at: string;
  readonly isSeen: boolean;
  readonly isRead: boolean;
  readonly isArchived: boolean;
  /** Put off until then, in milliseconds of the epoch: nobody sees it before. 0 where it is not put off. */
  readonly snoozedUntil: number;
}

/** An answer to `GET /inbox`. */
export interface Page {
  readonly items: readonly Item[];
  readonly counters: Counters;
  /** Whether these are all changes after the cursor that was given. If not, the list is loaded anew. */
  readonly isComplete: boolean;
}

/** How the client stands with the server. */
export type Status = "connecting" | "live" | "waiting" | "refused";

/** What all tabs of one user show. */
export interface State {
  /** The newest first. */
  readonly items: readonly Item[];
  readonly counters: Counters | undefined;
  readonly cursor: Cursor | undefined;
  readonly status: Status;
}
