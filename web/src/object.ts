// `kind/namespace/name` as docs/http.md writes objects: lower-case kind, empty namespace for the cluster's own.
import type { ClusterEvent, Maybe } from './contract';

export interface ObjectRef {
  kind: string;
  namespace: string;
  name: string;
}

export function parseObject(text: Maybe<string>): ObjectRef {
  const [kind = '', namespace = '', ...rest] = (text ?? '').split('/');
  return rest.length > 0 ? { kind, namespace, name: rest.join('/') } : { kind, namespace: '', name: namespace };
}

export function formatObject(ref: ObjectRef): string {
  return `${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** What a person reads: `shop/cart` with the kind beside it, without the empty namespace. */
export function objectLabel(ref: ObjectRef): string {
  return ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name;
}

export function eventObject(event: ClusterEvent): string {
  const involved = event.involved;
  if (!involved) return event.object ?? '';
  return formatObject({
    kind: involved.kind.toLowerCase(),
    namespace: involved.namespace ?? '',
    name: involved.name,
  });
}

const kinds = [
  'ConfigMap', 'CronJob', 'DaemonSet', 'Deployment', 'Endpoints', 'EndpointSlice', 'HorizontalPodAutoscaler', 'Ingress', 'IngressClass',
  'Job', 'LimitRange', 'Namespace', 'NetworkPolicy', 'Node', 'PersistentVolume', 'PersistentVolumeClaim', 'Pod', 'PodDisruptionBudget',
  'ReplicaSet', 'ReplicationController', 'ResourceQuota', 'Secret', 'Service', 'ServiceAccount', 'StatefulSet', 'StorageClass',
];
const kindOf = new Map(kinds.map((kind) => [kind.toLowerCase(), kind]));

/** The kind as Kubernetes writes it; one that is not known here stays as it came. */
export function kubernetesKind(kind: string): string {
  return kindOf.get(kind.toLowerCase()) ?? kind;
}
