-- Switches Songweave to Accompany, plays the session of voice.lua and records the notes that the plugin plays to it on a MIDI
-- track.
--
--     ardour7-lua record.lua FOLDER NAME SECONDS

local folder, name, seconds = arg[1], arg[2], tonumber(arg[3])

local function must(value, sentence)
  if not value then
    print("error: " .. sentence)
    os.exit(1)
  end
  return value
end

local function sleep(length)
  ARDOUR.LuaAPI.usleep(length * 1000000)
end

AudioEngine:set_backend("None (Dummy)", "", "")
local session = must(load_session(folder, name), "Ardour does not load the session")
local voice = session:route_by_name("Voice")
local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
local band = session:new_midi_track(midi, midi, true, ARDOUR.PluginInfo(), nil, nil, 1, "Band", 1,
  ARDOUR.TrackMode.Normal, false):front()
band:input():disconnect_all(nil)
must(band:input():midi(0):connect(voice:output():midi(0):name()) == 0, "Ardour does not connect the MIDI track")
-- The first parameter is the mode; while nothing is processed it cannot be moved.
must(ARDOUR.LuaAPI.set_processor_param(voice:nth_plugin(0), 0, 1), "the mode is not to be moved")
sleep(1)
band:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
session:goto_start(false)
sleep(1)
session:maybe_enable_record(false)
session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
sleep(seconds)
must(session:actively_recording(), "Ardour does not record")
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
sleep(2)
session:save_state("", false, false, false, false, false)
close_session()
quit()
