// Requests to the gateway, one function a route of docs/http.md.
import { learnServerTime } from './clock';
import type {
  Cluster,
  ClusterEvent,
  ClusterNode,
  Gap,
  Histogram,
  Incident,
  IncidentDetail,
  KnowledgeEntry,
  Page,
  Series,
  Status,
} from './contract';
import type { Language } from './i18n';

/** A refused or failed request; status 0 means that there was no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: string;

  constructor(status: number, title: string, detail: string) {
    super(title);
    this.status = status;
    this.detail = detail;
  }
}

/** A person's word on a cluster; the routes are named like it. */
export type Decision = 'accept' | 'refuse';

export type Params = Record<string, string | number | null | undefined>;

export function withParams(path: string, params: Params): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

async function problemOf(response: Response): Promise<ApiError> {
  let title = response.statusText || `HTTP ${response.status}`;
  let detail = '';
  try {
    const problem = (await response.json()) as { title?: unknown; detail?: unknown };
    if (typeof problem.title === 'string') title = problem.title;
    if (typeof problem.detail === 'string') detail = problem.detail;
  } catch {
    // Not a problem document (a proxy's page, say): the status line has to do.
  }
  return new ApiError(response.status, title, detail);
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (failure) {
    if (init.signal?.aborted) throw failure;
    throw new ApiError(0, '', failure instanceof Error ? failure.message : String(failure));
  }
  learnServerTime(response.headers.get('date'), sentAt, Date.now());
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const response = await request(withParams(path, params), signal ? { signal } : {});
  return (await response.json()) as T;
}

/** Orders have nothing to say beside their address. */
function post(path: string): Promise<Response> {
  return request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
}

/** Follows the cursor until the list ends or holds `most` items, so that a page never fetches without a bound. */
export async function getAll<T>(path: string, params: Params, most: number, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await get(path, { ...params, limit: Math.min(500, most - items.length), cursor }, signal);
    items.push(...page.items);
    cursor = page.next || undefined;
  } while (cursor && items.length < most);
  return items;
}

const id = encodeURIComponent;

export const api = {
  status: (signal?: AbortSignal) => get<Status>('/api/v1/status', {}, signal),
  clusters: (signal?: AbortSignal) => getAll<Cluster>('/api/v1/clusters', {}, 10_000, signal),
  cluster: (cluster: string, signal?: AbortSignal) => get<Cluster>(`/api/v1/clusters/${id(cluster)}`, {}, signal),
  decide: async (cluster: string, decision: Decision) => (await (await post(`/api/v1/clusters/${id(cluster)}/${decision}`)).json()) as Cluster,
  nodes: (cluster: string, signal?: AbortSignal) =>
    getAll<ClusterNode>(`/api/v1/clusters/${id(cluster)}/nodes`, {}, 10_000, signal),
  incidents: (params: Params, signal?: AbortSignal) => getAll<Incident>('/api/v1/incidents', params, 2_000, signal),
  incident: (incident: string, signal?: AbortSignal) =>
    get<IncidentDetail>(`/api/v1/incidents/${id(incident)}`, {}, signal),
  diagnose: (incident: string) => post(`/api/v1/incidents/${id(incident)}/diagnose`),
  events: (params: Params, signal?: AbortSignal) => get<Page<ClusterEvent>>('/api/v1/events', params, signal),
  event: (event: string, signal?: AbortSignal) => get<ClusterEvent>(`/api/v1/events/${id(event)}`, {}, signal),
  histogram: (params: Params, signal?: AbortSignal) => get<Histogram>('/api/v1/events/histogram', params, signal),
  gaps: (params: Params, signal?: AbortSignal) => getAll<Gap>('/api/v1/gaps', params, 5_000, signal),
  knowledge: (params: Params, signal?: AbortSignal) => get<Page<KnowledgeEntry>>('/api/v1/knowledge', params, signal),
  knowledgeEntry: (entry: string, signal?: AbortSignal) =>
    get<KnowledgeEntry>(`/api/v1/knowledge/${id(entry)}`, {}, signal),
  metrics: (cluster: string, params: Params, signal?: AbortSignal) =>
    get<Page<Series>>(`/api/v1/metrics/${id(cluster)}`, params, signal),
  text: async (path: string, signal?: AbortSignal) => (await request(path, signal ? { signal } : {})).text(),
};

export function reportAddress(incident: string, format: 'md' | 'html' | 'json', lang: Language): string {
  return `/api/v1/incidents/${id(incident)}/report?format=${format}&lang=${lang}`;
}
