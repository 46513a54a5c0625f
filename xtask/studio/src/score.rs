//! Songs as notes: melody, accompaniment, chords and beats of the POP909 set; drum performances of the Groove set.

use std::path::Path;

use crate::{
    error::{Result, StudioError},
    midi::{Event, Message, Midi, Note},
    random::Random,
    soundfont::DRUM_CHANNEL,
};

/// A chord from begin to end in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chord {
    /// Begin in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Root as pitch class, 0 = C.
    pub root: u8,
    /// Whether the third is minor.
    pub minor: bool,
}

/// A pop song as notes.
#[derive(Debug, Clone)]
pub struct PopSong {
    /// The vocal line.
    pub melody: Vec<Note>,
    /// A second line.
    pub bridge: Vec<Note>,
    /// Piano accompaniment.
    pub piano: Vec<Note>,
    /// Chords in order of time.
    pub chords: Vec<Chord>,
    /// Beats in seconds.
    pub beats: Vec<f64>,
    /// Index of the first downbeat among the beats.
    pub downbeat: usize,
}

impl PopSong {
    /// Reads a song's folder (`NNN/NNN.mid`, `chord_midi.txt`, `beat_midi.txt`).
    ///
    /// # Errors
    /// A file is missing or not what it should be.
    pub fn read(folder: &Path) -> Result<Self> {
        let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let midi = Midi::read(&folder.join(format!("{name}.mid")))?;
        let notes = |wanted: &str| -> Vec<Note> {
            midi.tracks.iter().position(|track| track == wanted).map_or_else(Vec::new, |track| midi.notes(track))
        };
        let beats = lines(&folder.join("beat_midi.txt"))?;
        let downbeat = beats.iter().position(|beat| beat.get(2).is_some_and(|flag| flag.starts_with('1')));
        let song = Self {
            melody: notes("MELODY"),
            bridge: notes("BRIDGE"),
            piano: notes("PIANO"),
            chords: lines(&folder.join("chord_midi.txt"))?.iter().filter_map(|line| chord(line)).collect(),
            beats: beats.iter().filter_map(|beat| beat.first()?.parse().ok()).collect(),
            downbeat: downbeat.unwrap_or(0),
        };
        if song.melody.is_empty() || song.beats.len() < 8 {
            return Err(StudioError::data(folder, "no melody or no beats here; is this a POP909 song?"));
        }
        Ok(song)
    }

    /// Median time between beats in seconds.
    #[must_use]
    pub fn beat_seconds(&self) -> f64 {
        let mut gaps: Vec<f64> = self.beats.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_by(f64::total_cmp);
        gaps.get(gaps.len() / 2).copied().unwrap_or(0.5).max(0.1)
    }

    /// A bass line: the roots of the chords, in a random simple rhythm on the song's beats.
    #[must_use]
    pub fn bass(&self, random: &mut Random) -> Vec<Note> {
        let per_beat = [1, 1, 2, 2, 4][random.index(5)];
        let density = random.between(0.5, 1.0);
        let octave = if random.chance(0.5) { 28.0 } else { 33.0 };
        let staccato = f64::from(random.between(0.4, 1.0));
        let mut notes = Vec::new();
        for pair in self.beats.windows(2) {
            let step = (pair[1] - pair[0]) / f64::from(per_beat);
            for place in 0..per_beat {
                let start = pair[0] + step * f64::from(place);
                let Some(chord) = self.chords.iter().find(|chord| chord.start <= start + 0.02 && start < chord.end)
                else {
                    continue;
                };
                let begins = (start - chord.start).abs() < step;
                if begins || random.chance(density) {
                    let fifth = if !begins && random.chance(0.15) { 7.0 } else { 0.0 };
                    let key = octave + (f32::from(chord.root) - octave).rem_euclid(12.0) + fifth;
                    notes.push(Note { start, length: step * staccato, key, velocity: random.between(0.6, 0.95) });
                }
            }
        }
        notes
    }

    /// The chords held as triads around middle C.
    #[must_use]
    pub fn pads(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        for chord in &self.chords {
            for interval in [0, if chord.minor { 3 } else { 4 }, 7] {
                let key = 55.0 + f32::from((chord.root + interval + 5) % 12);
                notes.push(Note { start: chord.start, length: chord.end - chord.start, key, velocity: 0.6 });
            }
        }
        notes
    }
}

/// A line of chord annotation: begin, end, `Root:quality`.
fn chord(line: &[String]) -> Option<Chord> {
    let [start, end, name] = line else { return None };
    let (root, quality) = name.split_once(':')?;
    let mut letters = root.chars();
    let natural = match letters.next()? {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let shift: i32 = letters.map(|letter| if letter == '#' { 1 } else { -1 }).sum();
    let root = (natural + shift).rem_euclid(12) as u8;
    let minor = quality.starts_with("min") || quality.starts_with("dim") || quality.starts_with("hdim");
    Some(Chord { start: start.parse().ok()?, end: end.parse().ok()?, root, minor })
}

fn lines(path: &Path) -> Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path).map_err(|source| StudioError::io(path, source))?;
    Ok(text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect())
}

/// A drum performance with its tempo.
#[derive(Debug, Clone)]
pub struct Groove {
    /// Path below the data set's folder.
    pub file: String,
    /// Beats per minute.
    pub tempo: f64,
}

