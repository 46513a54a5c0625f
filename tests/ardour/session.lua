-- Makes an Ardour session: track A with Songweave in it, track B only at the plugin's side-chain. The songs are laid on
-- the tracks by whoever called this.
--
--     ardour7-lua session.lua FOLDER NAME RATE

local folder, name, rate = arg[1], arg[2], tonumber(arg[3])

local function must(value, sentence)
  if not value then
    print("error: " .. sentence)
    os.exit(1)
  end
  return value
end

AudioEngine:set_backend("None (Dummy)", "", "")
local session = must(create_session(folder, name, rate), "Ardour made no session")
local function track(title, order)
  return session:new_audio_track(2, 2, nil, 1, title, order, ARDOUR.TrackMode.Normal, true):front()
end
local a, b = track("A", 0), track("B", 1)

local plugin = ARDOUR.LuaAPI.new_plugin(session, "Songweave", ARDOUR.PluginType.VST3, "")
must(not plugin:isnil(), "Ardour does not know the plugin")
must(a:add_processor_by_index(plugin, 0, nil, true) == 0, "Ardour does not insert the plugin")
must(a:add_sidechain(plugin), "Ardour gives the plugin no side-chain")
local sidechain = plugin:to_insert():sidechain_input()
b:output():disconnect_all(nil)
for channel = 0, 1 do
  local connected = sidechain:audio(channel):connect(b:output():audio(channel):name())
  must(connected == 0, "Ardour does not connect the side-chain")
end
print("latency " .. plugin:to_insert():signal_latency())
session:save_state("", false, false, false, false, false)
close_session()
quit()
