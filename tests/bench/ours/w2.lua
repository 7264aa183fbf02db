return { pool = "ours_w2.txt", consume = true, steps = { { doc = "w2.graphql", expect = '"SHIPPED"', vars = function(c)
  return { input = { fulfillmentId = c.pool[(c.n - 1) % #c.pool + 1] } } end } } }
