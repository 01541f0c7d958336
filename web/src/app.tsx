import { useEffect } from 'preact/hooks';
import { text, type Dictionary } from './i18n';
import { openOverlay, overlay } from './overlay';
import { Banners } from './parts/banners';
import { Header } from './parts/header';
import { KeyHelp } from './parts/key_help';
import { Palette } from './parts/palette';
import { ClusterPage } from './pages/cluster';
import { ClustersPage } from './pages/clusters';
import { EventsPage } from './pages/events';
import { FleetPage } from './pages/fleet';
import { GapsPage } from './pages/gaps';
import { IncidentPage } from './pages/incident';
import { IncidentsPage } from './pages/incidents';
import { KnowledgePage } from './pages/knowledge';
import { MissingPage } from './pages/missing';
import { ReportPage } from './pages/report';
import { StatusPage } from './pages/status';
import { hrefTo, navigate, route, type PageName } from './router';
import { staleSince } from './store';
import { useKeys } from './use_keys';

const pages: Record<PageName | 'missing', () => preact.JSX.Element | null> = {
  fleet: FleetPage,
  incidents: IncidentsPage,
  incident: IncidentPage,
  report: ReportPage,
  events: EventsPage,
  clusters: ClustersPage,
  cluster: ClusterPage,
  gaps: GapsPage,
  knowledge: KnowledgePage,
  status: StatusPage,
  missing: MissingPage,
};

/** Whose name stands in the window's title. */
const titles: Record<PageName | 'missing', keyof Dictionary['nav'] | null> = {
  fleet: 'fleet',
  incidents: 'incidents',
  incident: 'incidents',
  report: 'incidents',
  events: 'events',
  clusters: 'clusters',
  cluster: 'clusters',
  gaps: 'gaps',
  knowledge: 'knowledge',
  status: 'status',
  missing: null,
};

export function App() {
  const { page, id } = route.value;
  const Page = pages[page];
  const title = titles[page];
  const name = title ? text.value.nav[title] : '';

  useEffect(() => {
    document.title = [id, name, 'Aetherius'].filter(Boolean).join(' · ');
  }, [id, name]);

  useKeys({
    goFleet: () => navigate(hrefTo('fleet')),
    goIncidents: () => navigate(hrefTo('incidents')),
    goEvents: () => navigate(hrefTo('events')),
    goClusters: () => navigate(hrefTo('clusters')),
    goGaps: () => navigate(hrefTo('gaps')),
    goKnowledge: () => navigate(hrefTo('knowledge')),
    goStatus: () => navigate(hrefTo('status')),
    help: () => openOverlay('help'),
    palette: () => openOverlay('palette'),
  });

  return (
    <div class={staleSince.value === null ? 'shell' : 'shell stale'}>
      <a class="skip" href="#page">
        {text.value.nav.skip}
      </a>
      <Header />
      <Banners />
      <main id="page" class="page" tabIndex={-1}>
        <Page key={`${page} ${id}`} />
      </main>
      {overlay.value === 'help' && <KeyHelp />}
      {overlay.value === 'palette' && <Palette />}
    </div>
  );
}
