// The keys by which gaps are filtered.
import type { Gap } from './contract';
import type { Schema } from './query';

export const gapCauses = ['watch_expired', 'spool_overflow', 'sequence', 'agent_restart', 'dead_letter'] as const;
export type GapCause = (typeof gapCauses)[number];

export const gapSchema: Schema<Gap> = {
  keys: [
    { key: 'cluster', aliases: ['cluster_id'], param: 'cluster_id', of: (g) => [g.cluster_id] },
    { key: 'cause', of: (g) => [g.cause], values: gapCauses },
  ],
  text: (g) => [g.detail, g.cluster_id, g.cause],
};
