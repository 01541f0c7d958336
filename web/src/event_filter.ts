// The keys by which events are filtered, and what the server can do of it.
import { severities, type ClusterEvent } from './contract';
import type { Schema } from './query';
import { isSeverity } from './severity';

/** Kubernetes' own Normal and Warning; an agent that did not send it is read by the severity. */
export function kubernetesType(event: ClusterEvent): 'Normal' | 'Warning' {
  const sent = event.event_type;
  if (sent === 'Normal' || sent === 'Warning') return sent;
  return event.severity === 'info' ? 'Normal' : 'Warning';
}

const wireTypes = ['k8s_event', 'k8s_state'];

export const eventSchema: Schema<ClusterEvent> = {
  keys: [
    { key: 'ns', aliases: ['namespace'], param: 'namespace', of: (e) => [e.involved?.namespace, e.namespace] },
    { key: 'cluster', aliases: ['cluster_id'], param: 'cluster_id', of: (e) => [e.cluster_id] },
    { key: 'reason', param: 'reason', of: (e) => [e.reason] },
    { key: 'severity', aliases: ['sev'], param: 'severity', of: (e) => [e.severity], values: severities, local: (value) => !isSeverity(value) },
    {
      key: 'type',
      param: 'type',
      of: (e) => [e.type, kubernetesType(e)],
      values: ['Warning', 'Normal', ...wireTypes],
      local: (value) => !wireTypes.includes(value),
    },
    // The server knows kinds as Kubernetes writes them; `kind:pod`, as objects are written here, is matched by the page.
    { key: 'kind', param: 'kind', of: (e) => [e.involved?.kind], local: (value) => value === value.toLowerCase() },
    { key: 'name', param: 'name', of: (e) => [e.involved?.name] },
    { key: 'object', aliases: ['uid'], of: (e) => [e.involved?.uid, e.uid] },
    { key: 'node', of: (e) => [e.node] },
    { key: 'component', of: (e) => [e.component, e.source] },
    { key: 'incident', aliases: ['incident_id'], param: 'incident_id', of: (e) => [e.incident_id] },
  ],
  text: (e) => [e.message, e.reason, e.involved?.name],
  textParam: 'q',
};
