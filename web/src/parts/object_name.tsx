import type { Maybe } from '../contract';
import { objectLabel, parseObject } from '../object';
import { plainUntrusted } from '../untrusted';
import { Untrusted } from './untrusted';

/** `deployment shop/cart`: the kind muted, the name to be read. */
export function ObjectName({ object }: { object: Maybe<string> }) {
  const ref = parseObject(object);
  return (
    <span class="object" title={plainUntrusted(object ?? '')}>
      <span class="kind">{ref.kind} </span>
      <Untrusted text={objectLabel(ref)} />
    </span>
  );
}
