//! Scores from compressed `MusicXML` (`.mxl`): notes with their lyrics, chord symbols and bars, in quarter notes.
//!
//! Repeats are not followed: the bars are read in the order of the page. Grace notes and cues are left out.

use std::{collections::HashMap, fs::File, io::Read, path::Path};

use roxmltree::{Document, Node, ParsingOptions};

use crate::{
    error::{MaterialError, Result},
    notation::chord::Chord,
};

/// Largest score that is read, in bytes once unpacked.
const LARGEST: u64 = 64 << 20;

/// A note of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreNote {
    /// Begin in quarter notes from the start of the piece.
    pub start: f64,
    /// Length in quarter notes; ties are joined.
    pub length: f64,
    /// MIDI key.
    pub key: f32,
    /// Syllable of the first verse, with a hyphen at its end where the word goes on.
    pub lyric: Option<String>,
}

/// What one instrument or voice plays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScorePart {
    /// Its name on the page.
    pub name: String,
    /// In order of time.
    pub notes: Vec<ScoreNote>,
}

impl ScorePart {
    /// Whether it has words.
    #[must_use]
    pub fn is_sung(&self) -> bool {
        self.notes.iter().any(|note| note.lyric.is_some())
    }
}

/// A piece of music.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// From top to bottom.
    pub parts: Vec<ScorePart>,
    /// Chord symbols; begin and end in quarter notes.
    pub chords: Vec<Chord>,
    /// Begin of each bar in quarter notes, and the end of the last.
    pub bars: Vec<f64>,
    /// Beats of a bar and the quarter notes of a beat, as of the first time signature.
    pub meter: (usize, f64),
    /// Quarter notes per minute where the score says so.
    pub tempo: Option<f64>,
}

impl Score {
    /// Reads a `.mxl` file.
    ///
    /// # Errors
    /// The file is missing, damaged, or holds no notes.
    pub fn read(path: &Path) -> Result<Self> {
        let text = unpack(path)?;
        let broken = |reason: &dyn std::fmt::Display| {
            MaterialError::data(path, format!("not a MusicXML score that can be read ({reason}); export it again"))
        };
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let document = Document::parse_with_options(&text, options).map_err(|error| broken(&error))?;
        let score = Self::of(document.root_element());
        if score.parts.iter().all(|part| part.notes.is_empty()) { Err(broken(&"no notes")) } else { Ok(score) }
    }

    fn of(root: Node) -> Self {
        let name = |id: &str| {
            let listed =
                root.descendants().find(|node| node.has_tag_name("score-part") && node.attribute("id") == Some(id));
            listed.and_then(|node| text(node, "part-name")).unwrap_or_default().to_owned()
        };
        let mut score = Self { meter: (4, 1.0), ..Self::default() };
        for (index, part) in root.children().filter(|node| node.has_tag_name("part")).enumerate() {
            let mut reader = Reader { first: index == 0, per_quarter: 1.0, ..Reader::default() };
            part.children().filter(|node| node.has_tag_name("measure")).for_each(|bar| reader.bar(bar, &mut score));
            reader.notes.sort_by(|one, other| one.start.total_cmp(&other.start));
            let name = name(part.attribute("id").unwrap_or_default());
            score.parts.push(ScorePart { name, notes: reader.notes });
            if index == 0 {
                score.bars.push(reader.bar);
            }
        }
        let end = score.bars.last().copied().unwrap_or(0.0);
        let ends: Vec<f64> = score.chords.iter().skip(1).map(|chord| chord.start).chain([end]).collect();
        score.chords.iter_mut().zip(ends).for_each(|(chord, end)| chord.end = end);
        score.chords.retain(|chord| chord.end > chord.start);
        score
    }
}

/// The score inside the archive: the first XML file that is not about the archive itself.
fn unpack(path: &Path) -> Result<String> {
    let broken = |reason: String| {
        MaterialError::data(path, format!("not a MusicXML archive that can be read ({reason}); export it again"))
    };
    let file = File::open(path).map_err(|source| MaterialError::io(path, source))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| broken(error.to_string()))?;
    let score =
        |name: &String| !name.starts_with("META-INF") && (name.ends_with(".xml") || name.ends_with(".musicxml"));
    let mut names = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned()));
    let name = names.find(score).ok_or_else(|| broken("no score inside".to_owned()))?;
    drop(names);
    let entry = archive.by_name(&name).map_err(|error| broken(error.to_string()))?;
    let mut bytes = Vec::new();
    entry.take(LARGEST).read_to_end(&mut bytes).map_err(|error| broken(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| broken("its text is not UTF-8".to_owned()))
}

/// Where the reading of a part is.
#[derive(Default)]
struct Reader {
    /// Whether this is the uppermost part, which bars and chords are taken from.
    first: bool,
    /// Divisions of a quarter note.
    per_quarter: f64,
    /// Begin of the bar.
    bar: f64,
    now: f64,
    /// Begin of the note that the next chord tone goes with.
    before: f64,
    notes: Vec<ScoreNote>,
    /// Indices of notes whose tie goes on, by key.
    tied: HashMap<u32, usize>,
}

