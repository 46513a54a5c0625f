//! Parameter values as a musician writes them, and back.
//!
//! Every text that a function here writes is read back by its counterpart to the value it shows.

use songweave_dsp::band::CLASS_NAMES;

/// A share (0…1) in percent: `25 %`, `12.5 %`.
#[must_use]
pub fn percent(share: f32) -> String {
    format!("{} %", short(share * 100.0, 1))
}

/// Reads `25`, `25%` or `25 %` into a share.
#[must_use]
pub fn parse_percent(text: &str) -> Option<f32> {
    number(text.trim().trim_end_matches('%')).map(|percent| percent / 100.0)
}

/// An A…B value (0…1): `A`, `25 %`, `B`.
#[must_use]
pub fn a_to_b(value: f32) -> String {
    match percent(value).as_str() {
        "0 %" => "A".to_owned(),
        "100 %" => "B".to_owned(),
        between => between.to_owned(),
    }
}

/// Reads `A`, `B`, `25`, `25%` or `25 %` into an A…B value.
#[must_use]
pub fn parse_a_to_b(text: &str) -> Option<f32> {
    match text.trim() {
        "A" | "a" => Some(0.0),
        "B" | "b" => Some(1.0),
        between => parse_percent(between),
    }
}

/// Level in dB at and below which a gain is silence.
pub const SILENCE_DB: f32 = -60.0;

/// A level: `-6 dB`, `-inf dB` from [`SILENCE_DB`] down.
#[must_use]
pub fn decibels(level: f32) -> String {
    if level <= SILENCE_DB { "-inf dB".to_owned() } else { format!("{} dB", short(level, 2)) }
}

/// Reads `-6`, `-6 dB` or `-inf dB` into a level; whatever lies below [`SILENCE_DB`] is silence.
#[must_use]
pub fn parse_decibels(text: &str) -> Option<f32> {
    match without_unit(text, "db").as_str() {
        "-inf" | "-∞" => Some(SILENCE_DB),
        level => number(level).map(|level| level.max(SILENCE_DB)),
    }
}

/// The linear gain of a level in dB: 1 at 0 dB, 0 from [`SILENCE_DB`] down.
#[must_use]
pub fn gain(level: f32) -> f32 {
    if level <= SILENCE_DB { 0.0 } else { libm::powf(10.0, level / 20.0) }
}

/// A tempo: `120 BPM`.
#[must_use]
pub fn bpm(tempo: f32) -> String {
    format!("{} BPM", short(tempo, 1))
}

/// Reads `120` or `120 BPM` into beats per minute.
#[must_use]
pub fn parse_bpm(text: &str) -> Option<f32> {
    number(&without_unit(text, "bpm"))
}

/// A time in milliseconds: `20 ms`.
#[must_use]
pub fn milliseconds(time: f32) -> String {
    format!("{} ms", short(time, 1))
}

/// Reads `20`, `20 ms` or `0.5 s` into milliseconds.
#[must_use]
pub fn parse_milliseconds(text: &str) -> Option<f32> {
    let time = without_unit(text, "ms");
    match time.strip_suffix('s') {
        Some(seconds) => number(seconds).map(|seconds| seconds * 1000.0),
        None => number(&time),
    }
}

/// A frequency: `440 Hz`, `1.25 kHz`.
#[must_use]
pub fn hertz(frequency: f32) -> String {
    let whole = frequency.round();
    if whole < 1000.0 { format!("{whole} Hz") } else { format!("{} kHz", short(whole / 1000.0, 3)) }
}

/// Reads `440`, `440 Hz`, `1.25 kHz` or `1.25k` into Hz.
#[must_use]
pub fn parse_hertz(text: &str) -> Option<f32> {
    let frequency = without_unit(text, "hz");
    match frequency.strip_suffix('k') {
        Some(kilo) => number(kilo).map(|kilo| kilo * 1000.0),
        None => number(&frequency),
    }
}

/// A transposition: `+3 semitones`, `0 semitones`, `-1 semitone`.
#[must_use]
pub fn semitones(semitones: i32) -> String {
    match semitones {
        1 | -1 => format!("{semitones:+} semitone"),
        0 => "0 semitones".to_owned(),
        _ => format!("{semitones:+} semitones"),
    }
}

/// Reads `+3`, `-2 st` or `3 semitones` into semitones.
#[must_use]
pub fn parse_semitones(text: &str) -> Option<i32> {
    without_semitones(text).parse().ok()
}

