# Times, as seconds.

def time: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$";
def span: "^\\+?([0-9]+(\\.[0-9]+)?(h|m|s|ms))+$";

# unix is the moment of a time of RFC 3339; an error where there is no such one.
def unix:
  if (type == "string" and test(time)) | not then error("no time") else . end
  | (.[0:19] + "Z") as $local
  | if ($local | fromdate | todate) != $local then error("no such day or hour") else . end
  | capture("(?<fraction>\\.[0-9]+)?(Z|(?<sign>[+-])(?<h>[0-9]{2}):(?<m>[0-9]{2}))$") as $rest
  | ($local | fromdate) + ("0" + ($rest.fraction // "") | tonumber)
    - (if $rest.sign then (($rest.h | tonumber) * 3600 + ($rest.m | tonumber) * 60) * (if $rest.sign == "-" then -1 else 1 end) else 0 end);

def seconds: [match("([0-9.]+)(h|ms|m|s)"; "g").captures | (.[0].string | tonumber) * {h: 3600, m: 60, s: 1, ms: 0.001}[.[1].string]] | add;
