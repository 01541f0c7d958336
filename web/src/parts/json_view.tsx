import { Untrusted } from './untrusted';

/** Raw JSON as it would be printed, cut where nobody reads on. */
export function JsonView({ value }: { value: unknown }) {
  return (
    <pre class="json">
      <Untrusted text={JSON.stringify(value, null, 2) ?? ''} max={100_000} />
    </pre>
  );
}
