// The service worker of Web Push: shows what arrives, and opens what somebody presses.

// The library of pages stands in the way of that of workers: what is used of it is written down here.
interface Ending extends Event {
  waitUntil(until: Promise<unknown>): void;
}
interface PushArrived extends Ending {
  readonly data: { text(): string } | null;
}
interface Pressed extends Ending {
  readonly notification: Notification;
}
interface OpenPage {
  readonly url: string;
  focus(): Promise<unknown>;
}
interface WorkerScope {
  readonly registration: ServiceWorkerRegistration;
  readonly location: Location;
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly OpenPage[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install", listener: (event: Ending) => void): void;
  addEventListener(type: "push", listener: (event: PushArrived) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Pressed) => void): void;
}

const scope = globalThis as unknown as WorkerScope;

type Shown = { title?: unknown; body?: unknown; tag?: unknown; data?: unknown };

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** What the worker of Chasqui has sent; whatever else comes is shown as it is, for a browser demands that something is. */
function parsed(payload: string): Shown {
  try {
    const found: unknown = JSON.parse(payload);
    return typeof found === "object" && found !== null ? found : { body: payload };
  } catch {
    return { body: payload };
  }
}

async function show(payload: string): Promise<void> {
  const { title, body, tag, data } = parsed(payload);
  const options: NotificationOptions = { data, body: text(body) ?? "" };
  const named = text(tag);
  if (named !== undefined) options.tag = named;
  await scope.registration.showNotification(text(title) ?? scope.location.host, options);
}

/** The page that a notification leads to, if it is one of this origin. */
function address(data: unknown): string {
  const url = typeof data === "object" && data !== null && "url" in data ? text(data.url) : undefined;
  try {
    const whole = new URL(url ?? "/", scope.location.origin);
    return whole.origin === scope.location.origin ? whole.href : scope.location.origin;
  } catch {
    return scope.location.origin;
  }
}

async function open(data: unknown): Promise<void> {
  const wanted = address(data);
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find(({ url }) => url === wanted);
  await (there ? there.focus() : scope.clients.openWindow(wanted));
}

scope.addEventListener("install", (event) => event.waitUntil(scope.skipWaiting()));
scope.addEventListener("push", (event) => event.waitUntil(show(event.data?.text() ?? "")));
scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

export {};
