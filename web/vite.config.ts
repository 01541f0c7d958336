import { defineConfig } from 'vite';

// The gateway's address while developing; `npm run mock` listens on the same port.
const gateway = process.env['AETHERIUS_GATEWAY'] ?? 'http://127.0.0.1:8090';

export default defineConfig({
  build: {
    target: 'es2022',
    // Everything is a file of its own: the content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Build directories outside web/ are emptied too (`vite build --outDir`).
    emptyOutDir: true,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(['/api', '/agents', '/health', '/openapi.json'].map((path) => [path, gateway])),
  },
});
