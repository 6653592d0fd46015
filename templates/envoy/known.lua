-- What the gateway tells of itself; CONFIG stands above this text.

local KNOWN = {
  generation = CONFIG.generation, health = CONFIG.health, models = CONFIG.models, names = CONFIG.names,
  entry = function(name) return CONFIG.model[name] end,
}

return function() return KNOWN end
