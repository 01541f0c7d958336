// Before the browser tests: the dashboard as it would be shipped, in a directory of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { findChromium } from './chromium.mjs';

export default async function setup(): Promise<(() => Promise<void>) | void> {
  if (!findChromium()) {
    console.warn('skipped: no Chromium is installed (Debian: chromium, fonts-noto-cjk)');
    return;
  }
  const dist = await mkdtemp(join(tmpdir(), 'aetherius-web-'));
  await build({ build: { outDir: dist, emptyOutDir: true }, logLevel: 'warn' });
  process.env['AETHERIUS_DIST'] = dist;
  return () => rm(dist, { recursive: true, force: true });
}
