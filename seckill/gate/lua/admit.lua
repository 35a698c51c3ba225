-- admit decides a batch of requests for one sale, in order, and writes what it
-- admitted in one step: units, buyers, orders, replay guard, tickets and one
-- outbox entry. It changes nothing for a request that it refuses.
--
-- Sent again it changes nothing: an order id that is known is answered with the
-- order as it was admitted.
--
-- ARGV  1 most orders in flight, 2 least lag that counts as lagging (ms),
--       3 '1' when the orders were admitted before and lost since: neither the
--       window nor the state nor the backlog refuses them, they keep their tickets,
--       and their holds begin anew,
--       4 share of its hold that an order may wait for SQL,
--       then for each request: order id, idempotency key or '', order body
--       ("<currency> <sku>:<quantity>:<price>,... <buyer>"), its ticket if it was
--       admitted before, else ''
-- RETURNS  {condition}          nobody can be admitted, see prelude.lua
--          {state, now ms, hold ms, starts ms, ends ms, epoch, verdicts}
--          with one verdict for each request:
--            A <ticket>               admitted now
--            R <order> <ticket> <at>  admitted before
--            L <order or ''>          limit per buyer; the buyer's newest order
--            S <sku> <available> <ticket>  not enough units; the ticket of the
--                                     newest order of this item
--            I <sku>                  not an item of this sale
--            N, E, P                  not started, ended, not admitting now
--            B                        too many orders in flight, or too old ones
-- O(requests * lines)

local most_in_flight, least_lag, again, share = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1', tonumber(ARGV[4])
local FIRST, WIDTH = 5, 4

-- CHUNK keeps unpack within the Lua stack.
local CHUNK = 500

