# In: the text of a CSV file (RFC 4180: a quoted field may hold separators, line ends
# and doubled quotes). Out: its sales, each sale and item with `where` it stands.

def trim: sub("^\\s+"; "") | sub("\\s+$"; "");
def name: trim | ascii_downcase | gsub("\\s+"; "_");

# finish closes the field that is being read, and the row on top of it.
def finish_field: .row += [.field] | .field = "" | .was_quoted = false;
def finish_row:
  if .row == [] and .field == "" then .  # an empty line
  else finish_field | .rows += [{line: .from, fields: .row}] | .row = [] end
  | .from = .line;

# rows reads the text character by character. In quotes, `quote` says that the
# last character was a quote: a second one makes a literal quote of both, any
# other shows that the field has ended.
def rows($separator):
  reduce (split("")[]) as $c (
    {rows: [], row: [], field: "", quoted: false, quote: false, was_quoted: false, line: 1, from: 1};
    if $c == "\n" then .line += 1 else . end
    | if .quoted and .quote and $c == "\"" then .field += "\"" | .quote = false
      elif .quoted and .quote then
        .quoted = false | .quote = false
        | if $c == $separator then finish_field
          elif $c == "\n" then finish_row
          elif $c == "\r" then .
          else error("row \(.from): text after a closing quote") end
      elif .quoted and $c == "\"" then .quote = true
      elif .quoted then .field += $c
      elif $c == "\"" and (.field | test("^ *$")) and (.was_quoted | not) then .field = "" | .quoted = true | .was_quoted = true
      elif $c == "\"" then error("row \(.from): a quote in the middle of a field")
      elif $c == $separator then finish_field
      elif $c == "\n" then finish_row
      elif $c == "\r" then .
      else .field += $c end)
  | if .quoted and (.quote | not) then error("row \(.from): a quote is not closed") else . end
  | finish_row
  | .rows
  | map(.fields |= map(trim) | select(.fields | any(test("[^,;|]"))));  # not those of separators alone

def known: ["sale_key", "sale_name", "starts_at", "ends_at", "starts_in", "lasts", "hold_seconds", "entry", "entries_until",
  "sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer", "goods_id"];
def optional: ["starts_at", "ends_at", "starts_in", "lasts", "hold_seconds", "entry", "entries_until", "image_url", "images", "list_price", "limit_per_buyer", "goods_id"];

# separator is the one by which the first row names most columns.
def separator:
  (split("\n") | map(select(test("[^,;|\\s]"))) | .[0] // "") as $first
  | [",", ";", "\t", "|"] | max_by(. as $s | $first | gsub("\""; "") | split($s) | map(name | select(IN(known[]))) | length);

# whole makes a number of what looks like one and leaves the rest to check.jq,
# which then says that it is none.
def whole: if test("^(0|-?[1-9][0-9]{0,14})$") then tonumber else . end;

# A column without a name is there where a program pads its rows.
def header($names):
  ($names - known - [""]) as $unknown | (known - optional - $names) as $missing | ($names - [""]) as $named
  | if $unknown != [] then error("row 1: unknown column \"\($unknown[0])\"; known are \(known | join(", "))")
    elif $missing != [] then error("row 1: column \"\($missing[0])\" is missing")
    elif ($named | unique | length) != ($named | length) then error("row 1: a column is there twice")
    else $names end;

def object($names):
  . as $row
  | reduce range($row.fields | length) as $i ({};
      $row.fields[$i] as $cell
      | if $cell == "" then .
        elif ($names[$i] // "") == "" then
          error("row \($row.line): \"\($cell)\" stands in column \($i + 1), which has no name; is a comma in a cell without quotes?")
        else .[$names[$i]] = $cell end)
  | with_entries(if .key | IN("hold_seconds", "price", "list_price", "stock", "limit_per_buyer") then .value |= whole
      elif .key == "images" then .value |= (split(" ") | map(select(. != ""))) else . end);

def sale: {key: .sale_key, name: .sale_name, starts_at, ends_at, starts_in, lasts, hold_seconds, entry, entries_until}
  | with_entries(select(.value != null));
def item: {sku, title, image_url, images, price, list_price, currency, stock, limit_per_buyer, goods_id}
  | with_entries(select(.value != null));

# mixed is letters of different scripts side by side. Nobody writes so, but Chinese in
# GB18030 comes out so where its bytes happen to be right in UTF-8 too.
def mixed: "[\u00c0-\u02af][\u02b0-\u02ff\u0370-\u05ff]|[\u02b0-\u02ff][\u00c0-\u02af\u0370-\u05ff]|[\u0370-\u03ff][\u00c0-\u02ff\u0400-\u05ff]|[\u0400-\u052f][\u00c0-\u03ff\u0530-\u05ff]";

def perhaps: "perhaps it is GB18030 (GBK), Big5 or Shift-JIS; save it as \"CSV UTF-8\"";

ltrimstr("\ufeff")  # spreadsheets write a mark first
| if contains("\ufffd") then error("it is not UTF-8: \(perhaps)") else . end
| if test(mixed) then error("it is hardly UTF-8: \(perhaps)") else . end
| if contains("\n") then . else split("\r") | join("\n") end
| (match("^sep=([,;\t|])\r?\n"; "i").captures[0].string // null) as $named
| if $named then sub("^[^\n]*"; "") else . end  # rows keep their numbers
| rows($named // separator)
| if length == 0 then error("the file is empty") else . end
| header(.[0].fields | map(name)) as $names
| reduce .[1:][] as $row ([];
    ($row | object($names)) as $o | "row \($row.line)" as $where | ($o | sale) as $sale
    | (map(.key) | index($sale.key)) as $at
    | if $sale.key == null or $at == null then . + [$sale + {where: $where, items: [($o | item) + {where: $where}]}]
      elif (.[$at] | del(.where, .items)) != $sale then
        error("\($where): says something else of sale \"\($sale.key)\" than \(.[$at].where) does")
      else .[$at].items += [($o | item) + {where: $where}] end)
