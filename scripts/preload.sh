#!/usr/bin/env bash
# Creates and preloads the sales of a JSON or CSV file over the operators' API,
# with curl and jq alone: `seckill preload` for a machine without the program.
#
# The whole file is checked before anything is loaded, so one bad row, or one key that
# stands for a sale with other content, loads nothing. Each sale is known by its key: the same file again changes nothing.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: scripts/preload.sh [options] FILE.json|FILE.csv|FILE.tsv|FILE.txt

  --url URL          address of the server (default http://127.0.0.1:8080)
  --token-file FILE  file with the admin token (default: $SECKILL_ADMIN_TOKEN)
  --dry-run          check the file and show what is in it; load nothing, ask no server
  --past             load sales too that are over already

JSON: {"sales":[{"key","name","starts_at","ends_at","hold_seconds","entry","entries_until",
"items":[{"sku","title","image_url","images","price","list_price","currency","stock",
"limit_per_buyer","goods_id"}]}]}.
CSV: one row an item; columns sale_key, sale_name, starts_at, ends_at,
hold_seconds, entry, entries_until, sku, title, image_url, images (with spaces between), price,
list_price, currency, stock, limit_per_buyer, goods_id (of the shop's stock).
Money is in minor units: 19900 for 199.00 CNY. Instead of the two times starts_in and
lasts count from when the sale is created (15m, 24h). YAML is for `seckill preload`.

Exit codes: 0 done, 1 the file or the server says no, 2 could not run.
TEXT
}

unable() {
  echo "preload.sh: $*" >&2
  exit 2
}

refused() {
  echo "preload.sh: $*" >&2
  exit 1
}

programs=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/preload
url=http://127.0.0.1:8080
token=${SECKILL_ADMIN_TOKEN:-}
file=
dry_run=
past=

while (($# > 0)); do
  case $1 in
    --url) url=${2:?--url needs an address} && shift 2 ;;
    --token-file)
      token=$(cat "${2:?--token-file needs a file}") || exit 2
      shift 2
      ;;
    --dry-run) dry_run=yes && shift ;;
    --past) past=yes && shift ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*) unable "unknown option $1; see --help" ;;
    *)
      [[ -z $file ]] || unable "one file at a time; see --help"
      file=$1
      shift
      ;;
  esac
done

[[ -n $file ]] || { usage >&2; exit 2; }
[[ -r $file ]] || unable "cannot read $file"
case $file in *.json | *.csv | *.tsv | *.txt) ;; *) unable "the file's name must end in .json, .csv, .tsv or .txt" ;; esac
[[ -n $token || -n $dry_run ]] || unable "no admin token: set SECKILL_ADMIN_TOKEN or give --token-file"
case $token in *[!\ -~]*) unable "the admin token must be one line of ASCII characters" ;; esac
for program in curl jq; do
  command -v $program >/dev/null || unable "install $program"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nothing() {
  refused "$file: nothing was loaded: $*"
}

case $(head -c 2 "$file" | od -An -tx1 | tr -d ' ') in
  fffe | feff | 00* | ??00) nothing 'this file is UTF-16: save it as "CSV UTF-8"' ;;
  504b) nothing 'this file is a workbook, not text: save it as "CSV UTF-8"' ;;
esac

# read_sales makes one JSON list of the file, each sale and item with the place
# where it was written.
read_sales() {
  case $file in
    *.json)
      jq --raw-input --slurp --from-file "$programs/json.jq" "$file" || return
      # jq takes the last of two fields of one name.
      twice=$(jq --stream --compact-output 'select(length == 2)[0]' "$file" 2>/dev/null | sort | uniq -d | head -n 1)
      [[ -z $twice ]] || { echo "$twice is there twice" >&2 && return 1; }
      ;;
    *) jq --raw-input --slurp --from-file "$programs/csv.jq" "$file" ;;
  esac
}

# told runs one of the programs over the sales.
told() {
  local program=$1
  shift
  jq --raw-output -L "$programs" "$@" --from-file "$programs/$program.jq" "$work/sales"
}

