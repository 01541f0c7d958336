// The keys by which clusters are filtered.
import { clusterStates, type Cluster } from './contract';
import type { Schema } from './query';

export const clusterSchema: Schema<Cluster> = {
  keys: [
    { key: 'state', of: (c) => [c.state], values: clusterStates },
    { key: 'health', of: (c) => [c.health], values: ['healthy', 'degraded', 'unhealthy', 'unknown'] },
    { key: 'label', of: (c) => Object.entries(c.labels ?? {}).flatMap(([key, value]) => [`${key}=${value}`, value]) },
    { key: 'version', aliases: ['agent'], of: (c) => [c.version] },
    { key: 'kubernetes', aliases: ['k8s'], of: (c) => [c.kubernetes_version] },
  ],
  text: (c) => [c.cluster_id, c.cluster_name, c.state_reason],
};
