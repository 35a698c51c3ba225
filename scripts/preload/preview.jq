# In: sales that are right. Out: what they say, with money as people read it.
include "currencies";
include "times";

def drawn: if .entry == "queue" then ", buyers are let in one after the other"
  elif .entry != "draw" then ""
  else ", drawn among those who enter before \(if (.entries_until // "") == "" then "it starts" else .entries_until end)" end;
def price: if .price == 0 then "free" else .currency as $c | .price | amount($c) end;
def instead: if (.list_price // 0) == 0 then "" else .currency as $c | " instead of \(.list_price | amount($c))" end;

.[]
| "\(.name) (\(.key)), \(if has("lasts") then "from \(.starts_in // "0s") after it is created, for \(.lasts)" else "\(.starts_at) to \(.ends_at)" end)\(drawn)",
  (.items[] | "  \(.sku): \(price)\(instead), \(.stock) \(if .stock == 1 then "unit" else "units" end), at most \(.limit_per_buyer // 1) a buyer\(if .goods_id then ", of the goods \(.goods_id)" else "" end): \(.title)")