impl Reader {
    fn bar(&mut self, bar: Node, score: &mut Score) {
        self.now = self.bar;
        if self.first {
            score.bars.push(self.bar);
        }
        let mut end = self.bar;
        for node in bar.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "attributes" => self.attributes(node, score),
                "note" => self.note(node),
                "backup" => self.now = (self.now - self.duration(node)).max(self.bar),
                "forward" => self.now += self.duration(node),
                "harmony" if self.first => score.chords.extend(self.chord(node)),
                "direction" | "sound" if score.tempo.is_none() => score.tempo = tempo(node),
                _ => {}
            }
            end = end.max(self.now);
        }
        self.bar = end;
    }

    fn attributes(&mut self, node: Node, score: &mut Score) {
        if let Some(divisions) = number(node, "divisions").filter(|divisions| *divisions > 0.0) {
            self.per_quarter = divisions;
        }
        let time = node.children().find(|child| child.has_tag_name("time"));
        if let Some(time) = time.filter(|_| self.first && score.bars.len() == 1) {
            let beats = number(time, "beats").unwrap_or(4.0) as usize;
            let unit = 4.0 / number(time, "beat-type").filter(|unit| *unit > 0.0).unwrap_or(4.0);
            score.meter = (beats.clamp(1, 32), unit);
        }
    }

    /// Quarter notes of an element.
    fn duration(&self, node: Node) -> f64 {
        number(node, "duration").unwrap_or(0.0).max(0.0) / self.per_quarter
    }

    fn note(&mut self, node: Node) {
        let has = |name: &str| node.children().any(|child| child.has_tag_name(name));
        let length = self.duration(node);
        if has("grace") {
            return;
        }
        let start = if has("chord") { self.before } else { self.now };
        if !has("chord") {
            self.before = self.now;
            self.now += length;
        }
        let pitch = node.children().find(|child| child.has_tag_name("pitch"));
        let Some(key) = pitch.and_then(key).filter(|_| !has("cue")) else { return };
        let tie = |kind: &str| {
            node.children().any(|child| child.has_tag_name("tie") && child.attribute("type") == Some(kind))
        };
        let began = self.tied.remove(&(key as u32)).filter(|_| tie("stop"));
        let index = match began.and_then(|index| Some((index, self.notes.get_mut(index)?))) {
            Some((index, note)) => {
                note.length = start + length - note.start;
                index
            }
            None => {
                self.notes.push(ScoreNote { start, length, key, lyric: lyric(node) });
                self.notes.len() - 1
            }
        };
        if tie("start") {
            self.tied.insert(key as u32, index);
        }
    }

    fn chord(&self, node: Node) -> Option<Chord> {
        let class = |name: &str| {
            let place = node.children().find(|child| child.has_tag_name(name))?;
            step(text(place, &format!("{name}-step"))?, number(place, &format!("{name}-alter")).unwrap_or(0.0))
        };
        let root = class("root")?;
        let tones = tones(text(node, "kind")?)?;
        Some(Chord { start: self.now, end: self.now, root, bass: class("bass").unwrap_or(root), tones: tones.to_vec() })
    }
}

/// Tones of a chord symbol, in semitones above the root; `None` for "no chord" and unknown ones.
fn tones(kind: &str) -> Option<&'static [u8]> {
    Some(match kind {
        "major" | "power" | "pedal" => &[0, 4, 7],
        "minor" => &[0, 3, 7],
        "dominant" => &[0, 4, 7, 10],
        "dominant-ninth" | "dominant-11th" => &[0, 4, 7, 10, 14],
        "dominant-13th" => &[0, 4, 7, 10, 21],
        "major-seventh" => &[0, 4, 7, 11],
        "major-ninth" => &[0, 4, 7, 11, 14],
        "minor-seventh" | "minor-11th" => &[0, 3, 7, 10],
        "minor-ninth" => &[0, 3, 7, 10, 14],
        "major-minor" => &[0, 3, 7, 11],
        "major-sixth" => &[0, 4, 7, 9],
        "minor-sixth" => &[0, 3, 7, 9],
        "augmented" => &[0, 4, 8],
        "augmented-seventh" => &[0, 4, 8, 10],
        "diminished" => &[0, 3, 6],
        "diminished-seventh" => &[0, 3, 6, 9],
        "half-diminished" => &[0, 3, 6, 10],
        "suspended-fourth" => &[0, 5, 7],
        "suspended-second" => &[0, 2, 7],
        _ => return None,
    })
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children().find(|child| child.has_tag_name(name))?.text().map(str::trim)
}

fn number(node: Node, name: &str) -> Option<f64> {
    text(node, name)?.parse().ok()
}

/// Pitch class of a letter.
fn step(letter: &str, alter: f64) -> Option<u8> {
    let natural = [("C", 0), ("D", 2), ("E", 4), ("F", 5), ("G", 7), ("A", 9), ("B", 11)];
    let class = natural.iter().find(|(name, _)| *name == letter)?.1;
    Some((class + alter as i32).rem_euclid(12) as u8)
}

