// The keys by which incidents are filtered.
import { severities, type Incident } from './contract';
import type { Schema } from './query';
import { isSeverity } from './severity';

const states = ['open', 'closed'];

export const incidentSchema: Schema<Incident> = {
  keys: [
    { key: 'cluster', aliases: ['cluster_id'], param: 'cluster_id', of: (i) => [i.cluster_id] },
    { key: 'ns', aliases: ['namespace'], param: 'namespace', of: (i) => [i.namespace] },
    { key: 'family', param: 'family', of: (i) => [i.family] },
    { key: 'code', param: 'code', of: (i) => [i.code] },
    { key: 'severity', aliases: ['sev'], param: 'severity', of: (i) => [i.severity], values: severities, local: (value) => !isSeverity(value) },
    { key: 'state', param: 'state', of: (i) => [i.state], values: states, local: (value) => !states.includes(value) },
    { key: 'object', of: (i) => [i.object, i.object?.split('/').at(-1)] },
  ],
  text: (i) => [i.title, i.title_zh, i.code, i.object, i.cluster_id],
  textParam: 'q',
};
