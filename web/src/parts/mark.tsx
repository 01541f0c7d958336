// Marks that carry meaning by shape and colour; the word stands beside them or is read aloud.
import type { ClusterState, Maybe } from '../contract';
import { text } from '../i18n';
import { severityOf, type KnownSeverity } from '../severity';

function SeverityShape({ severity }: { severity: KnownSeverity }) {
  switch (severity) {
    case 'critical':
      return <path d="M6 0 12 6 6 12 0 6Z M5.2 2.8v4h1.6v-4Z M5.2 7.6v1.6h1.6v-1.6Z" fill="currentColor" fill-rule="evenodd" />;
    case 'high':
      return <path d="M6 0.8 11.8 11.2H0.2Z" fill="currentColor" />;
    case 'medium':
      return <rect x="1.5" y="1.5" width="9" height="9" rx="1" fill="currentColor" />;
    case 'low':
      return <circle cx="6" cy="6" r="4" fill="currentColor" />;
    case 'info':
      return <circle cx="6" cy="6" r="3.6" fill="none" stroke="currentColor" stroke-width="1.5" />;
    default:
      return <path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="1.5" />;
  }
}

/** `bare` leaves the word to screen readers, for places where the shape is explained nearby. */
export function SeverityMark({ severity, bare }: { severity: Maybe<string>; bare?: boolean }) {
  const known = severityOf(severity);
  const word = text.value.severity[known];
  return (
    <span class={`severity tone-${known}`} title={bare ? word : undefined}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        <SeverityShape severity={known} />
      </svg>
      <span class={bare ? 'hidden-text' : undefined}>{word}</span>
    </span>
  );
}

const stateShapes: Record<ClusterState, preact.JSX.Element> = {
  online: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  degraded: (
    <>
      <circle cx="6" cy="6" r="4.3" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M6 1.7a4.3 4.3 0 0 0 0 8.6Z" fill="currentColor" />
    </>
  ),
  offline: <path d="M1.5 1.5h9v9h-9Z M2 7 7 2M2 10.5 10.5 2M5.5 10.5 10.5 5.5" fill="none" stroke="currentColor" stroke-width="1.2" />,
  pending: <circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.2 2" />,
  refused: <path d="M6 1.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 1 0 0-9.6Z M2.6 9.4 9.4 2.6" fill="none" stroke="currentColor" stroke-width="1.5" />,
};

export function StateMark({ state, bare }: { state: ClusterState; bare?: boolean }) {
  const word = text.value.clusterState[state] ?? state;
  return (
    <span class={`severity tone-${state}`} title={bare ? word : undefined}>
      <svg class="mark" viewBox="0 0 12 12" aria-hidden="true">
        {stateShapes[state]}
      </svg>
      <span class={bare ? 'hidden-text' : undefined}>{word}</span>
    </span>
  );
}
