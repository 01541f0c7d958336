#!/bin/bash
# Builds the dashboard and makes the C file that embeds it: build.sh WEB_DIR OUTPUT_C DEPFILE WORK_DIR.
# Several build directories may do this at once: node_modules is shared between them, so one holds the lock at a time.
set -euo pipefail

web=$1 target=$2 output=$(realpath -m "$2") depfile=$(realpath -m "$3") work=$(realpath -m "$4")

fail() {
    echo "web: $1" >&2
    echo "web: \`./dev build\` installs what the dashboard needs; see CONTRIBUTING.md to do it by hand." >&2
    exit 1
}

command -v node >/dev/null || fail "node is not installed (20.19 or later is needed)"
command -v npm >/dev/null || fail "npm is not installed (version 10 or later is needed)"
npm_version=$(npm --version 2>/dev/null)
[ "${npm_version%%.*}" -ge 10 ] || fail "npm $npm_version cannot install this lock file; run: npm install -g npm@11"

cd "$web"
exec 9>.build-lock
flock 9

installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
    npm ci --no-audit --no-fund --loglevel=error || fail "npm ci failed; is the package registry reachable?"
    touch "$installed"
fi

mkdir -p "$work"
npm exec --loglevel=error -- tsc --noEmit
npm exec --loglevel=error -- vite build --outDir "$work/dist" --emptyOutDir --logLevel warn
python3 embed.py --dist "$work/dist" --web . --output "$output" --target "$target" --depfile "$depfile"
