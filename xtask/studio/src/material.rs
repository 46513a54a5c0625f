//! The training material of the Mash network: where songs come from and how a song is made.

use std::path::{Path, PathBuf};

use songweave_dsp::layout::Part;

use crate::{
    clips::{Clip, loop_is_drums},
    error::{Result, StudioError},
    midi::{Event, Message, Midi, Note},
    random::{Random, hash},
    real_stems::{RealSong, TRAINING_SONGS},
    score::{Groove, PopSong, drum_events, grooves, machine_drums},
    singing::{Voice, clip_part, phrases},
    song::{Song, Stereo},
    soundfont::{DRUM_CHANNEL, DRUM_KITS, Instruments, events_of},
    voice_bank::VoiceBank,
};

/// Sample rates of the material in Hz.
pub const RATES: [u32; 2] = [44_100, 48_000];

/// What a song is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// To train on.
    Train,
    /// To choose by: one song in ten, by a hash of its name.
    Validation,
}

impl Split {
    /// The split of a song by its name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        if hash(name).is_multiple_of(10) { Self::Validation } else { Self::Train }
    }

    /// Lower-case name, as in file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
        }
    }
}

/// Kinds of songs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A stretch of a real multitrack.
    Real,
    /// A POP909 song: sung melody, General MIDI band, Groove drums, made-up bass.
    Pop,
    /// A Freedoom piece with a made-up or recorded voice.
    Game,
    /// Machine drums or loops, synthetic bass and chords, a made-up or recorded voice.
    Electronic,
}

/// Everything that songs are made of.
#[derive(Debug)]
pub struct Material {
    instruments: Instruments,
    real: Vec<RealSong>,
    pop: Vec<PathBuf>,
    games: Vec<PathBuf>,
    groove_folder: PathBuf,
    grooves: Vec<Groove>,
    voices: VoiceBank,
    acapella: Vec<Clip>,
    loops: Vec<Clip>,
}

impl Material {
    /// Opens the data folder (see its README) and a sound font.
    ///
    /// # Errors
    /// Something is missing or unreadable; the message says what.
    pub fn open(data: &Path, sound_font: &Path) -> Result<Self> {
        let clip = |name: &&str| Clip::load(&data.join("clips").join(name));
        let groove_folder = data.join("groove");
        let loops = files(&data.join("loops/etc/samples"), "flac")?;
        Ok(Self {
            instruments: Instruments::load(sound_font)?,
            real: real_songs(&data.join("stems/src"))?,
            pop: folders(&data.join("pop909/POP909"))?,
            games: files(&data.join("freedoom/musics"), "mid")?,
            grooves: grooves(&groove_folder)?,
            groove_folder,
            voices: VoiceBank::open(&data.join("erithacus"), &RATES)?,
            acapella: ["vocadito_10.wav", "vocal-da-80bpm.wav"].iter().map(clip).collect::<Result<_>>()?,
            loops: loops.iter().map(|path| Clip::load(path)).collect::<Result<_>>()?,
        })
    }

    /// A new song of a kind, `seconds` long at `rate` (one of [`RATES`]) from the songs of a split. There are no real
    /// songs for validation: their place is taken by electronic ones.
    ///
    /// # Errors
    /// A data file is unreadable.
    pub fn song(&self, kind: Kind, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        match (kind, split) {
            (Kind::Real, Split::Train) => match random.pick(&self.real) {
                Some(song) => song.stretch(seconds, rate, random),
                None => self.electronic(seconds, rate, random),
            },
            (Kind::Pop, _) => self.pop(split, seconds, rate, random),
            (Kind::Game, _) => self.game(split, seconds, rate, random),
            (Kind::Electronic | Kind::Real, _) => self.electronic(seconds, rate, random),
        }
    }