fn without_semitones(text: &str) -> String {
    let text = text.replace('−', "-");
    ["semitones", "semitone", "st"].into_iter().fold(text, |text, unit| without_unit(&text, unit))
}

/// A shift in semitones and parts of them: `+1.5 semitones`, `0 semitones`.
#[must_use]
pub fn shift(semitones: f32) -> String {
    match short(semitones, 1).as_str() {
        "0" => "0 semitones".to_owned(),
        one @ ("1" | "-1") => format!("{}{one} semitone", if semitones > 0.0 { "+" } else { "" }),
        more => format!("{}{more} semitones", if semitones > 0.0 { "+" } else { "" }),
    }
}

/// Reads `+1.5`, `-2 st` or `3 semitones` into semitones.
#[must_use]
pub fn parse_shift(text: &str) -> Option<f32> {
    number(&without_semitones(text))
}

/// A MIDI key as a note: `C4` is key 60.
#[must_use]
pub fn note(key: i32) -> String {
    let class = usize::try_from(key.rem_euclid(12)).unwrap_or(0);
    format!("{}{}", CLASS_NAMES[class], key.div_euclid(12) - 1)
}

/// Reads `C4`, `f#3`, `Gb3` or `60` into a MIDI key.
#[must_use]
pub fn parse_note(text: &str) -> Option<i32> {
    let text = text.trim().to_lowercase();
    if let Ok(key) = text.parse() {
        return Some(key);
    }
    let (letter, rest) = text.split_at_checked(1)?;
    let natural = [("c", 0), ("d", 2), ("e", 4), ("f", 5), ("g", 7), ("a", 9), ("b", 11)];
    let natural = natural.iter().find(|(name, _)| *name == letter)?.1;
    let (shift, octave) = match (rest.strip_prefix('#'), rest.strip_prefix('b')) {
        (Some(octave), _) => (1, octave),
        (_, Some(octave)) => (-1, octave),
        _ => (0, rest),
    };
    let octave: i32 = octave.parse().ok().filter(|octave| (-1..=9).contains(octave))?;
    Some(12 * (octave + 1) + natural + shift)
}

/// What is written where the notes are those of the chosen scale.
const SCALE: &str = "Scale";

/// Notes, one bit each from C on, as `C Eb G`; none of them as `Scale`.
#[must_use]
pub fn notes(classes: i32) -> String {
    let names = CLASS_NAMES.iter().enumerate().filter(|(class, _)| classes >> class & 1 == 1);
    let names: Vec<_> = names.map(|(_, name)| *name).collect();
    if names.is_empty() { SCALE.to_owned() } else { names.join(" ") }
}

/// Reads what [`notes`] writes, in any order, with commas as well.
#[must_use]
pub fn parse_notes(text: &str) -> Option<i32> {
    if text.trim().eq_ignore_ascii_case(SCALE) {
        return Some(0);
    }
    let words = text.split(|letter: char| letter == ',' || letter.is_whitespace()).filter(|word| !word.is_empty());
    let class = |word: &str| {
        let named = word.starts_with(char::is_alphabetic).then(|| parse_note(&format!("{word}0")))?;
        Some(1 << named?.rem_euclid(12))
    };
    let notes = words.map(class).try_fold(0, |all, class| Some(all | class?))?;
    (notes != 0).then_some(notes)
}

/// A switch: `On` or `Off`.
#[must_use]
pub fn on_off(on: bool) -> String {
    if on { "On" } else { "Off" }.to_owned()
}

