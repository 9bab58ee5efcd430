-- What a page and its script ask for, in turns.
local paths = {
  "/", "/reports/leaderboard", "/reports/models/global", "/reports/predictions", "/reports/feeds", "/reports/snapshots",
  "/pipeline", "/reports/checkpoints", "/reports/models/metrics", "/predictions",
}
local turn = 0

request = function()
  turn = turn % #paths + 1
  return wrk.format("GET", paths[turn])
end