    fn voice(&self, rate: u32, random: &mut Random) -> Voice<'_> {
        Voice::random(&self.voices, rate, random)
    }

    fn pop(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let path = choose(&self.pop, split, random)?;
        let song = PopSong::read(path)?;
        let last = song.beats.last().copied().unwrap_or(0.0) - seconds;
        let bars: Vec<f64> =
            song.beats.iter().skip(song.downbeat).step_by(4).copied().filter(|&beat| beat < last).collect();
        let from = random.pick(&bars).copied().unwrap_or(0.0);
        let keys = random.index(12) as f32 - 5.0;
        let mut out = Song::silent(&name_of(path), rate, (seconds * f64::from(rate)) as usize);
        let samples = out.samples();
        let melody: Vec<Note> = song
            .melody
            .iter()
            .filter(|note| note.start >= from)
            .map(|note| Note { start: note.start - from, key: note.key + keys, ..*note })
            .collect();
        out.parts[Part::Vocals as usize] = self.voice(rate, random).part(&melody, samples, rate, random);
        let first = song.beats.get(song.downbeat).copied().unwrap_or(0.0);
        let drums = self.drums(split, first, song.beat_seconds(), from + seconds, random)?;
        let program = 32 + random.index(8) as u8;
        let bass = events_of(&moved(&song.bass(random), keys), 1, program, random);
        let other = self.band(&song, keys, random);
        for (part, events) in [(Part::Drums, drums), (Part::Bass, bass), (Part::Other, other)] {
            out.parts[part as usize] = self.instruments.play(&events, from, seconds, rate)?;
        }
        Ok(out)
    }

    /// Keys, second line and sometimes a pad, each somewhere in the stereo field.
    fn band(&self, song: &PopSong, keys: f32, random: &mut Random) -> Vec<Event> {
        let mut lines = vec![(&song.piano, program(random)), (&song.bridge, program(random))];
        let pads = song.pads();
        if random.chance(0.4) {
            lines.push((&pads, [48, 49, 50, 51, 52, 88, 89, 90, 91, 94, 95][random.index(11)]));
        }
        let mut events = Vec::new();
        for (channel, (notes, program)) in lines.into_iter().enumerate() {
            let pan = Message::Control(10, random.between(20.0, 108.0) as u8);
            events.push(Event { seconds: -1.0, track: 0, channel: channel as u8, message: pan });
            events.extend(events_of(&moved(notes, keys), channel as u8, program, random));
        }
        events.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        events
    }

    fn drums(&self, split: Split, start: f64, beat: f64, seconds: f64, random: &mut Random) -> Result<Vec<Event>> {
        let kit = DRUM_KITS[random.index(DRUM_KITS.len())];
        let fitting: Vec<&Groove> = self.grooves.iter().filter(|groove| Split::of(&groove.file) == split).collect();
        let played = random.chance(0.65);
        match random.pick(&fitting).filter(|_| played) {
            Some(groove) => {
                let midi = Midi::read(&self.groove_folder.join(&groove.file))?;
                Ok(drum_events(&midi, groove.tempo, start, beat, seconds, kit))
            }
            None => Ok(machine_drums(start, beat, seconds, kit, random)),
        }
    }

    fn game(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let path = choose(&self.games, split, random)?;
        let midi = Midi::read(path)?;
        let from = f64::from(random.unit()) * (midi.seconds() - seconds).max(0.0);
        let mut out = Song::silent(&name_of(path), rate, (seconds * f64::from(rate)) as usize);
        for part in [Part::Drums, Part::Bass, Part::Other] {
            let events = only(&midi.events, part);
            out.parts[part as usize] = self.instruments.play(&events, from, seconds, rate)?;
        }
        self.add_voice(&mut out, 0.5, seconds, random)?;
        Ok(out)
    }

    fn electronic(&self, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let mut out = Song::silent("electronic", rate, (seconds * f64::from(rate)) as usize);
        let samples = out.samples();
        let beat = 60.0 / f64::from(random.between(80.0, 175.0));
        let root = random.index(12) as f32;
        let kit = [24, 25, 25, 16, 0][random.index(5)];
        if random.chance(0.3) {
            out.parts[Part::Drums as usize] = self.loop_part(true, samples, rate, random)?;
        }
        if random.chance(0.85) {
            let events = machine_drums(0.0, beat, seconds, kit, random);
            let hits = self.instruments.play(&events, 0.0, seconds, rate)?;
            add(&mut out.parts[Part::Drums as usize], &hits);
        }
        let chords = progression(beat, seconds, root, random);
        let bass = bass_line(&chords, beat, random);
        let bass = events_of(&bass, 1, [38, 39, 38, 39, 33, 87, 36][random.index(7)], random);
        out.parts[Part::Bass as usize] = self.instruments.play(&bass, 0.0, seconds, rate)?;
        out.parts[Part::Other as usize] = self.synthesisers(&chords, beat, seconds, rate, random)?;
        if random.chance(0.25) {
            let other = self.loop_part(false, samples, rate, random)?;
            add(&mut out.parts[Part::Other as usize], &other);
        }
        self.add_voice(&mut out, beat, seconds, random)?;
        Ok(out)
    }

    fn synthesisers(
        &self,
        chords: &[[Note; 3]],
        beat: f64,
        seconds: f64,
        rate: u32,
        random: &mut Random,
    ) -> Result<Stereo> {
        let pad = [50, 51, 54, 62, 63, 81, 88, 89, 90, 91, 92, 93, 94, 95, 4, 5][random.index(16)];
        let held: Vec<Note> = chords.iter().flatten().copied().collect();
        let mut events = events_of(&held, 0, pad, random);
        if random.chance(0.7) {
            let pluck = [80, 81, 82, 84, 85, 87, 11, 12, 45, 98, 6, 99, 8, 104][random.index(14)];
            let pace = [0.25, 0.25, 0.5][random.index(3)];
            events.extend(events_of(&arpeggio(chords, beat * pace, random), 1, pluck, random));
            events.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        }
        self.instruments.play(&events, 0.0, seconds, rate)
    }

    fn loop_part(&self, drums: bool, samples: usize, rate: u32, random: &mut Random) -> Result<Stereo> {
        let fitting: Vec<&Clip> = self.loops.iter().filter(|clip| loop_is_drums(&clip.name) == Some(drums)).collect();
        match random.pick(&fitting) {
            Some(clip) => clip.repeat(samples, rate, 0.0, random),
            None => Ok(crate::song::silence(samples)),
        }
    }

    /// A recorded or made-up voice over a song without one; a quarter of such songs stay instrumental.
    fn add_voice(&self, song: &mut Song, beat: f64, seconds: f64, random: &mut Random) -> Result<()> {
        let (samples, rate) = (song.samples(), song.rate);
        let choice = random.unit();
        let part = if choice < 0.25 {
            return Ok(());
        } else if choice < 0.5 {
            let Some(clip) = random.pick(&self.acapella) else { return Ok(()) };
            song.bandwidth = song.bandwidth.min(clip.bandwidth());
            clip_part(clip, samples, rate, random)?
        } else {
            let notes = phrases(beat, seconds, random.between(45.0, 57.0).round(), random);
            self.voice(rate, random).part(&notes, samples, rate, random)
        };
        song.parts[Part::Vocals as usize] = part;
        Ok(())
    }
}