/// The performances of at least 16 seconds in 4/4 of a Groove folder (`info.csv`).
///
/// # Errors
/// The table is missing or has other columns.
pub fn grooves(folder: &Path) -> Result<Vec<Groove>> {
    let path = folder.join("info.csv");
    let text = std::fs::read_to_string(&path).map_err(|source| StudioError::io(&path, source))?;
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap_or_default();
    let place = |name: &str| {
        let missing = || StudioError::data(&path, format!("no column {name}; is this the Groove data set?"));
        header.iter().position(|column| *column == name).ok_or_else(missing)
    };
    let (file, tempo, kind) = (place("midi_filename")?, place("bpm")?, place("beat_type")?);
    let (length, signature) = (place("duration")?, place("time_signature")?);
    let long = |row: &Vec<&str>| {
        row.get(kind) == Some(&"beat")
            && row.get(signature) == Some(&"4-4")
            && row.get(length).and_then(|length| length.parse::<f64>().ok()).is_some_and(|length| length >= 16.0)
    };
    let groove =
        |row: Vec<&str>| Some(Groove { file: (*row.get(file)?).to_owned(), tempo: row.get(tempo)?.parse().ok()? });
    Ok(rows.filter(long).filter_map(groove).collect())
}

/// A drum performance repeated over `seconds`, its beats `beat_seconds` long, beginning at `start`, on `kit`.
#[must_use]
pub fn drum_events(midi: &Midi, tempo: f64, start: f64, beat_seconds: f64, seconds: f64, kit: u8) -> Vec<Event> {
    // Half or double time where that is nearer, so that no groove is played at thrice its speed.
    let mut speed = beat_seconds * tempo / 60.0;
    while speed > 1.45 {
        speed *= 0.5;
    }
    while speed < 0.69 {
        speed *= 2.0;
    }
    let bar = 4.0 * 60.0 / tempo;
    let round = (midi.seconds() / bar).round().max(1.0) * bar;
    let mut events =
        vec![Event { seconds: start - 1.0, track: 0, channel: DRUM_CHANNEL, message: Message::Program(kit) }];
    let mut at = start;
    while at < seconds {
        for event in &midi.events {
            if matches!(event.message, Message::NoteOn(..) | Message::NoteOff(_)) && event.seconds < round {
                let when = at + event.seconds * speed;
                events.push(Event { seconds: when, channel: DRUM_CHANNEL, ..*event });
            }
        }
        at += round * speed;
    }
    events.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    events
}

/// A machine's drum pattern of a random kind: kick on the beats or broken, claps on 2 and 4, hats between.
#[must_use]
pub fn machine_drums(start: f64, beat_seconds: f64, seconds: f64, kit: u8, random: &mut Random) -> Vec<Event> {
    let straight = random.chance(0.6);
    let (hats, clap) = ([2, 4, 4][random.index(3)], [39, 38, 40][random.index(3)]);
    let broken: Vec<bool> =
        (0..16).map(|step| step == 0 || random.chance(if step % 2 == 0 { 0.3 } else { 0.12 })).collect();
    let mut notes: Vec<Note> = Vec::new();
    let mut hit = |start: f64, key: f32, velocity: f32| notes.push(Note { start, length: 0.1, key, velocity });
    let steps = ((seconds - start).max(0.0) / beat_seconds * 4.0) as usize;
    for step in 0..steps {
        let when = start + step as f64 * beat_seconds / 4.0;
        let place = step % 16;
        if if straight { place % 4 == 0 } else { broken[place] } {
            hit(when, 36.0, 0.95);
        }
        if place == 4 || place == 12 {
            hit(when, clap as f32, 0.85);
        }
        if step % (4 / hats) == 0 && random.chance(0.93) {
            hit(when, if place % 4 == 2 && random.chance(0.4) { 46.0 } else { 42.0 }, random.between(0.4, 0.8));
        }
    }
    crate::soundfont::events_of(&notes, DRUM_CHANNEL, kit, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chord_names_give_root_and_third() {
        let read = |name: &str| chord(&["1.0".into(), "2.5".into(), name.into()]);
        assert_eq!(read("Bb:min7"), Some(Chord { start: 1.0, end: 2.5, root: 10, minor: true }));
        assert_eq!(read("F#:maj/3"), Some(Chord { start: 1.0, end: 2.5, root: 6, minor: false }));
        assert_eq!(read("N"), None);
    }

    #[test]
    fn a_groove_is_stretched_to_the_songs_beat_and_repeated() {
        let hit = |seconds| Event { seconds, track: 0, channel: 9, message: Message::NoteOn(36, 100) };
        let midi = Midi { events: (0..8).map(|beat| hit(f64::from(beat) * 0.5)).collect(), tracks: Vec::new() };
        let events = drum_events(&midi, 120.0, 1.0, 0.6, 8.0, 0);
        let hits: Vec<f64> = events
            .iter()
            .filter(|event| event.message == Message::NoteOn(36, 100))
            .map(|event| event.seconds)
            .collect();
        assert!((hits[0] - 1.0).abs() < 1e-9 && (hits[1] - 1.6).abs() < 1e-9, "{hits:?}");
        assert!(hits.len() >= 12);
    }
}
