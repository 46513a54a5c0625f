//! A lead sheet as `MusicXML` 3.1 (W3C, "`MusicXML` Version 3.1", 2017): one part with melody, chords and rehearsal marks. The
//! words are left to whoever sings.

use super::Sheet;
use songweave_dsp::band::{Chord, Quality};
use songweave_engine::band::take::view::BarView;
use songweave_engine::follow::key::Key;

/// Lengths that are one note each, in 16ths: whole to 16th, dotted ones too. Type and dots.
const LENGTHS: [(usize, &str, usize); 8] = [
    (16, "whole", 0),
    (12, "half", 1),
    (8, "half", 0),
    (6, "quarter", 1),
    (4, "quarter", 0),
    (3, "eighth", 1),
    (2, "eighth", 0),
    (1, "16th", 0),
];
/// MIDI key.
const MIDDLE_C: u8 = 60;
/// Pitch classes as step and alteration, with sharps and with flats.
const SHARPS: [(char, i8); 12] = [
    ('C', 0),
    ('C', 1),
    ('D', 0),
    ('D', 1),
    ('E', 0),
    ('F', 0),
    ('F', 1),
    ('G', 0),
    ('G', 1),
    ('A', 0),
    ('A', 1),
    ('B', 0),
];
const FLATS: [(char, i8); 12] = [
    ('C', 0),
    ('D', -1),
    ('D', 0),
    ('E', -1),
    ('E', 0),
    ('F', 0),
    ('G', -1),
    ('G', 0),
    ('A', -1),
    ('A', 0),
    ('B', -1),
    ('B', 0),
];

/// The sheet as `MusicXML`.
pub(super) fn of(sheet: &Sheet<'_>) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE score-partwise PUBLIC \"-//Recordare//DTD MusicXML 3.1 \
         Partwise//EN\" \"http://www.musicxml.org/dtds/partwise.dtd\">\n<score-partwise version=\"3.1\">\n\
         <work><work-title>{}</work-title></work>\n<part-list><score-part id=\"P1\"><part-name>Voice</part-name>\
         </score-part></part-list>\n<part id=\"P1\">\n",
        escaped(sheet.title)
    );
    let fifths = sheet.song.key.map_or(0, fifths);
    let bars: Vec<(usize, &BarView)> = sheet.bars().collect();
    let mut steps = 0;
    for (order, (index, bar)) in bars.iter().enumerate() {
        xml += &format!("<measure number=\"{}\">\n", order + 1);
        if order == 0 || steps != bar.steps {
            attributes(&mut xml, sheet, bar, fifths, order == 0);
            steps = bar.steps;
        }
        if let Some(letter) = sheet.section(*index, order == 0) {
            xml += &format!(
                "<direction placement=\"above\"><direction-type><rehearsal>{letter}</rehearsal></direction-type></direction>\n"
            );
        }
        let next = bars.get(order + 1).map(|(_, bar)| *bar);
        measure(&mut xml, bar, next, fifths);
        xml += "</measure>\n";
    }
    xml + "</part>\n</score-partwise>\n"
}

fn attributes(xml: &mut String, sheet: &Sheet, bar: &BarView, fifths: i8, first: bool) {
    let (beats, unit) = sheet.time_signature;
    // A bar of another length than the song's is written in 16ths.
    let usual = u32::from(beats) * 16 == bar.steps * u32::from(unit);
    let (beats, unit) = if usual { (u32::from(beats), u32::from(unit)) } else { (bar.steps, 16) };
    *xml += "<attributes><divisions>4</divisions>";
    if first {
        *xml += &format!("<key><fifths>{fifths}</fifths></key>");
    }
    *xml += &format!("<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time>");
    if first {
        let octave = if is_low(sheet) { "<clef-octave-change>-1</clef-octave-change>" } else { "" };
        *xml += &format!("<clef><sign>G</sign><line>2</line>{octave}</clef>");
    }
    *xml += "</attributes>\n";
    if first {
        *xml += &format!(
            "<direction placement=\"above\"><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>{}\
             </per-minute></metronome></direction-type><sound tempo=\"{}\"/></direction>\n",
            sheet.tempo, sheet.tempo
        );
    }
}

/// Whether most of the melody lies below middle C: then it is written an octave higher than it sounds, as for a tenor.
fn is_low(sheet: &Sheet) -> bool {
    let keys = || sheet.song.bars.iter().flat_map(|bar| bar.melody.iter().flatten());
    2 * keys().filter(|key| **key < MIDDLE_C).count() > keys().count()
}

