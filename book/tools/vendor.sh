#!/usr/bin/env bash
# Fills book/_static/vendor with the browser code that the pages need, so that they ask nothing of the outside.
# Run by `make vendor`, only when one of the versions below changes. Needs npm; `$1` is the Python that has anywidget.
set -euo pipefail
requirejs=2.3.8 html_manager=1.0.15 mathjax=3.2.2

python=$(realpath -s "$1")
cd "$(dirname "$0")/.."
vendor=$PWD/_static/vendor
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

(cd "$scratch" && npm install --silent --no-audit --no-fund --ignore-scripts \
  "requirejs@$requirejs" "@jupyter-widgets/html-manager@$html_manager" "mathjax@$mathjax")
npm=$scratch/node_modules
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
du -sh "$vendor"
