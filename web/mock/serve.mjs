// npm run mock [-- --port 8090 --events 20000 --clusters 12 --insecure]: serves web/dist and the invented fleet.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startMock } from './server.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    events: { type: 'string', default: '20000' },
    clusters: { type: 'string', default: '12' },
    dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
    insecure: { type: 'boolean', default: false },
  },
});

const mock = await startMock({
  port: Number(values.port),
  dist: values.dist,
  events: Number(values.events),
  clusters: Number(values.clusters),
  insecure: values.insecure,
});
console.log(`${mock.url}  (an invented fleet; Ctrl-C ends it)`);
