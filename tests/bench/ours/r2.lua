return { pool = "ours_orders.txt", pool_shared = true, steps = { { doc = "r2.graphql", expect = "\"email\":",
  vars = function(c) return { id = c.pool[c.rnd(1, #c.pool)] } end } } }