/// The training songs, each read by a thread of its own.
fn real_songs(folder: &Path) -> Result<Vec<RealSong>> {
    std::thread::scope(|scope| {
        let threads = TRAINING_SONGS.map(|name| scope.spawn(move || RealSong::load(&folder.join(name))));
        let broke = |_| StudioError::data(folder, "a reading thread broke off; run the command again");
        threads.into_iter().map(|thread| thread.join().map_err(broke)?).collect()
    })
}

fn add(to: &mut Stereo, sound: &Stereo) {
    for (to, sound) in to.iter_mut().zip(sound) {
        to.iter_mut().zip(sound).for_each(|(to, sample)| *to += sample);
    }
}

/// The events of a piece that one part plays: notes by the program of their channel, everything else for all.
fn only(events: &[Event], part: Part) -> Vec<Event> {
    let mut programs = [0u8; 16];
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        let channel = usize::from(event.channel);
        if let Message::Program(program) = event.message {
            programs[channel] = program;
        }
        let plays = match event.channel {
            DRUM_CHANNEL => Part::Drums,
            // Percussive programs are drums too: timpani, taiko, toms, synth drum, reverse cymbal, effects.
            _ if matches!(programs[channel], 47 | 112..=119) => Part::Drums,
            _ if (32..40).contains(&programs[channel]) => Part::Bass,
            _ => Part::Other,
        };
        if plays == part || !matches!(event.message, Message::NoteOn(..)) {
            kept.push(*event);
        }
    }
    kept
}

fn moved(notes: &[Note], keys: f32) -> Vec<Note> {
    notes.iter().map(|note| Note { key: note.key + keys, ..*note }).collect()
}

/// A program for keys or a second line: pianos, chromatic percussion, organs, guitars, strings, brass, reeds, synths.
fn program(random: &mut Random) -> u8 {
    if random.chance(0.35) {
        random.index(8) as u8
    } else {
        [
            8, 11, 12, 16, 17, 18, 24, 25, 26, 27, 28, 29, 30, 40, 42, 46, 48, 50, 56, 57, 61, 62, 65, 66, 68, 71, 73,
            80, 81, 82, 87, 89, 90, 104,
        ][random.index(34)]
    }
}

