// What the palette offers: pages, clusters, incidents, objects, actions, and a search for what was typed.
import { fuzzyScore } from './fuzzy';
import { text } from './i18n';
import { eventsOfObject } from './link_to';
import { objectLabel, parseObject } from './object';
import { overlay } from './overlay';
import { quote } from './query';
import { hrefTo, navigate } from './router';
import { chooseLanguage, chooseTheme, language } from './setting';
import { byUrgency } from './fleet';
import { clusters, incidents, loadStore } from './store';
import { reconnectNow } from './stream';
import { plainUntrusted } from './untrusted';
import { pick } from './i18n';

export type CommandGroup = 'page' | 'cluster' | 'incident' | 'object' | 'action' | 'search';

export interface Command {
  key: string;
  group: CommandGroup;
  label: string;
  detail: string;
  run: () => void;
}

const pages = ['fleet', 'incidents', 'events', 'clusters', 'gaps', 'knowledge', 'status'] as const;

function pageCommands(): Command[] {
  return pages.map((page) => ({ key: `page ${page}`, group: 'page', label: text.value.nav[page], detail: page, run: () => navigate(hrefTo(page)) }));
}

function clusterCommands(): Command[] {
  return [...clusters.value.values()].map((cluster) => ({
    key: `cluster ${cluster.cluster_id}`,
    group: 'cluster',
    label: plainUntrusted(cluster.cluster_name || cluster.cluster_id),
    detail: text.value.clusterState[cluster.state] ?? cluster.state,
    run: () => navigate(hrefTo('cluster', cluster.cluster_id)),
  }));
}

function incidentCommands(): Command[] {
  return [...incidents.value.values()].sort(byUrgency).map((incident) => ({
    key: `incident ${incident.id}`,
    group: 'incident',
    label: plainUntrusted(pick(incident.title, incident.title_zh, language.value) || incident.object || incident.id),
    detail: `${incident.cluster_id} ${incident.id}`,
    run: () => navigate(hrefTo('incident', incident.id)),
  }));
}

/** Objects that incidents name: the ones somebody is likely to look for. */
function objectCommands(): Command[] {
  const found = new Map<string, Command>();
  for (const incident of incidents.value.values()) {
    const objects = [incident.object, ...(incident.verdict?.victims ?? []).map((victim) => victim.object)];
    for (const object of objects) {
      const key = `object ${incident.cluster_id} ${object}`;
      if (!object || found.has(key)) continue;
      const ref = parseObject(object);
      found.set(key, {
        key,
        group: 'object',
        label: plainUntrusted(`${ref.kind} ${objectLabel(ref)}`),
        detail: incident.cluster_id,
        run: () => navigate(eventsOfObject(incident.cluster_id, object)),
      });
    }
  }
  return [...found.values()];
}

function actionCommands(): Command[] {
  const t = text.value.palette;
  const action = (key: string, label: string, run: () => void): Command => ({ key: `action ${key}`, group: 'action', label, detail: '', run });
  return [
    action('language', t.switchLanguage, () => chooseLanguage(language.value === 'en' ? 'zh' : 'en')),
    action('light', t.lightTheme, () => chooseTheme('light')),
    action('dark', t.darkTheme, () => chooseTheme('dark')),
    action('system', t.systemTheme, () => chooseTheme('system')),
    action('reload', t.reload, () => {
      reconnectNow();
      void loadStore();
    }),
    action('keys', text.value.keys.title, () => {
      overlay.value = 'help';
    }),
  ];
}

function searchCommands(typed: string): Command[] {
  const t = text.value.palette;
  if (typed.trim() === '') return [];
  return [
    { key: 'search events', group: 'search', label: t.searchEvents(typed.trim()), detail: '', run: () => navigate(hrefTo('events', '', { q: quote(typed.trim()) })) },
    { key: 'search knowledge', group: 'search', label: t.searchKnowledge(typed.trim()), detail: '', run: () => navigate(hrefTo('knowledge', '', { q: typed.trim() })) },
  ];
}

const perGroup = 6;
const untypedPerGroup: Record<CommandGroup, number> = { page: 7, incident: 5, cluster: 0, object: 0, action: 6, search: 0 };

/** The best of each group for what was typed; with nothing typed, what people open most. */
export function offerCommands(typed: string): Command[] {
  const all = [pageCommands(), incidentCommands(), clusterCommands(), objectCommands(), actionCommands()];
  const offered = all.flatMap((group) => {
    const scored = group.flatMap((command) => {
      const score = fuzzyScore(typed, `${command.label} ${command.detail}`);
      return score === null ? [] : [{ command, score }];
    });
    if (typed.trim() === '') return scored.slice(0, untypedPerGroup[group[0]?.group ?? 'search']);
    return scored.sort((a, b) => b.score - a.score).slice(0, perGroup);
  });
  const ordered = typed.trim() === '' ? offered : offered.sort((a, b) => b.score - a.score);
  return [...ordered.map(({ command }) => command), ...searchCommands(typed)];
}
