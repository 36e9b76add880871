// The look of the bell. It is a sheet that a script constructs, which the strictest policy of a page allows; colours are
// pairs of light and dark, and follow the `color-scheme` of the page.

const RULES = `
:host { position: relative; display: inline-block; font: 0.875rem/1.45 system-ui, sans-serif; color: var(--ink);
  --ink: light-dark(#1c2024, #e4e7ea); --soft: light-dark(#565d64, #a4adb5); --panel: light-dark(#ffffff, #1b1f23);
  --raised: light-dark(#f1f2f2, #252a2f); --line: light-dark(#d8dbde, #363d44); --accent: light-dark(#155e94, #7cbcec);
  --accent-ink: light-dark(#ffffff, #0c1a25); --bad: light-dark(#ac1f2d, #ff9a9f); }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
button { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 4px;
  padding: 0.3rem 0.5rem; cursor: pointer; text-align: start; }
button:hover { background: var(--raised); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.bell { position: relative; display: grid; place-items: center; width: 2.75rem; height: 2.75rem; padding: 0;
  border-color: var(--line); background: var(--panel); }
.bell svg { width: 1.4rem; height: 1.4rem; fill: none; stroke: currentColor; stroke-width: 1.8;
  stroke-linecap: round; stroke-linejoin: round; }
.count { position: absolute; top: -0.35rem; right: -0.35rem; min-width: 1.3rem; padding: 0 0.3rem;
  border-radius: 0.7rem; background: var(--accent); color: var(--accent-ink); font-size: 0.75rem;
  line-height: 1.3rem; text-align: center; font-variant-numeric: tabular-nums; }
.unheard { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.panel { position: absolute; top: calc(100% + 0.4rem); inset-inline-end: 0; z-index: 10; display: flex;
  flex-direction: column; width: 24rem; max-width: calc(100vw - 1rem); max-height: min(32rem, 80vh);
  background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  box-shadow: 0 4px 16px rgb(0 0 0 / 25%); overflow-wrap: anywhere; }
.panel.start { inset-inline: 0 auto; }
.head { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; justify-content: space-between;
  padding: 0.5rem 0.75rem; border-bottom: 1px solid var(--line); }
h2 { margin: 0; font-size: 1rem; }
.head button, .push button { color: var(--accent); }
.list { margin: 0; padding: 0; overflow-y: auto; list-style: none; }
.list > li { display: grid; grid-template-columns: 1fr auto; gap: 0 0.5rem; padding: 0.5rem 0.75rem;
  border-bottom: 1px solid var(--line); }
.list > li.unread { border-inline-start: 4px solid var(--accent); padding-inline-start: calc(0.75rem - 3px); }
.list > li.unread .title { font-weight: 650; }
.title, .text, .time { margin: 0; grid-column: 1; }
.title a { color: var(--accent); text-underline-offset: 0.15em; }
.text { white-space: pre-line; }
.time { color: var(--soft); font-size: 0.8rem; }
.acts { grid-column: 2; grid-row: 1 / span 3; display: flex; flex-direction: column; align-items: stretch; }
.acts button { min-width: 2.75rem; min-height: 2rem; color: var(--accent); font-size: 0.8rem; }
.note { margin: 0; padding: 0.5rem 0.75rem; color: var(--soft); }
.note.bad { color: var(--bad); }
.push { padding: 0.35rem 0.75rem; border-top: 1px solid var(--line); }
.push p { margin: 0; color: var(--soft); }
@media (max-width: 30rem) {
  .panel, .panel.start { position: fixed; inset: auto 0 0 0; width: auto; max-width: none; max-height: 75vh;
    border-radius: 10px 10px 0 0; }
}
`;

let sheet: CSSStyleSheet | undefined;

/** The same for every bell of the page. */
export function style(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(RULES);
  }
  return sheet;
}
