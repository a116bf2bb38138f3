#!/usr/bin/env bash
# Fills book/_static/vendor with the browser code that the pages need, so that they ask nothing of the outside, and
# tests/site/vendor with what looks at the pages.
# Run by `make vendor`, only when one of the versions in vendor/package.json changes: after such a change, in that folder,
# `npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved` writes down what the archives must
# hash to. Needs npm.
set -euo pipefail

cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cp book/tools/vendor/package.json book/tools/vendor/package-lock.json "$scratch"
(cd "$scratch" && npm ci --silent --no-audit --no-fund --ignore-scripts)
npm=$scratch/node_modules
version_of() { sed -n 's/^  "version": "\(.*\)",*$/\1/p' "$npm/$1/package.json"; }
hash_all() { # of a folder, into its SHA256SUMS
  (cd "$1" && find . -type f ! -name SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum > SHA256SUMS && du -sh "$PWD")
}

vendor=book/_static/vendor
rm -rf "$vendor"
mkdir -p "$vendor"/{licences,mathjax/input/tex,mathjax/output/chtml/fonts}
cp "$npm/mathjax/es5/tex-mml-chtml.js" "$vendor/mathjax/"
cp -r "$npm/mathjax/es5/input/tex/extensions" "$vendor/mathjax/input/tex/"
cp -r "$npm/mathjax/es5/output/chtml/fonts/woff-v2" "$vendor/mathjax/output/chtml/fonts/"
cp "$npm/mathjax/LICENSE" "$vendor/licences/mathjax.txt"
cat > "$vendor/README.md" <<TEXT
# Browser code of others, kept here so that no page asks anything of the outside

Made by \`make vendor\`; do not edit. The licences lie in \`licences/\`.

| file | from | version | licence |
| --- | --- | --- | --- |
| \`mathjax/\` | mathjax | $(version_of mathjax) | Apache-2.0 |
TEXT
hash_all "$vendor"

checker=tests/site/vendor
rm -rf "$checker"
mkdir -p "$checker"/licences
cp "$npm/axe-core/axe.min.js" "$checker/"
cp "$npm/axe-core/LICENSE" "$checker/licences/axe-core.txt"
cp "$npm/axe-core/LICENSE-3RD-PARTY.txt" "$checker/licences/axe-core-third-parties.txt"
cat > "$checker/README.md" <<TEXT
# Browser code of others, with which the tests look at the built pages; no page holds it

Made by \`make vendor\`; do not edit. The licences lie in \`licences/\`.

| file | from | version | licence |
| --- | --- | --- | --- |
| \`axe.min.js\` | axe-core | $(version_of axe-core) | MPL-2.0 |
TEXT
hash_all "$checker"
