// The shapes of docs/http.md. What may be absent there is `Maybe` here: absent is never 0.

export type Maybe<T> = T | null | undefined;

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof severities)[number];

export const clusterStates = ['online', 'degraded', 'offline', 'pending', 'refused'] as const;
export type ClusterState = (typeof clusterStates)[number];

export type Health = 'healthy' | 'degraded' | 'unhealthy' | 'unknown';

export interface Page<T> {
  items: T[];
  next?: Maybe<string>;
}

export interface DeniedCapability {
  capability: string;
  verb: string;
  resource: string;
  costs?: Maybe<string[]>;
}

export interface Spool {
  records?: Maybe<number>;
  bytes?: Maybe<number>;
  oldest_ms?: Maybe<number>;
  dropped?: Maybe<number>;
}

export interface Cluster {
  cluster_id: string;
  cluster_name?: Maybe<string>;
  cluster_uid?: Maybe<string>;
  state: ClusterState;
  state_since?: Maybe<string>;
  state_reason?: Maybe<string>;
  health?: Maybe<Health>;
  health_reasons?: Maybe<string[]>;
  version?: Maybe<string>;
  kubernetes_version?: Maybe<string>;
  nodes?: Maybe<number>;
  labels?: Maybe<Record<string, string>>;
  capabilities?: Maybe<string[]>;
  capabilities_denied?: Maybe<DeniedCapability[]>;
  instance?: Maybe<string>;
  epoch?: Maybe<number | string>;
  watch_age_ms?: Maybe<number>;
  spool?: Maybe<Spool>;
  clock_offset_ms?: Maybe<number>;
  watermark?: Maybe<{ epoch: number | string; seq: number }>;
  events_total?: Maybe<number>;
  events_per_second?: Maybe<number>;
  metrics_total?: Maybe<number>;
  commands_total?: Maybe<number>;
  gaps_total?: Maybe<number>;
  dead_letters?: Maybe<number>;
  open_incidents?: Maybe<number>;
  worst_severity?: Maybe<Severity>;
  last_seen?: Maybe<string>;
  registered_at?: Maybe<string>;
  started_at?: Maybe<string>;
  settings?: Maybe<Record<string, unknown>>;
}

export interface NodeCondition {
  type: string;
  status: string;
  reason?: Maybe<string>;
}

export interface ClusterNode {
  name: string;
  ready?: Maybe<boolean>;
  conditions?: Maybe<NodeCondition[]>;
  unschedulable?: Maybe<boolean>;
  cpu_millicores?: Maybe<number>;
  cpu_allocatable?: Maybe<number>;
  memory_bytes?: Maybe<number>;
  memory_allocatable?: Maybe<number>;
  pods?: Maybe<number>;
  pods_allocatable?: Maybe<number>;
  kubelet_version?: Maybe<string>;
  sampled_at?: Maybe<string>;
}

export interface InvolvedObject {
  kind: string;
  namespace?: Maybe<string>;
  name: string;
  uid?: Maybe<string>;
  api_version?: Maybe<string>;
  field_path?: Maybe<string>;
}

export interface ClusterEvent {
  id: string;
  cluster_id: string;
  type: string;
  source?: Maybe<string>;
  namespace?: Maybe<string>;
  severity: Severity;
  message?: Maybe<string>;
  timestamp: string;
  reported_at?: Maybe<string>;
  stored_at?: Maybe<string>;
  labels?: Maybe<Record<string, string>>;
  uid?: Maybe<string>;
  resource_version?: Maybe<string>;
  /** Kubernetes' own Normal or Warning. */
  event_type?: Maybe<string>;
  reason?: Maybe<string>;
  involved?: Maybe<InvolvedObject>;
  /** `kind/namespace/name`, where the event is told in short, as within an incident. */
  object?: Maybe<string>;
  owner?: Maybe<{ kind: string; name: string }>;
  count?: Maybe<number>;
  delta?: Maybe<number>;
  first_seen?: Maybe<string>;
  last_seen?: Maybe<string>;
  component?: Maybe<string>;
  node?: Maybe<string>;
  scope?: Maybe<string>;
  fingerprint?: Maybe<string>;
  epoch?: Maybe<number | string>;
  seq?: Maybe<number>;
  incident_id?: Maybe<string>;
  raw_data?: unknown;
}

export interface HistogramBucket {
  at: string;
  total: number;
  critical?: Maybe<number>;
  high?: Maybe<number>;
  medium?: Maybe<number>;
  low?: Maybe<number>;
  info?: Maybe<number>;
}

export interface Histogram {
  from: string;
  to: string;
  step_ms: number;
  items: HistogramBucket[];
}

export interface Gap {
  id: string | number;
  cluster_id: string;
  from?: Maybe<string>;
  to?: Maybe<string>;
  cause: string;
  count?: Maybe<number>;
  recorded_at: string;
  detail?: Maybe<string>;
}

export interface Evidence {
  source: string;
  quote: string;
  at?: Maybe<string>;
}

