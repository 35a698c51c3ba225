# In: sales that are right. Out: the places in the list of those that are over at $now.
include "times";

to_entries[] | select(.value | has("ends_at") and (.ends_at | unix) <= $now) | .key
