# In: sales as json.jq and csv.jq give them. Out: one line for each thing that is
# wrong. The server checks all of this again; here it is found before the first
# sale is sent.

def wrong($what): "\(.where): \($what)";

def whole($name; $least; $most):
  if (.[$name] | type) != "number" or (.[$name] | floor) != .[$name] or .[$name] < $least or .[$name] > $most then
    wrong("\($name): must be a whole number from \($least) to \($most)")
  else empty end;

def text($name; $most):
  if (.[$name] | type) != "string" or .[$name] == "" or (.[$name] | length) > $most then
    wrong("\($name): must be a text of 1 to \($most) characters")
  else empty end;

def pattern($name; $pattern; $what):
  if (.[$name] | type) != "string" or (.[$name] | test($pattern) | not) then wrong("\($name): must be \($what)") else empty end;

def fields($known): (keys - $known - ["where"])[] as $name
  | wrong(if $name | IN("starts_in", "lasts") then "\($name): is for `seckill preload` alone" else "\($name): is not a known field" end);

def time: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$";

def item:
  fields(["sku", "title", "image_url", "images", "price", "list_price", "currency", "stock", "limit_per_buyer"]),
  pattern("sku"; "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"; "1 to 64 letters, digits, '.', '_' or '-'"),
  text("title"; 200),
  (if has("image_url") then pattern("image_url"; "^(https?://|/)"; "an https or http address, or a path that starts with '/'") else empty end),
  (if has("images") and ((.images | type) != "array" or (.images | length) > 8 or (.images | all(type == "string" and test("^(https?://|/)")) | not))
    then wrong("images: must be up to 8 https or http addresses, or paths that start with '/'") else empty end),
  whole("price"; 0; 1000000000000),
  (if has("list_price") then whole("list_price"; 0; 1000000000000) else empty end),
  pattern("currency"; "^[A-Z]{3}$"; "an ISO 4217 code of three capital letters"),
  whole("stock"; 0; 10000000),
  (if has("limit_per_buyer") then whole("limit_per_buyer"; 1; 1000) else empty end);

def sale:
  fields(["key", "name", "starts_at", "ends_at", "hold_seconds", "items"]),
  pattern("key"; "^[!-~]{1,64}$"; "1 to 64 visible ASCII characters; it makes loading the same file twice change nothing"),
  text("name"; 200),
  pattern("starts_at"; time; "a time such as 2026-11-11T12:00:00Z"),
  pattern("ends_at"; time; "a time such as 2026-11-11T12:00:00Z"),
  (if has("hold_seconds") then whole("hold_seconds"; 1; 86400) else empty end),
  (if (.items | length) < 1 or (.items | length) > 100 then wrong("items: must be 1 to 100 items") else empty end),
  (.items[] | item),
  (.items | group_by(.sku)[] | select(length > 1) | .[1] | wrong("sku: \"\(.sku)\" is there twice")),
  (.items[0].currency as $currency | .items[] | select(.currency != $currency)
    | wrong("currency: must be the same for all items of a sale"));

if length == 0 then "no sale in it" else
  (.[] | sale),
  (group_by(.key)[] | select(length > 1) | .[1] | wrong("key: \"\(.key)\" is the key of two sales"))
end
