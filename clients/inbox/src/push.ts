// Web Push: subscribes this browser with the public key of the installation. What comes of it is a destination of the
// channel `webpush`, which the page gives to whoever keeps destinations.

export type Subscribed = { readonly subscription: PushSubscriptionJSON } | { readonly problem: "blocked" | "failed" };

export function canSubscribe(): boolean {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

/** A key as a subscription has it: 65 bytes of base64url. */
function bytes(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  const found = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) found[at] = text.charCodeAt(at);
  return found;
}

function isSame(key: ArrayBuffer | null, wanted: Uint8Array): boolean {
  const found = new Uint8Array(key ?? new ArrayBuffer(0));
  return found.length === wanted.length && found.every((byte, at) => byte === wanted[at]);
}

/** Asks the person, and subscribes. To be called when a person has pressed something: browsers ask at no other time.
 *  `key` is `WEB_VAPID_PUBLIC_KEY`, `worker` the address of `inbox-worker.js` on the page's own origin. */
export async function subscribe(key: string, worker: string): Promise<Subscribed> {
  if (!canSubscribe()) return { problem: "failed" };
  if ((await Notification.requestPermission()) !== "granted") return { problem: "blocked" };
  try {
    const registration = await ready(await navigator.serviceWorker.register(worker, { updateViaCache: "none" }));
    const applicationServerKey = bytes(key);
    const old = await registration.pushManager.getSubscription();
    if (old && isSame(old.options.applicationServerKey, applicationServerKey)) return { subscription: old.toJSON() };
    // One of another pair of keys gets nothing any more, and stands in the way of a new one.
    await old?.unsubscribe();
    const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
    return { subscription: made.toJSON() };
  } catch {
    return { problem: "failed" };
  }
}

/** A worker subscribes only once it is active, and this page may lie outside its scope. */
async function ready(registration: ServiceWorkerRegistration): Promise<ServiceWorkerRegistration> {
  const coming = registration.active ? undefined : (registration.installing ?? registration.waiting);
  if (coming && coming.state !== "activated") {
    await new Promise<void>((done, failed) => {
      coming.addEventListener("statechange", () => {
        if (coming.state === "activated") done();
        else if (coming.state === "redundant") failed(new Error("the service worker was not installed"));
      });
    });
  }
  return registration;
}
