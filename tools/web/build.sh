#!/bin/bash
# Builds the dashboard and makes the C file that embeds it: build.sh WEB_DIR OUTPUT_C DEPFILE WORK_DIR.
set -euo pipefail

web=$1 target=$2 output=$(realpath -m "$2") depfile=$(realpath -m "$3") work=$(realpath -m "$4")
"$(dirname "$0")/install.sh" "$web"

cd "$web"
exec 9>.build-lock
flock -s 9
mkdir -p "$work"
node_modules/.bin/tsc --noEmit
node_modules/.bin/vite build --outDir "$work/dist" --emptyOutDir --logLevel warn
python3 embed.py --dist "$work/dist" --web . --output "$output" --target "$target" --depfile "$depfile"
