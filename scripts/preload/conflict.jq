# In: sales, and the answer that the sale at $at is a conflict. Out: what stands against
# it, in the words of `seckill preload`.

def none: if . == "" then "none" else . end;

"sale \(.[$at].key | tojson): its key stands for a sale with other content: "
+ ([$answer[0].sales[0].differences // [] | .[]
    | "\(.field)\(if .sku then " of \(.sku)" else "" end): \(.here | none) here, \(.there | none) in the file"]
  | if . == [] then "its stock was changed since it was written"
    elif length > 10 then .[:10] + ["and \(length - 10) more"] else . end
  | join("; "))
