const svg = 'http://www.w3.org/2000/svg';

/** Drawn, since not every system has a font with that character. */
export function paperclip(): SVGElement {
  const node = document.createElementNS(svg, 'svg');
  const attributes = { viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true' };
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  const wire = document.createElementNS(svg, 'path');
  wire.setAttribute('d', 'M16 9l-6 6a3.6 3.6 0 0 1-5-5l6.6-6.6a2.4 2.4 0 0 1 3.4 3.4L8.6 13.4a1.2 1.2 0 0 1-1.7-1.7L12.5 6');
  node.append(wire);
  return node;
}