local function fetch(key, fields)
  local found = {}
  for from = 1, #fields, CHUNK do
    local to = math.min(from + CHUNK - 1, #fields)
    local values = redis.call('HMGET', key, unpack(fields, from, to))
    for i = from, to do found[fields[i]] = values[i - from + 1] end
  end
  return found
end

local function store(key, pairs_)
  for from = 1, #pairs_, CHUNK do
    redis.call('HSET', key, unpack(pairs_, from, math.min(from + CHUNK - 1, #pairs_)))
  end
end

local stands_against = condition()
if stands_against then return {stands_against} end

local now = now_ms()
local m = redis.call('HMGET', meta, 'state', 'starts_at', 'ends_at', 'hold', 'epoch', 'opens_at', 'limit')
local state, hold = m[1], tonumber(m[4])
local starts_at, ends_at, opens_at = tonumber(m[2]), tonumber(m[3]), tonumber(m[6])
if m[7] then most_in_flight = math.min(most_in_flight, tonumber(m[7])) end

-- shut is the verdict for everyone whose order is not known already.
local shut
if again then shut = nil
elseif now < opens_at then shut = 'P'
elseif state == 'closed' or now >= ends_at then shut = 'E'
elseif state ~= 'ready' then shut = 'P'
elseif now < starts_at then shut = 'N'
end

-- What the batch asks for, read at once.
local batch, ids, request_fields, buyer_fields = {}, {}, {}, {}
for i = FIRST, #ARGV, WIDTH do
  local r = {id = ARGV[i], key = ARGV[i + 1], body = ARGV[i + 2], had = ARGV[i + 3], lines = {}}
  local lines
  lines, r.buyer = r.body:match('^[^ ]+ ([^ ]+) (.*)$')
  for sku, quantity in lines:gmatch('([^:,]+):(%d+):%d+') do
    local field = sku .. ' ' .. r.buyer
    r.lines[#r.lines + 1] = {sku = sku, quantity = tonumber(quantity), field = field}
    if not shut then buyer_fields[#buyer_fields + 1] = field end
  end
  ids[#ids + 1] = r.id
  if r.key ~= '' then
    r.request = r.key .. ' ' .. r.buyer
    request_fields[#request_fields + 1] = r.request
  end
  batch[#batch + 1] = r
end
local known = fetch(orders, ids)
local made = fetch(requests, request_fields)
local held = fetch(buyers, buyer_fields)

local items = {}
local function item(sku)
  local it = items[sku]
  if not it then
    local v = redis.call('HMGET', meta, 'limit:' .. sku, 'last:' .. sku)
    it = {
      limit = tonumber(v[1]),
      last = v[2] or '0',
      available = tonumber(redis.call('HGET', stock, sku)),
      taken = 0,
    }
    items[sku] = it
  end
  return it
end

local backlog = 0
if not shut and not again then
  local f = redis.call('HMGET', inflight, '#orders', '#since')
  backlog = tonumber(f[1] or 0)
  local since = tonumber(f[2] or now)
  -- Whoever is admitted behind orders that have waited for their share of the
  -- hold might not be left the rest of it to pay.
  if now - since > math.max(hold * share, least_lag) then backlog = most_in_flight end
end

local last_ticket = tonumber(redis.call('GET', ticket) or 0)
local admitted = {}

local function before(id)
  local value = known[id] or redis.call('HGET', orders, id)
  local t, at = (value or ''):match('^%a (%d+) (%d+) ')
  return 'R ' .. id .. ' ' .. (t or 0) .. ' ' .. (at or now)
end

local function refusal(r)
  if shut then return shut end
  for _, l in ipairs(r.lines) do
    local it = item(l.sku)
    if not it.limit or not it.available then return 'I ' .. l.sku end
    local units, newest = (held[l.field] or '0 '):match('^(%d+) (%d*)$')
    l.units = tonumber(units)
    if l.units + l.quantity > it.limit then
      return 'L ' .. (l.units > 0 and newest or '')
    end
  end
  for _, l in ipairs(r.lines) do
    local it = item(l.sku)
    if it.available < l.quantity then
      return 'S ' .. l.sku .. ' ' .. math.max(it.available, 0) .. ' ' .. it.last
    end
  end
  if not again and backlog + #admitted >= most_in_flight then return 'B' end
end

local function admit(r)
  if r.had == '' then
    last_ticket = last_ticket + 1
    r.ticket = string.format('%.0f', last_ticket)
  else
    last_ticket = math.max(last_ticket, tonumber(r.had))
    r.ticket = r.had
  end
  for _, l in ipairs(r.lines) do
    local it = item(l.sku)
    it.available, it.taken, it.last = it.available - l.quantity, it.taken + l.quantity, r.ticket
    held[l.field] = (l.units + l.quantity) .. ' ' .. r.id
  end
  known[r.id] = string.format('h %s %.0f %s', r.ticket, now, r.body)
  if r.request then made[r.request] = r.id end
  admitted[#admitted + 1] = r
  return 'A ' .. r.ticket
end

local verdicts = {}
for i, r in ipairs(batch) do
  if known[r.id] then
    verdicts[i] = before(r.id)
  elseif r.request and made[r.request] then
    verdicts[i] = before(made[r.request])
  else
    verdicts[i] = refusal(r) or admit(r)
  end
end

if #admitted > 0 then
  local new_orders, new_requests, new_buyers, entry = {}, {}, {}, {}
  for _, r in ipairs(admitted) do
    new_orders[#new_orders + 1], new_orders[#new_orders + 2] = r.id, known[r.id]
    if r.request then
      new_requests[#new_requests + 1], new_requests[#new_requests + 2] = r.request, r.id
    end
    for _, l in ipairs(r.lines) do
      new_buyers[#new_buyers + 1], new_buyers[#new_buyers + 2] = l.field, held[l.field]
    end
    entry[#entry + 1], entry[#entry + 2] = r.ticket, r.id .. ' =' .. r.key .. ' ' .. r.body
  end
  store(orders, new_orders)
  store(requests, new_requests)
  store(buyers, new_buyers)
  redis.call('SET', ticket, string.format('%.0f', last_ticket))
  -- Their tickets do not tell an audit that they came after its reading.
  if again then redis.call('HINCRBY', meta, 'moves', #admitted) end

  local units = {}
  for sku, it in pairs(items) do
    if it.taken > 0 then
      redis.call('HINCRBY', stock, sku, -it.taken)
      redis.call('HINCRBY', inflight, sku, it.taken)
      redis.call('HSET', meta, 'last:' .. sku, it.last)
      units[#units + 1] = sku .. ':' .. it.taken
    end
  end
  local id = redis.call('XADD', outbox, '*', 'hold', hold, 'at', string.format('%.0f', now),
    'epoch', m[5], 'units', table.concat(units, ','), unpack(entry))
  redis.call('HINCRBY', inflight, '#orders', #admitted)
  redis.call('HSET', inflight, '#newest', id)
  redis.call('HSETNX', inflight, '#since', string.format('%.0f', now))
end

return {state, now, hold, starts_at, ends_at, m[5], verdicts}
