# In: the text of a CSV file (RFC 4180: a quoted field may hold commas, line ends
# and doubled quotes). Out: its sales, each sale and item with `where` it stands.

# finish closes the field that is being read, and the row on top of it.
def finish_field: .row += [.field] | .field = "" | .was_quoted = false;
def finish_row:
  if .row == [] and .field == "" then .  # an empty line
  else finish_field | .rows += [{line: .from, fields: .row}] | .row = [] end
  | .from = .line;

# rows reads the text character by character. In quotes, `quote` says that the
# last character was a quote: a second one makes a literal quote of both, any
# other shows that the field has ended.
def rows:
  reduce (split("")[]) as $c (
    {rows: [], row: [], field: "", quoted: false, quote: false, was_quoted: false, line: 1, from: 1};
    if $c == "\n" then .line += 1 else . end
    | if .quoted and .quote and $c == "\"" then .field += "\"" | .quote = false
      elif .quoted and .quote then
        .quoted = false | .quote = false
        | if $c == "," then finish_field
          elif $c == "\n" then finish_row
          elif $c == "\r" then .
          else error("row \(.from): text after a closing quote") end
      elif .quoted and $c == "\"" then .quote = true
      elif .quoted then .field += $c
      elif $c == "\"" and .field == "" and (.was_quoted | not) then .quoted = true | .was_quoted = true
      elif $c == "\"" then error("row \(.from): a quote in the middle of a field")
      elif $c == "," then finish_field
      elif $c == "\n" then finish_row
      elif $c == "\r" then .
      else .field += $c end)
  | if .quoted and (.quote | not) then error("row \(.from): a quote is not closed") else . end
  | finish_row
  | .rows;

def known: ["sale_key", "sale_name", "starts_at", "ends_at", "hold_seconds",
  "sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer"];
def optional: ["hold_seconds", "image_url", "images", "list_price", "limit_per_buyer"];
def trim: sub("^[ \t]+"; "") | sub("[ \t]+$"; "");

# whole makes a number of what looks like one and leaves the rest to check.jq,
# which then says that it is none.
def whole: if test("^-?[0-9]{1,15}$") then tonumber else . end;

def header($names):
  ($names - known) as $unknown | (known - optional - $names) as $missing
  | if $unknown != [] then error("row 1: unknown column \"\($unknown[0])\"; known are \(known | join(", "))")
    elif $missing != [] then error("row 1: column \"\($missing[0])\" is missing")
    elif ($names | unique | length) != ($names | length) then error("row 1: a column is there twice")
    else $names end;

def object($names):
  . as $row
  | if ($row.fields | length) != ($names | length) then
      error("row \($row.line): \($row.fields | length) fields, but \($names | length) columns")
    else [$names, ($row.fields | map(trim))] | transpose | map(select(.[1] != "") | {(.[0]): .[1]}) | add // {} end
  | with_entries(if .key | IN("hold_seconds", "price", "list_price", "stock", "limit_per_buyer") then .value |= whole
      elif .key == "images" then .value |= (split(" ") | map(select(. != ""))) else . end);

def sale: {key: .sale_key, name: .sale_name, starts_at, ends_at, hold_seconds}
  | with_entries(select(.value != null));
def item: {sku, title, image_url, images, price, list_price, currency, stock, limit_per_buyer}
  | with_entries(select(.value != null));

ltrimstr("\ufeff")  # spreadsheets write a mark first
| rows
| if length == 0 then error("the file is empty") else . end
| header(.[0].fields | map(trim | ascii_downcase)) as $names
| reduce .[1:][] as $row ([];
    ($row | object($names)) as $o | "row \($row.line)" as $where | ($o | sale) as $sale
    | (map(.key) | index($sale.key)) as $at
    | if $sale.key == null or $at == null then . + [$sale + {where: $where, items: [($o | item) + {where: $where}]}]
      elif (.[$at] | del(.where, .items)) != $sale then
        error("\($where): says something else of sale \"\($sale.key)\" than \(.[$at].where) does")
      else .[$at].items += [($o | item) + {where: $where}] end)
