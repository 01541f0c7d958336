import { existsSync } from 'node:fs';

const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser that is installed, or undefined. */
export function findChromium() {
  return places.find((place) => place && existsSync(place));
}
