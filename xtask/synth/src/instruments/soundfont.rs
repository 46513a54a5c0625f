//! General MIDI instruments from a sound font.

use std::{fs::File, io::BufReader, path::Path, sync::Arc};

use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};
use songweave_audio::error::AudioError;

use crate::song::{Stereo, silence};
use songweave_score::{
    error::{MaterialError, Result},
    files::midi::{Event, Message},
    notation::note::Note,
    random::Random,
};

/// Where Debian's package fluid-soundfont-gm puts its sound font.
pub const DEFAULT_PATH: &str = "/usr/share/sounds/sf2/FluidR3_GM.sf2";
/// The channel of drums.
pub const DRUM_CHANNEL: u8 = 9;
/// Drum kits of General MIDI: standard, room, power, electronic, TR-808, jazz, brush.
pub const DRUM_KITS: [u8; 7] = [0, 8, 16, 24, 25, 32, 40];

/// A loaded General MIDI sound font; cheap to clone.
#[derive(Debug, Clone)]
pub struct Instruments {
    font: Arc<SoundFont>,
}

impl Instruments {
    /// Loads a `.sf2` file.
    ///
    /// # Errors
    /// The file is missing or no sound font in format 2.
    pub fn load(path: &Path) -> Result<Self> {
        let fail = |reason: String| MaterialError::SoundFont { path: path.to_owned(), reason };
        let file = File::open(path).map_err(|error| fail(error.to_string()))?;
        let font = SoundFont::new(&mut BufReader::new(file)).map_err(|error| fail(error.to_string()))?;
        Ok(Self { font: Arc::new(font) })
    }

    /// The sound font at a path, and then all others of the system (`.sf2` files of up to 400 MB beside
    /// [`DEFAULT_PATH`]), in order of their names.
    ///
    /// # Errors
    /// The first is missing or no sound font in format 2; others that cannot be read are passed over.
    pub fn installed(first: &Path, unheard: &Path) -> Result<Vec<Self>> {
        let mut fonts = vec![Self::load(first)?];
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut known = vec![real(first), real(unheard)];
        let folder = Path::new(DEFAULT_PATH).parent().unwrap_or(first);
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .map(|entries| entries.filter_map(|entry| Some(real(&entry.ok()?.path()))).collect())
            .unwrap_or_default();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|found| found == "sf2")) {
            let small = path.metadata().is_ok_and(|data| data.len() < 400_000_000);
            if small && !known.contains(&path) {
                fonts.extend(Self::load(&path));
                known.push(path);
            }
        }
        Ok(fonts)
    }

    /// The name that the sound font gives itself.
    #[must_use]
    pub fn name(&self) -> &str {
        self.font.get_info().get_bank_name().trim()
    }

    /// Plays the events between `from` and `from + seconds`; programs and controllers set before count, notes begun
    /// before do not sound.
    ///
    /// # Errors
    /// The rate is not between 16 and 192 kHz.
    pub fn play(&self, events: &[Event], from: f64, seconds: f64, rate: u32) -> Result<Stereo> {
        let mut settings = SynthesizerSettings::new(rate as i32);
        // The mixture gets its own room; the built-in effects cost half the time.
        settings.enable_reverb_and_chorus = false;
        let mut synth =
            Synthesizer::new(&self.font, &settings).map_err(|_| AudioError::Rate { from: rate, to: rate })?;
        let mut out = silence((seconds * f64::from(rate)) as usize);
        let mut at = 0;
        for event in events {
            let begins = matches!(event.message, Message::NoteOn(..));
            if begins && event.seconds < from {
                continue;
            }
            let target = ((event.seconds - from).max(0.0) * f64::from(rate)) as usize;
            if target >= out[0].len() {
                break;
            }
            render(&mut synth, &mut out, at, target);
            at = target.max(at);
            send(&mut synth, event);
        }
        let end = out[0].len();
        render(&mut synth, &mut out, at, end);
        Ok(out)
    }
}

fn render(synth: &mut Synthesizer, out: &mut Stereo, from: usize, to: usize) {
    if to > from {
        let [left, right] = out;
        synth.render(&mut left[from..to], &mut right[from..to]);
    }
}

fn send(synth: &mut Synthesizer, event: &Event) {
    let (command, one, two) = match event.message {
        Message::NoteOn(key, velocity) => (0x90, i32::from(key), i32::from(velocity)),
        Message::NoteOff(key) => (0x80, i32::from(key), 0),
        Message::Control(number, value) => (0xB0, i32::from(number), i32::from(value)),
        Message::Program(program) => (0xC0, i32::from(program), 0),
        Message::Bend(bend) => (0xE0, i32::from(bend & 127), i32::from(bend >> 7)),
    };
    synth.process_midi_message(i32::from(event.channel), command, one, two);
}

/// Notes of one instrument as events on one channel, with slightly human velocities.
#[must_use]
pub fn events_of(notes: &[Note], channel: u8, program: u8, random: &mut Random) -> Vec<Event> {
    let mut events = vec![Event { seconds: -1.0, track: 0, channel, message: Message::Program(program) }];
    for note in notes {
        let key = note.key.round().clamp(0.0, 127.0) as u8;
        let velocity = (note.velocity * 127.0 + 4.0 * random.normal()).clamp(1.0, 127.0) as u8;
        let at = |seconds, message| Event { seconds, track: 0, channel, message };
        events.push(at(note.start, Message::NoteOn(key, velocity)));
        events.push(at(note.start + note.length, Message::NoteOff(key)));
    }
    events.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    events
}
