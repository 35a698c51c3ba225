# In: the text of a JSON file. Out: its sales, each sale and item with `where` it
# stands.

# exact makes text of each number that is not written in plain digits, for check.jq
# to refuse: jq would make 199 of 199.0, and 1000 of 1e3.
def exact:
  [match("\"(?>[^\"\\\\]+|\\\\.)*\"|[-0-9][-+0-9.eE]*|[^\"0-9-]+|\""; "g").string]
  | map(if test("^[-0-9]") and (test("^(0|-?[1-9][0-9]*)$") | not) then tojson else . end)
  | add // "";

ltrimstr("\ufeff")
| split("\n") | map(exact) | join("\n")  # no string of JSON goes over a line's end
| [try fromjson catch {notJSON: sub(" \\(while parsing.*"; ""; "m")}][0]  # closed, so that it catches no other error
| if type == "object" and has("notJSON") then error("must be one JSON document: \(.notJSON)") else . end
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
        | if .image_url == null or .image_url == "" then del(.image_url) else . end  # there is no picture
        | if .images == null then del(.images) else . end
        | if .goods_id == null or .goods_id == "" then del(.goods_id) else . end
        | .where = $item)))
