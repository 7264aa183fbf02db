return { pool = "ours_customers.txt", pool_shared = true, steps = { { doc = "r3.graphql", expect = "\"totalCount\":",
  vars = function(c) return { id = c.pool[c.rnd(1, #c.pool)] } end } } }
