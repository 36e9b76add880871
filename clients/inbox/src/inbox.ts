// What a page gets from the one file: the element <chasqui-bell>, and what it is made of for whoever draws their own.

import { Bell } from "./bell";

export { Refused, type TokenSource } from "./api";
export { Arrival, InboxClient, type Change, type Options } from "./client";
export { canSubscribe, subscribe, type Subscribed } from "./push";
export type { Action, Counters, Item, State, Status } from "./types";
export { Bell };

if (!customElements.get("chasqui-bell")) customElements.define("chasqui-bell", Bell);
