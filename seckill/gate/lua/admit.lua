-- admit decides a batch of requests for one sale, in order, and writes what it
-- admitted in one step: units, buyers, orders, replay guard, tickets and one
-- outbox entry. It changes nothing for a request that it refuses.
--
-- Sent again it changes nothing: an order id that is known is answered with the
-- order as it was admitted.
--
-- ARGV  1 most orders in flight, 2 least lag that counts as lagging (ms),
--       3 'lost' when the orders were admitted before and lost since: neither the
--       window nor the state nor the backlog refuses them, they keep their tickets,
--       and their holds begin anew; 'offered' when units are offered to who waits for
--       them: nobody else gets any of an item that is waited for; 'turns' when each
--       request is a turn of the sale's queue, which makes one order; else '',
--       4 share of its hold that an order may wait for SQL,
--       5 after how many returns of a buyer he has to wait, 0 is never, and 6 how
--       long since the last of them (ms), 7 the hold of these orders (ms), '' is the
--       sale's,
--       then for each request: order id, idempotency key or '', goods
--       ("<currency> <sku>:<quantity>:<price>,..."), buyer, and, if lost, the
--       ticket that the order had, if a turn, "<epoch> <number>"
-- RETURNS  {condition}          nobody can be admitted, see prelude.lua
--          {state, now ms, hold ms, starts ms, ends ms, epoch, verdicts}
--          with one verdict for each request:
--            <ticket>                 a number: admitted now
--            R <order> <ticket> <at>  admitted before
--            L <order or ''>          limit per buyer; the buyer's newest order
--            C <ms>                   the buyer has to wait until then, since his
--                                     orders came back unpaid too often
--            S <sku> <available> <ticket>  not enough units; the ticket of the
--                                     newest order of this item
--            T                        the turn has made an order, or is of another epoch
--            I <sku>                  not an item of this sale
--            N, E, P                  not started, ended, not admitting now
--            B                        too many orders in flight, or too old ones
-- O(requests * lines)
--
-- This script is most of what an admission costs Redis, and most of that is the
-- making of strings. So it makes each once, and reads what many requests have in
-- common once.

local argv = ARGV
local most_in_flight, least_lag, share = tonumber(argv[1]), tonumber(argv[2]), tonumber(argv[4])
local lost, offered, turns = argv[3] == 'lost', argv[3] == 'offered', argv[3] == 'turns'
local cool_after, cool_for = tonumber(argv[5]), tonumber(argv[6])
local FIRST, WIDTH = 8, (lost or turns) and 5 or 4
local ID, KEY, GOODS, BUYER, TICKET, TURN = 0, 1, 2, 3, 4, 4

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
local now_text = string.format('%d', now)
local m = redis.call('HMGET', meta, 'state', 'starts_at', 'ends_at', 'hold', 'epoch', 'opens_at', 'limit')
local state, hold = m[1], tonumber(m[4])
local starts_at, ends_at, opens_at = tonumber(m[2]), tonumber(m[3]), tonumber(m[6])
local time_to_pay = tonumber(argv[7]) or hold
if m[7] then most_in_flight = math.min(most_in_flight, tonumber(m[7])) end

-- shut is the verdict for everyone whose order is not known already.
local shut
if lost then shut = nil
elseif now < opens_at then shut = 'P'
elseif state == 'closed' or now >= ends_at then shut = 'E'
elseif state ~= 'ready' then shut = 'P'
elseif now < starts_at then shut = 'N'
end

