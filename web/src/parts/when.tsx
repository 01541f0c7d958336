// Times as people read them, with the whole time in the tooltip.
import { now } from '../clock';
import type { Maybe } from '../contract';
import { text } from '../i18n';
import { absent } from '../number';
import { language } from '../setting';
import { formatDuration, formatFull, formatMoment, parseTime } from '../time';

interface Props {
  at: Maybe<string>;
}

/** How long ago, growing by itself. */
export function Age({ at }: Props) {
  const time = parseTime(at);
  if (time === null) return <span class="muted">{absent}</span>;
  return (
    <time dateTime={at ?? ''} title={formatFull(time, language.value)}>
      {formatDuration(now.value - time, language.value)}
    </time>
  );
}

export function Moment({ at }: Props) {
  const time = parseTime(at);
  if (time === null) return <span class="muted">{text.value.common.unknownTime}</span>;
  return (
    <time dateTime={at ?? ''} title={formatFull(time, language.value)}>
      {formatMoment(time, now.value, language.value)}
    </time>
  );
}
