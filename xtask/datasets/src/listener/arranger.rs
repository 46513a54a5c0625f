//! Music in a style from a sequence of chords, by MMA ("Musical MIDI Accompaniment", Debian package `mma`).

use std::{fmt::Write, path::Path, process::Command};

use songweave_score::{
    error::{MaterialError, Result},
    files::{
        folder,
        midi::{Event, Midi},
    },
    random::Random,
};

/// Where Debian puts its styles.
const LIBRARY: &str = "/usr/share/mma/lib";
/// Chords by their distance from the key note in semitones and what follows their root's name.
const MAJOR: [&[(u8, &str)]; 6] = [
    &[(0, ""), (7, ""), (9, "m"), (5, "")],
    &[(0, ""), (9, "m"), (5, ""), (7, "7")],
    &[(0, ""), (5, ""), (0, ""), (7, "7")],
    &[(2, "m7"), (7, "7"), (0, "M7"), (9, "7")],
    &[(0, ""), (4, "m"), (5, ""), (5, "m")],
    &[(0, ""), (10, ""), (5, ""), (0, "")],
];
const MINOR: [&[(u8, &str)]; 4] = [
    &[(0, "m"), (8, ""), (3, ""), (10, "")],
    &[(0, "m"), (5, "m"), (7, "7"), (0, "m")],
    &[(0, "m7"), (5, "m7"), (2, "m7b5"), (7, "7")],
    &[(0, "m"), (10, ""), (8, ""), (7, "")],
];
const BLUES: &[(u8, &str)] = &[
    (0, "7"),
    (0, "7"),
    (0, "7"),
    (0, "7"),
    (5, "7"),
    (5, "7"),
    (0, "7"),
    (0, "7"),
    (7, "7"),
    (5, "7"),
    (0, "7"),
    (7, "7"),
];
/// Parts of the names of grooves that are no steady accompaniment.
const BETWEEN: [&str; 5] = ["intro", "end", "fill", "break", "stop"];
const ROOTS: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];

/// The installed style files by library and name, sorted.
///
/// # Errors
/// MMA is not installed.
pub(crate) fn installed() -> Result<Vec<String>> {
    let library = Path::new(LIBRARY);
    let files = folder::files_below(library, "mma").unwrap_or_default();
    let name =
        |path: &std::path::PathBuf| Some(path.strip_prefix(library).ok()?.with_extension("").to_str()?.to_owned());
    let names: Vec<String> = files.iter().filter_map(name).collect();
    if names.is_empty() {
        return Err(MaterialError::data(library, "no styles; install them by `apt-get install mma`".to_owned()));
    }
    Ok(names)
}

/// A piece of at least `seconds` in a style: its chords, tempo and key are drawn; the files lie in `folder` meanwhile.
///
/// # Errors
/// The style has no groove, or MMA fails.
pub(crate) fn piece(style: &str, blues: bool, seconds: f64, folder: &Path, random: &mut Random) -> Result<Vec<Event>> {
    let path = Path::new(LIBRARY).join(format!("{style}.mma"));
    let (grooves, usual) = read_style(&path)?;
    let groove = random.pick(&grooves).ok_or_else(|| MaterialError::data(&path, "no groove".to_owned()))?;
    let tempo = (f64::from(usual) * f64::from(random.between(0.92, 1.08))).clamp(50.0, 230.0);
    let text = score(style, groove, tempo, blues, (seconds * tempo / 60.0 / 3.0).ceil() as usize, random);
    let (source, target) = (folder.join("piece.mma"), folder.join("piece.mid"));
    std::fs::write(&source, text).map_err(|error| MaterialError::io(&source, error))?;
    let run = Command::new("mma").arg(&source).arg("-f").arg(&target).output();
    let run = run.map_err(|error| MaterialError::io(Path::new("mma"), error))?;
    if !run.status.success() {
        let reason = String::from_utf8_lossy(&run.stdout).lines().last().unwrap_or_default().to_owned();
        return Err(MaterialError::data(&path, format!("MMA refuses {groove}: {reason}")));
    }
    Ok(Midi::read(&target)?.events)
}

/// The grooves of a style file without beginnings, endings and fills, and its usual tempo.
fn read_style(path: &Path) -> Result<(Vec<String>, f32)> {
    let bytes = std::fs::read(path).map_err(|error| MaterialError::io(path, error))?;
    let text = String::from_utf8_lossy(&bytes);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (mut grooves, mut tempo) = (Vec::new(), 0.0);
    for line in text.lines().map(words) {
        match line.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().as_slice() {
            [command, name, ..] if command == "defgroove" && !BETWEEN.iter().any(|part| name.contains(part)) => {
                grooves.push(line[1].clone());
            }
            [command, number, ..] if command == "tempo" => tempo = number.parse().unwrap_or(tempo),
            _ => {}
        }
    }
    Ok((grooves, if tempo > 0.0 { tempo } else { 112.0 }))
}

fn score(style: &str, groove: &str, tempo: f64, blues: bool, bars: usize, random: &mut Random) -> String {
    let sequences: &[&[(u8, &str)]] = if random.chance(0.7) { &MAJOR } else { &MINOR };
    let sequence = if blues && random.chance(0.8) { BLUES } else { random.pick(sequences).copied().unwrap_or(BLUES) };
    let key = random.index(12) as u8;
    let mut text = format!("Tempo {tempo:.1}\nUse {style}\nGroove {groove}\n");
    for bar in 0..bars {
        let (degree, kind) = sequence[bar % sequence.len()];
        let _ = writeln!(text, "{} {}{kind}", bar + 1, ROOTS[usize::from((key + degree) % 12)]);
    }
    text
}
