#!/bin/bash
# Tests the dashboard: test.sh WEB_DIR unit, or test.sh WEB_DIR browser (exit 77, skipped, where no Chromium is installed).
set -euo pipefail

web=$1 kind=$2
"$(dirname "$0")/install.sh" "$web"

cd "$web"
exec 9>.build-lock
flock -s 9
case $kind in
unit)
    node_modules/.bin/vitest run
    ;;
browser)
    if ! node -e "import('./e2e/chromium.mjs').then((m) => process.exit(m.findChromium() ? 0 : 1))"; then
        echo "skipped: no Chromium is installed (Debian: chromium, fonts-noto-cjk)"
        exit 77
    fi
    dist=$(mktemp -d "${TMPDIR:-/tmp}/aetherius-web.XXXXXX")
    trap 'rm -rf "$dist"' EXIT
    node_modules/.bin/vite build --outDir "$dist" --emptyOutDir --logLevel warn
    AETHERIUS_DIST=$dist node_modules/.bin/vitest run --config vitest.e2e.config.ts
    ;;
*)
    echo "test.sh: unit or browser, not $kind" >&2
    exit 2
    ;;
esac
