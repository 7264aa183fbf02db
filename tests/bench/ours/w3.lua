return { pool = "ours_customers.txt", pool_shared = true, steps = { { doc = "w1.graphql", expect = '"AUTHORIZED"', refused = "OUT_OF_STOCK", vars = function(c)
  return { input = { channelId = os.getenv("OURS_CHANNEL"), customer = { id = c.pool[c.rnd(1, #c.pool)] }, lines = { { sku = "SKU-02000", quantity = 1 } },
    payments = { { provider = "card", method = "card", providerReference = "tx", authorized = "9999.00" } } } } end } } }