fn key(pitch: Node) -> Option<f32> {
    let alter = number(pitch, "alter").unwrap_or(0.0);
    let natural = f32::from(step(text(pitch, "step")?, 0.0)?);
    let key = 12.0 * (number(pitch, "octave")? as f32 + 1.0) + natural + alter as f32;
    (0.0..128.0).contains(&key).then_some(key)
}

/// The first verse's syllable.
fn lyric(note: Node) -> Option<String> {
    let verse = note.children().find(|child| child.has_tag_name("lyric"))?;
    let goes_on = matches!(text(verse, "syllabic"), Some("begin" | "middle"));
    let syllable = text(verse, "text").filter(|syllable| !syllable.is_empty())?;
    Some(if goes_on { format!("{syllable}-") } else { syllable.to_owned() })
}

fn tempo(node: Node) -> Option<f64> {
    let sound = node.descendants().find(|child| child.has_tag_name("sound") && child.has_attribute("tempo"))?;
    sound.attribute("tempo")?.parse().ok().filter(|tempo: &f64| (20.0..400.0).contains(tempo))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{io::Write, path::PathBuf};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    /// Two bars of 3/4 at 2 divisions: C major, then G7 over B; a tie over the bar line, a chord and a second voice.
    const SCORE: &str = r#"<?xml version="1.0"?>
        <score-partwise><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
        <part id="P1"><measure number="1">
          <attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>
          <direction><sound tempo="96"/></direction>
          <harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>
          <note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration>
            <lyric><syllabic>begin</syllabic><text>sing</text></lyric></note>
          <note><chord/><pitch><step>E</step><alter>-1</alter><octave>4</octave></pitch><duration>4</duration></note>
          <note><grace/><pitch><step>D</step><octave>5</octave></pitch></note>
          <note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>2</duration><tie type="start"/>
            <lyric><syllabic>end</syllabic><text>en</text></lyric></note>
          <backup><duration>6</duration></backup>
          <note><rest/><duration>4</duration></note>
          <note><pitch><step>C</step><octave>3</octave></pitch><duration>2</duration></note>
        </measure><measure number="2">
          <harmony><root><root-step>G</root-step></root><kind>dominant</kind><bass><bass-step>B</bass-step></bass></harmony>
          <note><pitch><step>F</step><alter>1</alter><octave>4</octave></pitch><duration>2</duration><tie type="stop"/></note>
          <note><rest/><duration>4</duration></note>
        </measure></part></score-partwise>"#;

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn folder(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("songweave-mxl-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn archive(path: &Path, name: &str, text: &str) {
        let mut zip = ZipWriter::new(File::create(path).unwrap());
        zip.start_file("META-INF/container.xml", SimpleFileOptions::default()).unwrap();
        zip.write_all(b"<container/>").unwrap();
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
        zip.finish().unwrap();
    }

    #[test]
    fn a_score_comes_with_notes_lyrics_chords_and_bars() {
        let folder = folder("whole");
        let path = folder.0.join("song.mxl");
        archive(&path, "song.xml", SCORE);
        let score = Score::read(&path).unwrap();
        let note =
            |start, length, key, lyric: Option<&str>| ScoreNote { start, length, key, lyric: lyric.map(str::to_owned) };
        let expected = [
            note(0.0, 2.0, 60.0, Some("sing-")),
            note(0.0, 2.0, 63.0, None),
            note(2.0, 2.0, 66.0, Some("en")),
            note(2.0, 1.0, 48.0, None),
        ];
        assert_eq!((score.parts[0].name.as_str(), &score.parts[0].notes[..]), ("Voice", &expected[..]));
        let chord = |start, end, root, bass, tones: &[u8]| Chord { start, end, root, bass, tones: tones.to_vec() };
        assert_eq!(score.chords, [chord(0.0, 3.0, 0, 0, &[0, 4, 7]), chord(3.0, 6.0, 7, 11, &[0, 4, 7, 10])]);
        assert_eq!((score.bars, score.meter, score.tempo), (vec![0.0, 3.0, 6.0], (3, 1.0), Some(96.0)));
    }

    #[test]
    fn a_damaged_score_gets_one_sentence() {
        let folder = folder("broken");
        let path = folder.0.join("song.mxl");
        let complaint = |path: &Path| Score::read(path).unwrap_err().to_string();
        archive(&path, "song.xml", SCORE);
        let whole = std::fs::read(&path).unwrap();
        for bytes in [&whole[..whole.len() / 2], b"no archive"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(complaint(&path).contains("not a MusicXML archive that can be read"), "{}", complaint(&path));
        }
        archive(&path, "song.xml", &SCORE[..SCORE.len() / 2]);
        assert!(complaint(&path).contains("not a MusicXML score that can be read"), "{}", complaint(&path));
        archive(&path, "song.xml", "<score-partwise/>");
        assert!(complaint(&path).contains("no notes"));
        archive(&path, "other.txt", "");
        assert!(complaint(&path).contains("no score inside"));
        assert!(complaint(&folder.0.join("none.mxl")).contains("no such file"));
    }
}
