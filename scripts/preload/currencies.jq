# ISO 4217, by how many digits follow the point; a test holds it to seckill/currency.go.
def by_digits: {
  "0": "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  "2": "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
  "3": "BHD IQD JOD KWD LYD OMR TND",
  "4": "CLF UYW"
};

# digits is how many an amount of a currency has behind the point; null of what is none.
def digits($code):
  if ($code | type == "string" and test("^[A-Z]{3}$")) then
    first(by_digits | to_entries[] | select(.value | contains($code)) | .key | tonumber) // null
  else null end;

# amount is so many minor units as people read them; with two digits where the currency
# is not known.
def amount($currency):
  (digits($currency) // 2) as $n | tostring
  | if $n == 0 then . else (("0" * ($n + 1 - length)) // "") + . | .[:-$n] + "." + .[-$n:] end
  | if $currency == "" then . else "\(.) \($currency)" end;
