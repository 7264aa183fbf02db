local function day(d) return os.date("!%Y-%m-%dT00:00:00Z", 1735689600 + d * 86400) end
return { steps = { { doc = "r4.graphql", expect = '"totalCount":', vars = function(c) local d = c.rnd(0, 300); return { from = day(d), to = day(d + 30) } end } } }
