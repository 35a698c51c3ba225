# In: sales that are right. Out: a warning of pictures from other hosts than $own, which
# the pages do not load; nothing where there are none.

[.[].items[] | (.image_url // empty), (.images // [])[]
  | capture("^https?://(?<host>[^/?#]+)").host | select(. != $own)]
| if . == [] then empty else
    "\(length) \(if length == 1 then "picture" else "pictures" end) from \(unique | join(", ")); pages show pictures of their own address alone, such as /pictures/phone.jpg"
  end
