local function sku(n) return string.format("SKU-%05d", n) end
return { pool = "ours_customers.txt", pool_shared = true, steps = { { doc = "w1.graphql", expect = '"AUTHORIZED"', vars = function(c)
  return { input = { channelId = os.getenv("OURS_CHANNEL"), customer = { id = c.pool[c.rnd(1, #c.pool)] },
    lines = { { sku = sku(c.rnd(1, 666)), quantity = 1 }, { sku = sku(c.rnd(667, 1333)), quantity = 1 }, { sku = sku(c.rnd(1334, 1990)), quantity = 1 } },
    adjustments = { { kind = "SHIPPING", label = "Standard", amount = "5.00" } },
    payments = { { provider = "card", method = "card", providerReference = "tx", authorized = "9999.00" } } } } end } } }
