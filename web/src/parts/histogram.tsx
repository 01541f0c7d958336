// Events over time, stacked by severity. A drag selects a span of time. It does not change its scale under the pointer.
import { useRef, useState } from 'preact/hooks';
import { brushed, bucketAt, timeAt, type Span } from '../brush';
import { now } from '../clock';
import { severities, type Histogram, type HistogramBucket } from '../contract';
import { text } from '../i18n';
import { formatCount } from '../number';
import { language } from '../setting';
import { formatDayMinute, formatMinute, formatMoment } from '../time';
import { SeverityMark } from './mark';

const height = 56;

/** From this length on, a clock alone would be ambiguous. */
const longAxisMs = 20 * 3_600_000;

/** Least severe at the bottom, so that what matters sticks out on top. */
const stack = [...severities].reverse();

function Bar({ bucket, at, width, top }: { bucket: HistogramBucket; at: number; width: number; top: number }) {
  let y = height;
  return (
    <>
      {stack.map((severity) => {
        const count = bucket[severity] ?? 0;
        if (count === 0) return null;
        const size = Math.max(1, (count / top) * (height - 2));
        y -= size;
        return <rect key={severity} class={`bar-${severity}`} x={at} y={y} width={width} height={size} />;
      })}
    </>
  );
}

function Legend({ histogram, at }: { histogram: Histogram; at: number | null }) {
  const t = text.value.events;
  const bucket = at === null ? null : histogram.items[at];
  const total = (key: 'total' | (typeof severities)[number]) =>
    bucket ? (bucket[key] ?? 0) : histogram.items.reduce((sum, item) => sum + (item[key] ?? 0), 0);
  return (
    <div class="histogram-legend">
      <span>{bucket ? formatMoment(Date.parse(bucket.at), now.peek(), language.value) : t.inRange}</span>
      <b>{formatCount(total('total'), language.value)}</b>
      {severities.map((severity) => (
        <span key={severity} class="legend-item">
          <SeverityMark severity={severity} /> {formatCount(total(severity), language.value)}
        </span>
      ))}
    </div>
  );
}

interface Props {
  histogram: Histogram;
  /** Terms that the counts do not respect, as typed. */
  without: string;
  choose: (span: Span) => void;
  onHover: (over: boolean) => void;
}

export function HistogramView({ histogram, without, choose, onHover }: Props) {
  const t = text.value.events;
  const svg = useRef<SVGSVGElement>(null);
  const [pointer, setPointer] = useState<number | null>(null);
  const [start, setStart] = useState<number | null>(null);
  const count = Math.max(1, histogram.items.length);
  const top = Math.max(1, ...histogram.items.map((bucket) => bucket.total));
  const place = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) : 0;
  };
  const span = start !== null && pointer !== null ? brushed(histogram, start, pointer) : null;
  const from = Date.parse(histogram.from);
  const whole = histogram.step_ms * count;
  const axis = whole >= longAxisMs ? formatDayMinute : formatMinute;
  return (
    <figure class="histogram">
      <svg
        ref={svg}
        viewBox={`0 0 ${count * 10} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t.histogramLabel}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          svg.current?.setPointerCapture(event.pointerId);
          setStart(place(event));
        }}
        onPointerMove={(event) => setPointer(place(event))}
        onPointerEnter={() => onHover(true)}
        onPointerLeave={() => {
          onHover(false);
          if (start === null) setPointer(null);
        }}
        onPointerUp={(event) => {
          const chosen = start === null ? null : brushed(histogram, start, place(event));
          setStart(null);
          if (chosen) choose(chosen);
        }}
        onPointerCancel={() => setStart(null)}
      >
        <rect class="histogram-ground" width={count * 10} height={height} />
        {histogram.items.map((bucket, i) => (
          <Bar key={bucket.at} bucket={bucket} at={i * 10 + 1} width={8} top={top} />
        ))}
        {pointer !== null && start === null && <rect class="histogram-pointer" x={bucketAt(histogram, pointer) * 10} width={10} height={height} />}
        {span && <rect class="histogram-brush" x={((span.from - from) / whole) * count * 10} width={((span.to - span.from) / whole) * count * 10} height={height} />}
      </svg>
      <div class="histogram-axis muted">
        {[0, 0.25, 0.5, 0.75, 1].map((at) => (
          <span key={at}>{axis(timeAt(histogram, at), language.value)}</span>
        ))}
      </div>
      <figcaption>
        <Legend histogram={histogram} at={pointer === null ? null : bucketAt(histogram, pointer)} />
        <span class="muted">{without ? t.histogramWithout(without) : t.brushHint}</span>
      </figcaption>
    </figure>
  );
}
