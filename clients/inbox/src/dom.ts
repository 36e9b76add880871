// Elements made of names and texts, never of markup.

const SVG = "http://www.w3.org/2000/svg";
const BELL = ["M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15z", "M10 21h4"];

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...inside: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...inside);
  return element;
}

/** The picture on the button, which says nothing that its name does not. */
export function picture(): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const line of BELL) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

/** Sets a text only where it is another: a live region says again what is set again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