/// Chords and notes of a bar; notes are cut where a chord begins, so that it stands where it sounds.
fn measure(xml: &mut String, bar: &BarView, next: Option<&BarView>, fifths: i8) {
    let length = bar.melody.len();
    let begins = |step: usize| bar.melody[step] != bar.melody[step - 1] || bar.onsets[step];
    let chord_at = |step: usize| bar.chords.iter().find(|chord| chord.step as usize == step);
    let mut step = 0;
    while step < length {
        if let Some(chord) = chord_at(step) {
            harmony(xml, chord.chord, fifths);
        }
        let end = (step + 1..length).find(|at| begins(*at) || chord_at(*at).is_some()).unwrap_or(length);
        let key = bar.melody[step];
        let from = key.is_some() && !bar.onsets[step] && step > 0 && bar.melody[step - 1] == key;
        let on = if end < length {
            bar.melody[end] == key && !bar.onsets[end]
        } else {
            next.is_some_and(|next| next.melody.first() == Some(&key) && !next.onsets[0])
        };
        note(xml, key, end - step, (from, key.is_some() && on), fifths);
        step = end;
    }
}

/// A note or a rest of so many 16ths, in pieces that can be written; `ties` say whether it is held from before and on.
fn note(xml: &mut String, key: Option<u8>, length: usize, (from, on): (bool, bool), fifths: i8) {
    let mut left = length;
    while left > 0 {
        let Some((piece, kind, dots)) = LENGTHS.into_iter().find(|(piece, ..)| *piece <= left) else { return };
        let (stop, start) = (from || left < length, on || left > piece);
        left -= piece;
        *xml += "<note>";
        match key {
            None => *xml += "<rest/>",
            Some(key) => {
                *xml += "<pitch>";
                *xml += &spelled(key % 12, fifths, "step", "alter");
                *xml += &format!("<octave>{}</octave></pitch>", i16::from(key) / 12 - 1);
            }
        }
        let ties = [(stop, "stop"), (start, "start")];
        let ties: Vec<&str> =
            ties.into_iter().filter(|(tied, _)| *tied && key.is_some()).map(|(_, kind)| kind).collect();
        *xml += &format!("<duration>{piece}</duration>");
        ties.iter().for_each(|kind| *xml += &format!("<tie type=\"{kind}\"/>"));
        *xml += &format!("<voice>1</voice><type>{kind}</type>{}", "<dot/>".repeat(dots));
        if !ties.is_empty() {
            *xml += "<notations>";
            ties.iter().for_each(|kind| *xml += &format!("<tied type=\"{kind}\"/>"));
            *xml += "</notations>";
        }
        *xml += "</note>\n";
    }
}

fn harmony(xml: &mut String, chord: Chord, fifths: i8) {
    let kind = match chord.quality {
        Quality::Major => "major",
        Quality::Minor => "minor",
        Quality::Major7 => "major-seventh",
        Quality::Minor7 => "minor-seventh",
        Quality::Dominant7 => "dominant",
        Quality::Sus4 => "suspended-fourth",
        Quality::Sus2 => "suspended-second",
        Quality::Diminished => "diminished",
        Quality::HalfDiminished7 => "half-diminished",
        Quality::Augmented => "augmented",
    };
    *xml += &format!("<harmony><root>{}</root>", spelled(chord.root, fifths, "root-step", "root-alter"));
    *xml += &format!("<kind>{kind}</kind>");
    if chord.bass != chord.root {
        *xml += &format!("<bass>{}</bass>", spelled(chord.bass, fifths, "bass-step", "bass-alter"));
    }
    *xml += "</harmony>\n";
}

/// A pitch class, spelled as a key of so many sharps (or flats, below 0) has it.
fn spelled(class: u8, fifths: i8, step: &str, alter: &str) -> String {
    let names = if fifths < 0 { &FLATS } else { &SHARPS };
    let (letter, alteration) = names[usize::from(class % 12)];
    let altered = if alteration == 0 { String::new() } else { format!("<{alter}>{alteration}</{alter}>") };
    format!("<{step}>{letter}</{step}>{altered}")
}

/// Sharps of a key, flats below 0.
const fn fifths(key: Key) -> i8 {
    let sharps = (7 * key.major_tonic()) % 12;
    if sharps > 6 { sharps as i8 - 12 } else { sharps as i8 }
}

fn escaped(text: &str) -> String {
    let printable = text.chars().filter(|letter| !letter.is_control());
    printable.fold(String::new(), |escaped, letter| match letter {
        '&' => escaped + "&amp;",
        '<' => escaped + "&lt;",
        '>' => escaped + "&gt;",
        letter => escaped + letter.encode_utf8(&mut [0; 4]),
    })
}
