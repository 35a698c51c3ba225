#!/usr/bin/env bash
# Fetches the libraries of the pages from npm, at the versions below, into
# web/ui/assets/vendor, each with its licence. There is no build step: a library's
# own module is taken as it is, and what it imports by name becomes an address
# beside it, so that a page needs no import map. Of noble, which is many modules, what
# the check of a draw uses is made one, by the esbuild of go.mod. What is fetched is
# committed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

vendor=$PWD/web/ui/assets/vendor
testdata=$PWD/web/ui/testdata
mkdir -p "$vendor" "$testdata"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# take PACKAGE VERSION FILE AS [FOLDER]
take() {
  local package=$1 version=$2 file=$3 as=$4 folder=${5:-$vendor}
  local dir=$work/${package//\//_}
  if [[ ! -d $dir ]]; then
    mkdir "$dir"
    tar xzf "$(npm pack --silent "$package@$version")" -C "$dir"
  fi
  sed -E -e 's#//[#@] sourceMappingURL=.*##' \
    -e 's#from ?"@preact/signals-core"#from"./signals-core.js"#g' \
    -e 's#from ?"preact/hooks"#from"./hooks.js"#g' \
    -e 's#from ?"preact"#from"./preact.js"#g' \
    "$dir/package/$file" >"$folder/$as"
  cp "$dir/package/LICENSE" "$folder/${as%.*}.LICENSE.txt"
  echo "$package $version -> ${folder#"$OLDPWD/"}/$as"
}

take preact 11.2.0 dist/preact.mjs preact.js
take preact 11.2.0 hooks/dist/hooks.mjs hooks.js
take @preact/signals-core 1.14.5 dist/signals-core.mjs signals-core.js
take @preact/signals 2.11.4 dist/signals.mjs signals.js
take htm 3.1.1 dist/htm.module.js htm.js
take uplot 1.6.32 dist/uPlot.esm.js uplot.js
take uplot 1.6.32 dist/uPlot.min.css uplot.css

# Curves and hashes are versions of one author that belong together.
npm install --silent --no-save --prefix "$work/noble" @noble/curves@2.4.0 @noble/hashes@2.4.0
cat >"$work/noble/noble.mjs" <<'JS'
export { bls12_381 } from '@noble/curves/bls12-381.js';
export { hmac } from '@noble/hashes/hmac.js';
export { sha256 } from '@noble/hashes/sha2.js';
JS
(cd "$OLDPWD" && go run github.com/evanw/esbuild/cmd/esbuild "$work/noble/noble.mjs" --bundle --format=esm --minify \
  --target=es2022 --legal-comments=none --log-level=warning --outfile="$vendor/noble.js")
cp "$work/noble/node_modules/@noble/curves/LICENSE" "$vendor/noble.LICENSE.txt"
echo "@noble/curves, @noble/hashes 2.4.0 -> web/ui/assets/vendor/noble.js"

# Only the browser tests load it.
take axe-core 4.14.1 axe.min.js axe.min.js "$testdata"