/// Reads `on`, `off`, `true`, `false`, `1` or `0`.
#[must_use]
pub fn parse_on_off(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "on" | "true" | "1" => Some(true),
        "off" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// A whole number with its thousands apart: `10,345`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// At most `digits` decimals, none that are zero, no minus before a zero.
fn short(value: f32, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn without_unit(text: &str, unit: &str) -> String {
    let text = text.trim().to_lowercase();
    text.strip_suffix(unit).unwrap_or(&text).trim_end().to_owned()
}

fn number(text: &str) -> Option<f32> {
    text.trim().parse().ok().filter(|value: &f32| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_as_the_same_text() {
        fn check(values: &[f32], write: fn(f32) -> String, read: fn(&str) -> Option<f32>) {
            for value in values {
                let text = write(*value);
                assert_eq!(read(&text).map(write), Some(text), "{value}");
            }
        }
        let shares = [0.0, 1.0, 0.25, 0.125, 0.333_333, 0.999_9, 0.0004];
        check(&shares, percent, parse_percent);
        check(&shares, a_to_b, parse_a_to_b);
        check(&[-60.0, -59.99, -6.0, -0.001, 0.0, 12.0], decibels, parse_decibels);
        check(&[0.0, 0.1, 20.0, 499.9], milliseconds, parse_milliseconds);
        check(&[20.0, 93.7, 120.0, 300.0], bpm, parse_bpm);
        check(&[-12.0, -1.0, -0.04, 0.0, 1.0, 2.5, 12.0], shift, parse_shift);
        for key in 0..128 {
            assert_eq!(parse_note(&note(key)), Some(key));
        }
        check(&[20.0, 440.0, 999.4, 999.7, 1_000.0, 1_250.0, 19_999.0, 20_000.0], hertz, parse_hertz);
    }

    #[test]
    fn musicians_spellings_are_read() {
        for text in ["25", "25%", "25 %", " 25 % "] {
            assert_eq!(parse_a_to_b(text), Some(0.25), "{text}");
        }
        assert_eq!((parse_a_to_b("A"), parse_a_to_b("b")), (Some(0.0), Some(1.0)));
        assert_eq!((parse_decibels("-6 dB"), parse_decibels("-6")), (Some(-6.0), Some(-6.0)));
        assert_eq!((parse_hertz("1.2 kHz"), parse_hertz("1.2k")), (Some(1_200.0), Some(1_200.0)));
        assert_eq!((parse_milliseconds("0.5 s"), parse_milliseconds("20ms")), (Some(500.0), Some(20.0)));
        assert_eq!((parse_on_off("ON"), parse_on_off("0")), (Some(true), Some(false)));
        for (text, wanted) in [("+3", 3), ("-2 st", -2), ("3 semitones", 3), ("−1 Semitone", -1), ("0", 0)] {
            assert_eq!(parse_semitones(text), Some(wanted), "{text}");
        }
        for (text, wanted) in [("c4", 60), ("A4", 69), ("Gb3", 54), ("f#3", 54), ("60", 60), ("Cb4", 59), ("C-1", 0)] {
            assert_eq!(parse_note(text), Some(wanted), "{text}");
        }
        for text in ["", "H4", "C", "C#", "Cx4", "ä4", "C99999999999", "é"] {
            assert_eq!(parse_note(text), None, "{text}");
        }
        assert_eq!((parse_shift("-1.5 st"), parse_shift("+3"), parse_shift("up")), (Some(-1.5), Some(3.0), None));
        for text in ["", "st", "1.5", "up"] {
            assert_eq!(parse_semitones(text), None, "{text}");
        }
        for text in ["", "loud", "NaN", "inf", "%"] {
            assert_eq!((parse_a_to_b(text), parse_decibels(text), parse_hertz(text)), (None, None, None), "{text}");
        }
    }

    #[test]
    fn values_look_as_a_musician_writes_them() {
        assert_eq!([a_to_b(0.0), a_to_b(0.25), a_to_b(1.0)], ["A", "25 %", "B"]);
        assert_eq!([decibels(-60.0), decibels(-6.0), decibels(-0.0)], ["-inf dB", "-6 dB", "0 dB"]);
        assert_eq!([hertz(440.0), hertz(1_250.0), hertz(20_000.0)], ["440 Hz", "1.25 kHz", "20 kHz"]);
        assert_eq!([shift(1.5), shift(-1.0), shift(-0.01)], ["+1.5 semitones", "-1 semitone", "0 semitones"]);
        assert_eq!([note(60), note(48), note(54), note(0)], ["C4", "C3", "F#3", "C-1"]);
        assert_eq!([semitones(3), semitones(0), semitones(-1)], ["+3 semitones", "0 semitones", "-1 semitone"]);
        assert_eq!([thousands(0), thousands(999), thousands(1_234_567)], ["0", "999", "1,234,567"]);
    }

    #[test]
    fn gain_is_exactly_one_at_zero_and_silent_at_the_bottom() {
        assert_eq!((gain(0.0), gain(-60.0)), (1.0, 0.0));
        assert!((gain(-20.0) - 0.1).abs() < 1e-7);
    }
}