export interface Action {
  type: string;
  object?: Maybe<string>;
  class: string;
  command?: Maybe<string>;
  text?: Maybe<string>;
  text_zh?: Maybe<string>;
}

export interface Root {
  code: string;
  object: string;
  confidence?: Maybe<number>;
  severity?: Maybe<Severity>;
  statement: string;
  statement_zh?: Maybe<string>;
  evidence?: Maybe<Evidence[]>;
  actions?: Maybe<Action[]>;
}

export interface Victim {
  object: string;
  why?: Maybe<string>;
  why_zh?: Maybe<string>;
}

export interface RuledOut {
  code: string;
  why?: Maybe<string>;
  why_zh?: Maybe<string>;
}

export interface NotChecked {
  what: string;
  why?: Maybe<string>;
  costs?: Maybe<string[]>;
}

export interface Change {
  object: string;
  at?: Maybe<string>;
  text: string;
  text_zh?: Maybe<string>;
}

export interface Verdict {
  verdict: 'fault' | 'healthy' | 'recovered' | 'inconclusive';
  roots?: Maybe<Root[]>;
  victims?: Maybe<Victim[]>;
  ruled_out?: Maybe<RuledOut[]>;
  not_checked?: Maybe<NotChecked[]>;
  changes?: Maybe<Change[]>;
  calls?: Maybe<number>;
  ms?: Maybe<number>;
}

export type IncidentState = 'open' | 'closed';
export type Phase = 'collecting' | 'diagnosing' | 'reported' | 'closed';

export interface Incident {
  id: string;
  cluster_id: string;
  state: IncidentState;
  phase?: Maybe<Phase>;
  opened_at: string;
  diagnosed_at?: Maybe<string>;
  reported_at?: Maybe<string>;
  closed_at?: Maybe<string>;
  updated_at?: Maybe<string>;
  title?: Maybe<string>;
  title_zh?: Maybe<string>;
  severity: Severity;
  code?: Maybe<string>;
  family?: Maybe<string>;
  object?: Maybe<string>;
  namespace?: Maybe<string>;
  confidence?: Maybe<number>;
  victims?: Maybe<number>;
  occurrences?: Maybe<number>;
  spark?: Maybe<number[]>;
  verdict?: Maybe<Verdict>;
}

export type AffectedRole = 'root' | 'victim' | 'context';

export interface AffectedNode {
  object: string;
  role: AffectedRole;
  state?: Maybe<string>;
  detail?: Maybe<string>;
}

export interface AffectedEdge {
  from: string;
  to: string;
  kind: string;
}

export interface Affected {
  nodes: AffectedNode[];
  edges: AffectedEdge[];
}

export interface TimelineEntry {
  at: string;
  kind: 'event' | 'change' | 'step';
  severity?: Maybe<Severity>;
  object?: Maybe<string>;
  text?: Maybe<string>;
  text_zh?: Maybe<string>;
  ref?: Maybe<string>;
}

export interface Joined {
  object: string;
  at?: Maybe<string>;
  why?: Maybe<string>;
  why_zh?: Maybe<string>;
}

export interface Similar {
  id: string;
  cluster_id: string;
  title?: Maybe<string>;
  title_zh?: Maybe<string>;
  opened_at?: Maybe<string>;
  closed_at?: Maybe<string>;
}

export interface IncidentDetail extends Incident {
  events?: Maybe<ClusterEvent[]>;
  affected?: Maybe<Affected>;
  timeline?: Maybe<TimelineEntry[]>;
  events_left_out?: Maybe<number>;
  joined?: Maybe<Joined[]>;
  similar?: Maybe<Similar[]>;
  knowledge?: Maybe<{ id: string; code?: Maybe<string> }>;
  report?: Maybe<boolean>;
  not_checked?: Maybe<NotChecked[]>;
}

export interface KnowledgeEntry {
  id: string;
  code?: Maybe<string>;
  family?: Maybe<string>;
  source: string;
  title?: Maybe<string>;
  title_zh?: Maybe<string>;
  text?: Maybe<string>;
  text_zh?: Maybe<string>;
  score?: Maybe<number>;
  snippet?: Maybe<string>;
}

export interface Series {
  series: string;
  node?: Maybe<string>;
  unit?: Maybe<string>;
  points: [number, number | null][];
}

export interface ServiceStatus {
  name: string;
  state: string;
  mailbox?: Maybe<number>;
  handled?: Maybe<number>;
  errors?: Maybe<number>;
}

export interface Status {
  version?: Maybe<string>;
  started_at?: Maybe<string>;
  now?: Maybe<string>;
  services?: Maybe<ServiceStatus[]>;
  edge?: Maybe<{
    endpoint?: Maybe<string>;
    connected?: Maybe<boolean>;
    server_version?: Maybe<string>;
    warning?: Maybe<string>;
    warning_zh?: Maybe<string>;
    jetstream?: Maybe<boolean>;
  }>;
  command_key?: Maybe<string>;
  login?: Maybe<string>;
  insecure?: Maybe<boolean>;
  admission?: Maybe<string>;
  model?: Maybe<string>;
}
