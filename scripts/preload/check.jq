# In: sales as json.jq and csv.jq give them. Out: one line for each thing that is
# wrong, by the same rules as internal/salefile has. The server checks all of this
# again; here it is found before the first sale is sent.
include "currencies";
include "times";

def wrong($what): "\(.where): \($what)";
def shown: if type == "string" then tojson[0:40] elif . == null then "nothing" else type end;

def whole($name; $least; $most; $hint):
  if (.[$name] | type) != "number" or (.[$name] | floor) != .[$name] or .[$name] < $least or .[$name] > $most then
    wrong("\($name): must be a whole number from \($least) to \($most) in plain digits\($hint), not \(.[$name] | if type == "number" then tostring else shown end)")
  else empty end;
def whole($name; $least; $most): whole($name; $least; $most; "");
def money($name): (if digits(.currency) then .currency else "" end) as $currency
  | whole($name; 0; 1000000000000; ", in minor units (19900 for \(19900 | amount($currency)))");

def hex: if . < 16 then "0123456789ABCDEF"[.:. + 1] else (. / 16 | floor | hex) + (. % 16 | hex) end;
def codepoint: hex | ("0" * (4 - length) // "") + .;

# text is what people write for people.
def text($name; $most):
  (if (.[$name] | type) == "string" then .[$name] else "" end) as $text
  | ([$text | explode[] | select(. < 32 or (. >= 127 and . <= 159) or (. >= 8232 and . <= 8238) or (. >= 8294 and . <= 8303)
      or . == 65533 or . % 65536 >= 65534 or (. >= 64976 and . <= 65007))][0]) as $odd
  | if $text == "" or ($text | length) > $most then wrong("\($name): must be a text of 1 to \($most) characters")
    elif $odd then wrong("\($name): must not contain U+\($odd | codepoint)")
    elif $text | test("^\\s|\\s$") then wrong("\($name): must not begin or end with a space")
    elif $text | test("[^\\p{White_Space}\\p{Cf}\\p{Mn}\\p{Me}]") | not then wrong("\($name): must contain something that can be seen")
    else empty end;

def pattern($name; $pattern; $what):
  if (.[$name] | type) != "string" or (.[$name] | test($pattern) | not) then wrong("\($name): must be \($what), not \(.[$name] | shown)") else empty end;

def fields($known): (keys - $known - ["where"])[] as $name | wrong("\($name): is not a known field");

def meant: {RMB: "CNY", CNH: "CNY", NTD: "TWD"};
def currency:
  (.currency | if type == "string" then ascii_upcase else "" end) as $code
  | (meant[$code] // (if digits($code) then $code else null end)) as $guess
  | if digits(.currency) then empty
    else wrong("currency: must be an ISO 4217 code such as CNY, not \(.currency | shown)\(if $guess then "; did you mean \($guess)?" else "" end)") end;

def item:
  fields(["sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer", "goods_id"]),
  pattern("sku"; "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"; "1 to 64 letters, digits, '.', '_' or '-'"),
  text("title"; 200),
  (if has("image_url") then pattern("image_url"; "^(https?://|/)"; "an https or http address, or a path that starts with '/'") else empty end),
  (if has("images") and ((.images | type) != "array" or (.images | length) > 8 or (.images | all(type == "string" and test("^(https?://|/)")) | not))
    then wrong("images: must be up to 8 https or http addresses, or paths that start with '/'") else empty end),
  money("price"),
  (if has("list_price") then money("list_price") else empty end),
  currency,
  whole("stock"; 0; 10000000),
  (if has("limit_per_buyer") then whole("limit_per_buyer"; 1; 1000) else empty end),
  (if has("goods_id") then pattern("goods_id"; "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"; "1 to 64 letters, digits, '.', '_' or '-'") else empty end);

# dearer keeps a list price above the price.
def dearer:
  if (.list_price | type) == "number" and .list_price != 0 and (.price | type) == "number" and .list_price <= .price
  then wrong("list_price: must be more than the price, or 0 for none") else empty end;

def zoned: "a time with its zone, such as 2026-11-11T12:00:00Z";

def lengths($name): pattern($name; span; "a length of time such as 15s, 90m or 24h");

def times:
  if has("starts_in") or has("lasts") then
    (if has("starts_at") or has("ends_at") then wrong("starts_in and lasts stand instead of starts_at and ends_at, not beside them") else empty end),
    (if has("starts_in") then lengths("starts_in") else empty end),
    lengths("lasts"),
    (if (.lasts | type) == "string" and (.lasts | test(span)) and (.lasts | seconds) <= 0 then wrong("lasts: must be more than 0s") else empty end)
  else
    ([try (.starts_at | unix) catch null] | .[0]) as $from | ([try (.ends_at | unix) catch null] | .[0]) as $to
    | (if $from == null then wrong("starts_at: must be \(zoned), not \(.starts_at | shown)") else empty end),
      (if $to == null then wrong("ends_at: must be \(zoned), not \(.ends_at | shown)")
       elif $from != null and $to <= $from then wrong("ends_at: must be after starts_at") else empty end)
  end;

def entry:
  (.entry // "") as $entry
  | if $entry | IN("", "open", "queue", "draw") | not then wrong("entry: must be one of open, queue, draw, not \($entry | shown)")
    elif .entries_until == null then empty
    elif $entry != "draw" then wrong("entries_until: is for a draw alone (entry: draw)")
    else ([try (.entries_until | unix) catch null] | .[0]) as $until | (if has("lasts") then [try (now + ((.starts_in // "0s") | seconds) + (.lasts | seconds)) catch null] | .[0]
          else [try (.ends_at | unix) catch null] | .[0] end) as $to
      | if $until == null then wrong("entries_until: must be \(zoned), not \(.entries_until | shown)")
        elif $to != null and $until >= $to then wrong("entries_until: must be before ends_at, which is \($to | todate)") else empty end
    end;

def sale:
  fields(["key", "name", "starts_at", "ends_at", "starts_in", "lasts", "hold_seconds", "entry", "entries_until", "items"]),
  pattern("key"; "^[!-~]{1,64}$"; "1 to 64 visible ASCII characters; it makes loading the same file twice change nothing"),
  text("name"; 200),
  times,
  (if has("hold_seconds") then whole("hold_seconds"; 1; 86400) else empty end),
  entry,
  (if (.items | length) < 1 or (.items | length) > 100 then wrong("items: must be 1 to 100 items") else empty end),
  (.items[] | item, dearer),
  (.items | group_by(.sku)[] | select(length > 1) | .[1] | wrong("sku: \"\(.sku)\" is there twice")),
  (.items[0].currency as $currency | .items[] | select(.currency != $currency)
    | wrong("currency: must be the same for all items of a sale"));

if length == 0 then "no sale in it" else
  (.[] | sale),
  (group_by(.key)[] | select(length > 1) | .[1] | wrong("key: \"\(.key)\" is the key of two sales"))
end
