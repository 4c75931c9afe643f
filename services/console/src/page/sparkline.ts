import { some } from './words.ts';

const svg = 'http://www.w3.org/2000/svg';
const width = 120;
const height = 32;

function shape(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const node = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** The last hour of one platform, a column for each minute in and a line for what went out. */
export function createSparkline(): SVGSVGElement {
  const node = document.createElementNS(svg, 'svg');
  for (const [key, value] of Object.entries({
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: 'none',
    role: 'img',
    class: 'spark',
  }))
    node.setAttribute(key, value);
  node.append(
    shape('path', { class: 'base', d: `M0 ${height}H${width}` }),
    shape('path', { class: 'in', d: '' }),
    shape('path', { class: 'out', d: '' }),
    shape('title', {}),
  );
  return node;
}

export function setSparkline(node: SVGSVGElement, flow: { readonly in: readonly number[]; readonly out: readonly number[] }): void {
  const most = Math.max(1, ...flow.in, ...flow.out);
  const step = width / Math.max(1, flow.in.length);
  const y = (value: number) => (height - (value / most) * (height - 2)).toFixed(1);
  const columns = flow.in.map((value, index) =>
    value === 0 ? '' : `M${(index * step).toFixed(1)} ${height}V${y(value)}h${(step * 0.8).toFixed(1)}V${height}Z`,
  );
  const line = flow.out.map((value, index) => `${index === 0 ? 'M' : 'L'}${((index + 0.4) * step).toFixed(1)} ${y(value)}`);
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const words = `Last hour: ${some(total(flow.in), 'message')} in, ${some(total(flow.out), 'message')} out; at most ${most} in a minute`;
  node.querySelector('.in')?.setAttribute('d', columns.join(''));
  node.querySelector('.out')?.setAttribute('d', total(flow.out) === 0 ? '' : line.join(''));
  const title = node.querySelector('title');
  if (title) title.textContent = words;
  node.setAttribute('aria-label', words);
}
