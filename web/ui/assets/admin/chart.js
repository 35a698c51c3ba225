// A chart over time. Its colours are the page's own, and follow light and dark.

import { html, useEffect, useRef } from '../lib/html.js';
import { number } from '../lib/i18n.js';
import UPlot from '../vendor/uplot.js';
import { clock } from './times.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dark = matchMedia('(prefers-color-scheme: dark)');

// What is written at an axis says the second, and counts whole things: finer steps
// would say the same twice.
const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const wholes = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((p) => n * 10 ** p)).sort((a, b) => a - b);
const least = 60; // seconds that a chart is wide, also when little has happened

// Chart draws points: lines are [{of, label, colour}] where of is a point's field and
// colour a token's name. stacked lays them upon each other.
export function Chart({ points, lines, label, stacked = false, height = 200 }) {
  const box = useRef(null);
  const plot = useRef(null);
  const data = dataOf(points, lines, stacked);
  useEffect(() => {
    const make = () => {
      plot.current?.destroy();
      plot.current = new UPlot(options(lines, stacked, box.current.clientWidth, height), data, box.current);
    };
    make();
    const wide = new ResizeObserver(() => plot.current?.setSize({ width: box.current.clientWidth, height }));
    wide.observe(box.current);
    dark.addEventListener('change', make);
    return () => { wide.disconnect(); dark.removeEventListener('change', make); plot.current?.destroy(); plot.current = null; };
  }, [lines.map((l) => l.label).join()]);
  useEffect(() => { plot.current?.setData(data); });
  const last = points[points.length - 1];
  const drawn = points.length > 0 ? Math.round((last.at - points[0].at) / 1000) : 0;
  return html`<figure class="chart" data-seconds=${drawn}><figcaption><b>${label}</b><span class="legend">${lines.map((l) => html`<span key=${l.of}><i data-colour=${l.colour.slice(2)}></i>${l.label} <b class="num">${number(Math.round(last?.[l.of] ?? 0))}</b></span>`)}</span></figcaption>
    <div ref=${box} class="plot" role="img" aria-label=${`${label}: ${lines.map((l) => `${l.label} ${number(Math.round(last?.[l.of] ?? 0))}`).join(', ')}`}></div></figure>`;
}

function dataOf(points, lines, stacked) {
  const unknown = stacked ? 0 : null; // a gap
  const columns = lines.map((l) => points.map((p) => p[l.of] ?? unknown));
  // The first line lies on top of all others.
  if (stacked) for (let i = columns.length - 2; i >= 0; i--) columns[i] = columns[i].map((v, at) => v + columns[i + 1][at]);
  return [points.map((p) => p.at / 1000), ...columns];
}

function options(lines, stacked, width, height) {
  const soft = colour('--soft');
  const axis = { stroke: soft, font: `12px ${colour('--font')}`, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  return {
    width, height, legend: { show: false }, cursor: { show: false }, padding: [8, 28, 0, 0],
    scales: { x: { range: (_, min, max) => [Math.min(min, max - least), max] }, y: { range: (_, __, max) => [0, Math.max(max * 1.08, 1)] } },
    axes: [{ ...axis, incrs: seconds, values: (_, ticks) => ticks.map((s) => clock(s * 1000)), space: 90, size: 28 },
      { ...axis, incrs: wholes, values: (_, ticks) => ticks.map((v) => (v >= 10_000 ? `${v / 1000}k` : v)), size: 52 }],
    series: [{}, ...lines.map((l) => ({ label: l.label, stroke: colour(l.colour), width: 2, points: { show: false },
      fill: stacked ? `color-mix(in srgb, ${colour(l.colour)} 30%, ${colour('--card')})` : undefined }))],
  };
}