read_sales >"$work/sales" 2>"$work/wrong" || nothing "$(sed 's/^jq: error ([^)]*): //; s/^jq: error: //' "$work/wrong")"
told check >"$work/wrong" || unable "the programs in $programs do not run with $(jq --version)"
if [[ -s $work/wrong ]]; then
  nothing $'\n'"$(cat "$work/wrong")"
fi

# call sends one request. The token goes to curl through a pipe: a command line
# can be seen by everyone on the machine.
call() {
  local method=$1 path=$2 body=${3:-} status
  local options=(--silent --show-error --max-time 60 --request "$method" --config - --output "$work/answer" --write-out '%{http_code}')
  if [[ -n $body ]]; then options+=(--header 'Content-Type: application/json' --data-binary "@$body"); fi
  status=$(printf 'header = "Authorization: Bearer %s"\n' "$(sed 's/[\\"]/\\&/g' <<<"$token")" |
    curl "${options[@]}" "${url%/}$path") || unable "$url does not answer"
  case $status in
    2??) ;;
    5??) unable "the server cannot do it now ($status): $(problem)" ;;
    *) refused "the server says no ($status): $(problem)" ;;
  esac
}

problem() {
  jq --raw-output '[.detail // .title, (.errors // [] | map("\(.field): \(.reason)") | join("; "))] | map(select(. != "" and . != null)) | join("; ")' \
    "$work/answer" 2>/dev/null || echo "no reason given"
}

# plan asks what the server would do with sale $1, or with $2 has it done. A sale goes
# alone, since a whole file is larger than a request may be. Its relative times go as
# they are written: they count by the server's clock.
plan() {
  jq ".[$1] | del(.where) | .items |= map(del(.where)) | {sales: [.]}" "$work/sales" >"$work/body"
  call POST "/api/v1/admin/sales/import?apply=${2:-false}&past=true" "$work/body"
  action=$(jq --raw-output '.sales[0].action // ""' "$work/answer")
  [[ -n $action ]] || unable "$url is no seckill server: it did not say what it does with a file"
}

over=" $(told over --argjson now "$(date +%s)" | tr '\n' ' ')"
count=$(jq length "$work/sales")
told preview
own=${url#*://}
told pictures --arg own "$([[ -n $dry_run ]] || echo "${own%%/*}")" | sed 's/^/warning: /' >&2
wrong=
for ((i = 0; i < count; i++)); do
  action=create
  [[ -n $dry_run ]] || plan "$i"
  if [[ $action == conflict ]]; then
    wrong+=$'\n'$(told conflict --argjson at "$i" --slurpfile answer "$work/answer")
  elif [[ $action == create && -z $past && $over == *" $i "* ]]; then
    wrong+=$'\n'$(jq --raw-output ".[$i] | .where + \": ends_at: the sale is over since \" + .ends_at" "$work/sales")"; mend its times, or load it with --past"
  fi
done
[[ -z $wrong ]] || nothing "$wrong"
if [[ -n $dry_run ]]; then
  echo "nothing was loaded: it is a dry run"
  exit 0
fi

created=0
loaded=0
for ((i = 0; i < count; i++)); do
  plan "$i" true
  read -r id state < <(jq --raw-output '.sales[0].sale | "\(.id) \(.state)"' "$work/answer")
  [[ $id =~ ^[0-9]+$ ]] || unable "$url is no seckill server: it gave no id"
  [[ $action != create ]] || ((created += 1))
  # A sale that is closed was loaded, and is over.
  [[ $state == closed ]] || call POST "/api/v1/admin/sales/$id/preload"
  [[ $state != draft ]] || ((loaded += 1))
  echo "$((i + 1))/$count $(jq --raw-output ".[$i].key" "$work/sales"): sale $id"
done
items=$(jq 'map(.items | length) | add' "$work/sales")
counted() { if [[ $1 == 1 ]]; then echo "1 $2"; else echo "$1 $2s"; fi; }
echo "$(counted "$count" sale) with $(counted "$items" item): $created created, $loaded loaded, $((count - loaded)) as they were"