-- lines_of reads goods into {sku, quantity, sku, quantity, ...}. Nearly all of a
-- batch want the same.
local read_goods = {}
local function lines_of(goods)
  local lines = read_goods[goods]
  if not lines then
    lines = {}
    for sku, quantity in goods:gmatch('([^ :,]+):(%d+):%d+') do
      lines[#lines + 1], lines[#lines + 2] = sku, tonumber(quantity)
    end
    read_goods[goods] = lines
  end
  return lines
end

-- this_epoch begins every turn that can be good.
local this_epoch = turns and m[5] .. ' '

-- What the batch asks for, read at once. fields_at[i] is where the request at
-- argv[i] has its first line in fields.
local ids, request_fields, request_of, turn_of, fields, fields_at = {}, {}, {}, {}, {}, {}
for i = FIRST, #argv, WIDTH do
  local key, buyer = argv[i + KEY], argv[i + BUYER]
  ids[#ids + 1] = argv[i + ID]
  if key ~= '' then
    local field = key .. ' ' .. buyer
    request_of[i] = field
    request_fields[#request_fields + 1] = field
  end
  if turns then -- no key begins with a space
    turn_of[i] = ' ' .. argv[i + TURN] .. ' ' .. buyer
    request_fields[#request_fields + 1] = turn_of[i]
  end
  if not shut then
    local lines = lines_of(argv[i + GOODS])
    fields_at[i] = #fields
    for l = 1, #lines, 2 do fields[#fields + 1] = lines[l] .. ' ' .. buyer end
  end
end
local known = fetch(orders, ids)
local made = fetch(requests, request_fields)
local held = fetch(buyers, fields)

-- What each buyer has of an item, his newest order of it, and what came back of it,
-- by field.
local units_of, newest_of, returns_of = {}, {}, {}
local function units(field)
  local n = units_of[field]
  if not n then
    n = 0
    if held[field] then
      local count, newest, returns = holding(held[field])
      n = tonumber(count)
      newest_of[field] = newest
      if returns ~= '' then returns_of[field] = returns end
    end
    units_of[field] = n
  end
  return n
end

local items = {}
local function item(sku)
  local it = items[sku]
  if not it then
    local v = redis.call('HMGET', meta, 'limit:' .. sku, 'last:' .. sku)
    local s = redis.call('HMGET', stock, sku, '#waited:' .. sku)
    it = {
      limit = tonumber(v[1]),
      last = v[2] or '0',
      available = tonumber(s[1]),
      others = s[2] and not offered and not lost, -- its units are for others
      taken = 0,
    }
    items[sku] = it
  end
  return it
end

local backlog = 0
if not shut and not lost then
  local f = redis.call('HMGET', inflight, '#orders', '#since')
  backlog = tonumber(f[1] or 0)
  local since = tonumber(f[2] or now)
  -- Whoever is admitted behind orders that have waited for their share of the
  -- hold might not be left the rest of it to pay.
  if now - since > math.max(hold * share, least_lag) then backlog = most_in_flight end
end

local last_ticket = tonumber(redis.call('GET', ticket) or 0)
local admitted = 0
local new_orders, new_requests, new_buyers, entry = {}, {}, {}, {}
local goods_before, next_ticket

local function before(id)
  local value = known[id] or redis.call('HGET', orders, id)
  local t, at = (value or ''):match('^%a (%d+) (%d+) ')
  return 'R ' .. id .. ' ' .. (t or 0) .. ' ' .. (at or now_text)
end

-- cools tells until when a buyer has to wait, if he has to.
local function cools(field)
  local times, last = returns_of[field]:match('^ (%d+) (%d+)$')
  if cool_after > 0 and tonumber(times) >= cool_after and now < tonumber(last) + cool_for then
    return 'C ' .. string.format('%d', tonumber(last) + cool_for)
  end
end

local function refusal(i)
  if shut then return shut end
  if turns and (made[turn_of[i]] or argv[i + TURN]:sub(1, #this_epoch) ~= this_epoch) then return 'T' end
  local lines, at = read_goods[argv[i + GOODS]], fields_at[i]
  for l = 1, #lines, 2 do
    local it, field = item(lines[l]), fields[at + (l + 1) / 2]
    if not it.limit or not it.available then return 'I ' .. lines[l] end
    local has = units(field)
    if has + lines[l + 1] > it.limit then
      return 'L ' .. (has > 0 and newest_of[field] or '')
    end
    if returns_of[field] and not lost then
      local wait = cools(field)
      if wait then return wait end
    end
  end
  for l = 1, #lines, 2 do
    local it = item(lines[l])
    if it.others or it.available < lines[l + 1] then
      return 'S ' .. lines[l] .. ' ' .. (it.others and 0 or math.max(it.available, 0)) .. ' ' .. it.last
    end
  end
  if not lost and backlog + admitted >= most_in_flight then return 'B' end
end

local function admit(i)
  local id, key, body = argv[i + ID], argv[i + KEY], argv[i + GOODS] .. ' ' .. argv[i + BUYER]
  local number, text
  if lost then
    text = argv[i + TICKET]
    number = tonumber(text)
    last_ticket = math.max(last_ticket, number)
  else
    last_ticket = last_ticket + 1
    number, text = last_ticket, string.format('%d', last_ticket)
  end
  local lines, at = read_goods[argv[i + GOODS]], fields_at[i]
  for l = 1, #lines, 2 do
    local it, field, quantity = item(lines[l]), fields[at + (l + 1) / 2], lines[l + 1]
    it.available, it.taken, it.last = it.available - quantity, it.taken + quantity, text
    local n = units_of[field] + quantity
    units_of[field] = n
    newest_of[field] = id
    local has = n .. ' ' .. id
    if returns_of[field] then has = has .. returns_of[field] end
    new_buyers[#new_buyers + 1], new_buyers[#new_buyers + 2] = field, has
  end
  local value = 'h ' .. text .. ' ' .. now_text .. ' ' .. body
  known[id] = value
  new_orders[#new_orders + 1], new_orders[#new_orders + 2] = id, value
  local request = request_of[i]
  if request then
    made[request] = id
    new_requests[#new_requests + 1], new_requests[#new_requests + 2] = request, id
  end
  if turns then
    made[turn_of[i]] = id
    new_requests[#new_requests + 1], new_requests[#new_requests + 2] = turn_of[i], id
  end
  admitted = admitted + 1
  -- The line of the entry leaves out what follows from the line before.
  local goods = argv[i + GOODS]
  if number == next_ticket then text = '+' end
  if goods == goods_before then body = '" ' .. argv[i + BUYER] end
  entry[admitted] = text .. ' ' .. id .. ' =' .. key .. ' ' .. body
  goods_before, next_ticket = goods, number + 1
  return number
end

local verdicts = {}
for i = FIRST, #argv, WIDTH do
  local id, request = argv[i + ID], request_of[i]
  local verdict
  if known[id] then
    verdict = before(id)
  elseif request and made[request] then
    verdict = before(made[request])
  else
    verdict = refusal(i) or admit(i)
  end
  verdicts[#verdicts + 1] = verdict
end

if admitted > 0 then
  store(orders, new_orders)
  store(requests, new_requests)
  store(buyers, new_buyers)
  redis.call('SET', ticket, string.format('%d', last_ticket))
  -- Their tickets do not tell an audit that they came after its reading.
  if lost then redis.call('HINCRBY', meta, 'moves', admitted) end

  local taken = {}
  for sku, it in pairs(items) do
    if it.taken > 0 then
      redis.call('HINCRBY', stock, sku, -it.taken)
      redis.call('HINCRBY', inflight, sku, it.taken)
      redis.call('HSET', meta, 'last:' .. sku, it.last)
      taken[#taken + 1] = sku .. ':' .. it.taken
    end
  end
  local id = redis.call('XADD', outbox, '*', 'hold', time_to_pay, 'at', now_text, 'epoch', m[5],
    'units', table.concat(taken, ','), 'count', admitted, 'orders', table.concat(entry, '\n'))
  redis.call('HINCRBY', inflight, '#orders', admitted)
  redis.call('HSET', inflight, '#newest', id)
  redis.call('HSETNX', inflight, '#since', now_text)
end

return {state, now, time_to_pay, starts_at, ends_at, m[5], verdicts}
