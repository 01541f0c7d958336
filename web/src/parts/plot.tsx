// One metric over time. All plots of a page share the pointer; incidents are marked; gaps in the data stay gaps.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Incident, Series } from '../contract';
import { incidentMarks } from '../incident_marks';
import { language, theme, zone } from '../setting';
import { formatDayMinute, formatMinute, formatMoment } from '../time';
import { now } from '../clock';
import { absent } from '../number';

const height = 132;
const sharedPointer = 'aetherius';

/** Bytes are read in powers of two, so their grid stands on such. */
const byteSteps = Array.from({ length: 50 }, (_, power) => 2 ** power);

interface Props {
  title: string;
  series: Series;
  since: number;
  until: number;
  incidents: readonly Incident[];
  format: (value: number) => string;
  /** A drag over the plot: the span in milliseconds. */
  choose: (from: number, to: number) => void;
  onHover: (over: boolean) => void;
}

/** A colour of the style sheet as the canvas needs it. */
function colour(element: Element, name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function drawMarks(plot: uPlot, incidents: readonly Incident[], until: number, colours: Record<string, string>): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const { bands, starts } = incidentMarks(incidents, until);
  ctx.globalAlpha = 0.1;
  for (const band of bands) {
    const x = plot.valToPos(band.from / 1000, 'x', true);
    ctx.fillStyle = colours[band.severity] ?? '#888';
    ctx.fillRect(x, bbox.top, Math.max(2, plot.valToPos(band.to / 1000, 'x', true) - x), bbox.height);
  }
  ctx.globalAlpha = 1;
  for (const start of starts) {
    const x = plot.valToPos(start.at / 1000, 'x', true);
    ctx.fillStyle = ctx.strokeStyle = colours[start.severity] ?? '#888';
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const size = 5 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + size * 1.4);
    ctx.fill();
  }
  ctx.restore();
}

export function Plot({ title, series, since, until, incidents, format, choose, onHover }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const latest = useRef({ incidents, since, until, choose, format });
  latest.current = { incidents, since, until, choose, format };
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const chosen = language.value;
  const clock = zone.value;

  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => setSystemDark(media.matches);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, []);

  useEffect(() => {
    const element = holder.current;
    if (!element) return undefined;
    const colours = Object.fromEntries(['critical', 'high', 'medium', 'low', 'info'].map((name) => [name, colour(element, `--${name}`)]));
    const muted = colour(element, '--muted');
    const axis = { stroke: muted, grid: { stroke: colour(element, '--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
    const options: uPlot.Options = {
      width: element.clientWidth,
      height,
      legend: { show: false },
      ...(clock === 'utc' ? { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC') } : {}),
      cursor: { sync: { key: sharedPointer }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: { x: { time: true, range: () => [latest.current.since / 1000, latest.current.until / 1000] }, y: { range: (_, __, high) => [0, high > 0 ? high * 1.08 : 1] } },
      axes: [
        { ...axis, size: 24, values: (_, splits) => splits.map((split) => (splits.length > 1 && (splits[1] ?? 0) - (splits[0] ?? 0) >= 14_400 ? formatDayMinute : formatMinute)(split * 1000, chosen)) },
        { ...axis, size: 58, ...(series.unit === 'bytes' ? { incrs: byteSteps } : {}), values: (_, splits) => splits.map((split) => latest.current.format(split)) },
      ],
      series: [{}, { stroke: colour(element, '--accent'), width: 1.5, fill: colour(element, '--accent-soft'), points: { show: false }, spanGaps: false }],
      hooks: {
        draw: [(self) => drawMarks(self, latest.current.incidents, latest.current.until, colours)],
        setCursor: [(self) => setAt(self.cursor.idx ?? null)],
        setSelect: [
          (self) => {
            if (self.select.width < 4) return;
            const from = self.posToVal(self.select.left, 'x') * 1000;
            const to = self.posToVal(self.select.left + self.select.width, 'x') * 1000;
            latest.current.choose(from, to);
          },
        ],
      },
    };
    const made = new uPlot(options, [[], []], element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [theme.value, systemDark, chosen, clock]);

  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    const points = series.points;
    made.setData([points.map(([time]) => time / 1000), points.map(([, value]) => value)]);
  }, [series, since, until, theme.value, systemDark, chosen, clock]);

  useEffect(() => plot.current?.redraw(), [incidents]);

  const point = at === null ? series.points.at(-1) : series.points[at];
  return (
    <figure class="plot" onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}>
      <figcaption>
        <span>{title}</span>
        <span class="grow" />
        <span class="muted">{point ? formatMoment(point[0], now.peek(), chosen) : ''}</span>
        <b>{point?.[1] == null ? absent : format(point[1])}</b>
      </figcaption>
      <div ref={holder} class="plot-area" />
    </figure>
  );
}
