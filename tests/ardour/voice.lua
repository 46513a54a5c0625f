-- Makes an Ardour session with one track, Voice, and Songweave in it. The voice is laid on the track by whoever called this.
--
--     ardour7-lua voice.lua FOLDER NAME RATE

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
local voice = session:new_audio_track(2, 2, nil, 1, "Voice", 0, ARDOUR.TrackMode.Normal, true):front()
local plugin = ARDOUR.LuaAPI.new_plugin(session, "Songweave", ARDOUR.PluginType.VST3, "")
must(not plugin:isnil(), "Ardour does not know the plugin")
must(voice:add_processor_by_index(plugin, 0, nil, true) == 0, "Ardour does not insert the plugin")
must(voice:output():n_ports():n_midi() == 1, "the track with the plugin has no MIDI output")
print("latency " .. plugin:to_insert():signal_latency())
session:save_state("", false, false, false, false, false)
close_session()
quit()
