# In: the documents of a JSON file. Out: its sales, each sale and item with
# `where` it stands.
if length != 1 then error("must be one JSON document") else .[0] end
| if type != "object" or (keys != ["sales"]) or (.sales | type) != "array" then
    error("must be {\"sales\": [...]}")
  else .sales end
| to_entries
| map("sales[\(.key)]" as $sale | .value
    | if type != "object" then error("\($sale): must be an object") else . end
    | if (.items | type) != "array" then error("\($sale): items must be a list") else . end
    | .where = $sale
    | .items |= (to_entries | map("\($sale).items[\(.key)]" as $item | .value
        | if type != "object" then error("\($item): must be an object") else . end
        | .where = $item)))
