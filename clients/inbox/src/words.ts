// What the bell says, in English and Spanish.

export interface Words {
  readonly name: string;
  /** The name with how many are unread. */
  readonly unread: (count: number) => string;
  readonly empty: string;
  readonly readAll: string;
  readonly read: string;
  readonly unreadAgain: string;
  readonly archive: string;
  readonly isUnread: string;
  readonly open: string;
  /** What has arrived, for whoever hears it. */
  readonly arrived: (titles: readonly string[]) => string;
  readonly waiting: string;
  readonly refused: string;
  readonly connecting: string;
  readonly failed: string;
  readonly subscribe: string;
  readonly subscribed: string;
  readonly blocked: string;
  readonly noPush: string;
}

const EN: Words = {
  name: "Notifications",
  unread: (count) => (count === 0 ? "Notifications, none unread" : `Notifications, ${count} unread`),
  empty: "There is nothing here.",
  readAll: "Mark all as read",
  read: "Mark as read",
  unreadAgain: "Mark as unread",
  archive: "Archive",
  isUnread: "Unread",
  open: "Open",
  arrived: (titles) => (titles.length === 1 ? `New: ${titles[0]}` : `${titles.length} new notifications`),
  waiting: "Not connected. What arrives meanwhile is shown as soon as the connection is back.",
  refused: "This session is not let in. Log in again to see what is new.",
  connecting: "Connecting…",
  failed: "That did not work. Please try again.",
  subscribe: "Notify me on this device too",
  subscribed: "This device is notified too.",
  blocked: "This browser blocks notifications of this site.",
  noPush: "This browser could not subscribe.",
};

const ES: Words = {
  name: "Notificaciones",
  unread: (count) => (count === 0 ? "Notificaciones, ninguna sin leer" : `Notificaciones, ${count} sin leer`),
  empty: "No hay nada aquí.",
  readAll: "Marcar todas como leídas",
  read: "Marcar como leída",
  unreadAgain: "Marcar como no leída",
  archive: "Archivar",
  isUnread: "Sin leer",
  open: "Abrir",
  arrived: (titles) => (titles.length === 1 ? `Nueva: ${titles[0]}` : `${titles.length} notificaciones nuevas`),
  waiting: "Sin conexión. Lo que llegue mientras tanto se muestra cuando vuelva.",
  refused: "Esta sesión no tiene acceso. Inicie sesión otra vez para ver lo nuevo.",
  connecting: "Conectando…",
  failed: "No funcionó. Intente otra vez.",
  subscribe: "Avisarme también en este dispositivo",
  subscribed: "Este dispositivo también recibe avisos.",
  blocked: "Este navegador bloquea las notificaciones de este sitio.",
  noPush: "Este navegador no pudo suscribirse.",
};

/** The words of a language tag, English where there are none. */
export function words(lang: string): Words {
  return /^es\b/i.test(lang) ? ES : EN;
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago an instant is. Clocks of two machines are never quite alike: what seems to be ahead is now. */
export function ago(at: string, now: number, lang: string): string {
  const elapsed = Math.max(0, (now - Date.parse(at)) / 1000);
  if (Number.isNaN(elapsed)) return "";
  const format = new Intl.RelativeTimeFormat(/^es\b/i.test(lang) ? "es" : "en", { numeric: "auto" });
  const found = UNITS.find(([, length]) => elapsed >= length);
  return found ? format.format(-Math.floor(elapsed / found[1]), found[0]) : format.format(0, "second");
}
