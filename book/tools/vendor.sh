#!/usr/bin/env bash
# Fills book/_static/vendor with the browser code that the pages need, so that they ask nothing of the outside.
# Run by `make vendor`, only when one of the versions in vendor/package.json changes: after such a change, in that folder,
# `npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved` writes down what the archives must
# hash to. Needs npm; `$1` is the Python that has anywidget.
set -euo pipefail

python=$(realpath -s "$1")
cd "$(dirname "$0")/.."
vendor=$PWD/_static/vendor
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cp tools/vendor/package.json tools/vendor/package-lock.json "$scratch"
(cd "$scratch" && npm ci --silent --no-audit --no-fund --ignore-scripts)
npm=$scratch/node_modules
version_of() { sed -n 's/^  "version": "\(.*\)",*$/\1/p' "$npm/$1/package.json"; }
requirejs=$(version_of requirejs) html_manager=$(version_of @jupyter-widgets/html-manager) mathjax=$(version_of mathjax)
widgets=$npm/@jupyter-widgets/html-manager/dist
anywidget=$("$python" -c 'import anywidget, pathlib; print(pathlib.Path(anywidget.__file__).parent)')
site=$(dirname "$anywidget")

rm -rf "$vendor"
mkdir -p "$vendor"/{licences,mathjax/input/tex,mathjax/output/chtml/fonts,@jupyter-widgets/html-manager/dist}

cp "$npm/requirejs/require.js" "$vendor/require.js"
cp "$widgets/embed-amd.js" "$vendor/embed-amd.js"
for folder in html-manager/dist .; do # where the fonts are asked for depends on which script comes first
  cp "$widgets"/*.woff2 "$vendor/@jupyter-widgets/$folder/"
done
cp "$anywidget/nbextension/index.js" "$vendor/anywidget.js"
cp "$npm/mathjax/es5/tex-mml-chtml.js" "$vendor/mathjax/"
cp -r "$npm/mathjax/es5/input/tex/extensions" "$vendor/mathjax/input/tex/"
cp -r "$npm/mathjax/es5/output/chtml/fonts/woff-v2" "$vendor/mathjax/output/chtml/fonts/"

# requirejs names its licence in its first lines but ships no text of it: the MIT text, with its copyright line.
sed 's/^Copyright.*/Copyright jQuery Foundation and other contributors/' \
  "$site"/anywidget-*.dist-info/licenses/LICENSE > "$vendor/licences/requirejs.txt"
cp "$npm/mathjax/LICENSE" "$vendor/licences/mathjax.txt"
cp "$widgets/embed.js.LICENSE.txt" "$vendor/licences/html-manager-third-parties.txt"
cp "$site"/jupyterlab_widgets-*.dist-info/licenses/LICENSE "$vendor/licences/html-manager.txt"
cp "$site"/anywidget-*.dist-info/licenses/LICENSE "$vendor/licences/anywidget.txt"
version=$("$python" -c 'from importlib.metadata import version; print(version("anywidget"))')
cat > "$vendor/README.md" <<TEXT
# Browser code of others, kept here so that no page asks anything of the outside

Made by \`make vendor\`; do not edit. The licences lie in \`licences/\`.

| file | from | version | licence |
| --- | --- | --- | --- |
| \`require.js\` | requirejs | $requirejs | MIT |
| \`embed-amd.js\`, \`@jupyter-widgets/\` | @jupyter-widgets/html-manager, with the Font Awesome 4 fonts (SIL OFL 1.1) it holds | $html_manager | BSD-3-Clause |
| \`anywidget.js\` | the anywidget Python package | $version | MIT |
| \`mathjax/\` | mathjax | $mathjax | Apache-2.0 |
TEXT
(cd "$vendor" && find . -type f ! -name SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum > SHA256SUMS)
du -sh "$vendor"