/// Four chords of a minor key, over and over, each a bar long.
fn progression(beat: f64, seconds: f64, root: f32, random: &mut Random) -> Vec<[Note; 3]> {
    const DEGREES: [(f32, f32); 6] = [(0.0, 3.0), (3.0, 4.0), (5.0, 3.0), (7.0, 3.0), (8.0, 4.0), (10.0, 4.0)];
    let round: Vec<(f32, f32)> = (0..4).map(|_| DEGREES[random.index(6)]).collect();
    let bars = (seconds / (4.0 * beat)).ceil() as usize;
    (0..bars)
        .map(|bar| {
            let (degree, third) = round[bar % 4];
            [0.0, third, 7.0].map(|interval| Note {
                start: bar as f64 * 4.0 * beat,
                length: 4.0 * beat,
                key: 52.0 + (root + degree + interval) % 12.0,
                velocity: 0.6,
            })
        })
        .collect()
}

fn bass_line(chords: &[[Note; 3]], beat: f64, random: &mut Random) -> Vec<Note> {
    let step = beat * [0.25, 0.5, 0.5, 1.0][random.index(4)];
    let (density, length) = (random.between(0.4, 1.0), f64::from(random.between(0.5, 1.0)));
    let octave = if random.chance(0.6) { 24.0 } else { 36.0 };
    let mut notes = Vec::new();
    for chord in chords {
        let steps = (chord[0].length / step).round() as usize;
        for place in 0..steps {
            if place == 0 || random.chance(density) {
                let key = octave + chord[0].key % 12.0 + if random.chance(0.1) { 12.0 } else { 0.0 };
                let start = chord[0].start + step * place as f64;
                notes.push(Note { start, length: step * length, key, velocity: random.between(0.7, 1.0) });
            }
        }
    }
    notes
}

fn arpeggio(chords: &[[Note; 3]], step: f64, random: &mut Random) -> Vec<Note> {
    let pattern: Vec<Option<usize>> = (0..8).map(|_| random.chance(0.75).then(|| random.index(3))).collect();
    let octave = 12.0 * random.index(3) as f32;
    let mut notes = Vec::new();
    for chord in chords {
        let steps = (chord[0].length / step).round() as usize;
        for place in 0..steps {
            if let Some(tone) = pattern[place % 8] {
                let start = chord[0].start + step * place as f64;
                notes.push(Note { start, length: 0.7 * step, key: chord[tone].key + octave, velocity: 0.75 });
            }
        }
    }
    notes
}

fn choose<'a>(paths: &'a [PathBuf], split: Split, random: &mut Random) -> Result<&'a Path> {
    let fitting: Vec<&PathBuf> = paths.iter().filter(|path| Split::of(&name_of(path)) == split).collect();
    let none = || StudioError::data(Path::new("data"), format!("no song of the {} split", split.name()));
    random.pick(&fitting).map(|path| path.as_path()).ok_or_else(none)
}

fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|source| StudioError::io(folder, source))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(|source| StudioError::io(folder, source))?;
    paths.sort();
    Ok(paths)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_go_to_the_part_of_their_program() {
        let event = |channel, message| Event { seconds: 0.0, track: 0, channel, message };
        let events = [
            event(0, Message::Program(33)),
            event(0, Message::NoteOn(40, 100)),
            event(1, Message::NoteOn(60, 100)),
            event(DRUM_CHANNEL, Message::NoteOn(36, 100)),
            event(0, Message::Program(0)),
            event(0, Message::NoteOn(72, 100)),
        ];
        let keys = |part| -> Vec<u8> {
            let key = |event: &Event| if let Message::NoteOn(key, _) = event.message { Some(key) } else { None };
            only(&events, part).iter().filter_map(key).collect()
        };
        assert_eq!((keys(Part::Bass), keys(Part::Drums), keys(Part::Other)), (vec![40], vec![36], vec![60, 72]));
    }

    #[test]
    fn one_name_in_ten_validates() {
        let validating = (0..1_000).filter(|number| Split::of(&format!("{number:03}")) == Split::Validation).count();
        assert!((60..140).contains(&validating), "{validating}");
        assert!(TRAINING_SONGS.iter().all(|name| !crate::real_stems::TEST_SONGS.contains(name)));
    }
}
