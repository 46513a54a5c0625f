//! Which part a stem belongs to, by how people name their files.

use songweave_dsp::stream::layout::Part;

use crate::stems::multitracks::classify;

/// What a file is to a song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A stem of one part.
    Stem(Part),
    /// All voices in one file; counts where no single voice is there.
    Acapella,
    /// Everything but the voices in one file; counts where nothing finer is there.
    Instrumental,
    /// The whole song.
    Whole,
}

const WHOLE: &[&str] = &[
    "mixture",
    "mix",
    "master",
    "mastered",
    "mixdown",
    "fullmix",
    "premaster",
    "original",
    "bounce",
    "demo",
    "stereo",
];
const ACAPELLA: &[&str] = &["acapella", "acappella", "accapella", "capella", "cappella", "acap"];
const INSTRUMENTAL: &[&str] =
    &["instrumental", "instrumentals", "inst", "instr", "accompaniment", "karaoke", "backing", "minus", "novocals"];
const NEGATIONS: &[&str] = &["no", "without", "minus", "non"];
const VOCALS: &[&str] = &[
    "vocals",
    "vocal",
    "vox",
    "voc",
    "vocs",
    "voice",
    "voices",
    "voix",
    "voz",
    "gesang",
    "stimme",
    "canto",
    "singer",
    "singing",
    "choir",
    "chor",
    "chorale",
    "bgv",
    "bgvs",
    "bgvox",
    "bv",
    "bvs",
    "lv",
    "ldvox",
    "leadvox",
    "leadvocal",
    "leadvocals",
    "backingvocals",
    "backingvox",
    "adlib",
    "adlibs",
    "rap",
    "harmonies",
    "speech",
    "spoken",
    "narration",
];
const DRUMS: &[&str] = &[
    "drums",
    "drum",
    "drumkit",
    "kit",
    "kick",
    "kicks",
    "kik",
    "kck",
    "bd",
    "snare",
    "snares",
    "snr",
    "sn",
    "hat",
    "hats",
    "hh",
    "hihat",
    "hihats",
    "ride",
    "crash",
    "cymbal",
    "cymbals",
    "cym",
    "tom",
    "toms",
    "overhead",
    "overheads",
    "oh",
    "ohs",
    "perc",
    "percs",
    "percussion",
    "percussions",
    "prc",
    "shaker",
    "tamb",
    "tambourine",
    "clap",
    "claps",
    "conga",
    "congas",
    "bongo",
    "bongos",
    "cajon",
    "cowbell",
    "rim",
    "rimshot",
    "timbale",
    "timbales",
    "tabla",
    "djembe",
    "timpani",
    "schlagzeug",
    "batterie",
    "bateria",
    "batería",
    "breakbeat",
    "drumloop",
];
const BASS: &[&str] = &[
    "bass",
    "basses",
    "basse",
    "bajo",
    "basso",
    "baixo",
    "bassline",
    "subbass",
    "contrabass",
    "kontrabass",
    "upright",
];
const OTHER: &[&str] = &[
    "other",
    "others",
    "rest",
    "residual",
    "guitar",
    "guitars",
    "gtr",
    "gtrs",
    "guit",
    "gitarre",
    "guitare",
    "guitarra",
    "piano",
    "pianos",
    "pno",
    "klavier",
    "keys",
    "key",
    "keyboard",
    "keyboards",
    "synth",
    "synths",
    "syn",
    "pad",
    "pads",
    "strings",
    "string",
    "str",
    "violin",
    "violins",
    "viola",
    "violas",
    "cello",
    "cellos",
    "brass",
    "horn",
    "horns",
    "trumpet",
    "trumpets",
    "trombone",
    "tuba",
    "sax",
    "saxophone",
    "flute",
    "clarinet",
    "oboe",
    "bassoon",
    "recorder",
    "organ",
    "rhodes",
    "wurli",
    "wurlitzer",
    "clav",
    "fx",
    "sfx",
    "effects",
    "effect",
    "arp",
    "arps",
    "pluck",
    "plucks",
    "bell",
    "bells",
    "harp",
    "melody",
    "chord",
    "chords",
    "stab",
    "stabs",
    "noise",
    "banjo",
    "mandolin",
    "ukulele",
    "accordion",
    "harmonica",
    "sitar",
    "marimba",
    "vibraphone",
    "vibes",
    "xylophone",
    "glockenspiel",
    "orchestra",
    "orch",
    "ensemble",
    "ambience",
    "ambient",
    "atmos",
    "texture",
    "samples",
    "scratch",
    "music",
    "beeps",
    "sweeps",
];
/// Words that say something only where no other word does.
const WEAK: &[(&str, Part)] = &[
    ("lead", Part::Vocals),
    ("beat", Part::Drums),
    ("beats", Part::Drums),
    ("break", Part::Drums),
    ("loop", Part::Drums),
    ("room", Part::Drums),
    ("trap", Part::Drums),
    ("tops", Part::Drums),
    ("808", Part::Bass),
    ("sub", Part::Bass),
    ("rhythm", Part::Other),
];

/// The words of a name in lower case: parted at everything that is no letter or digit, between letters and digits, and where
/// a capital follows a small letter.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for letter in name.chars() {
        if letter.is_alphanumeric() {
            let parted = before.is_none_or(|before| {
                before.is_numeric() != letter.is_numeric() || (before.is_lowercase() && letter.is_uppercase())
            });
            if parted {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        before = letter.is_alphanumeric().then_some(letter);
    }
    words
}

/// What some words of a name say, `None` when they say nothing. Voices go before drums, drums before bass, bass before
/// the rest, so that a bass drum is a drum and a bass guitar a bass.
#[must_use]
pub fn role(words: &[String]) -> Option<Role> {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let ends = |ending: &str| words.iter().any(|word| word.len() > ending.len() && word.ends_with(ending));
    if has(INSTRUMENTAL) && !has(VOCALS) || has(NEGATIONS) && (has(VOCALS) || has(ACAPELLA)) {
        return Some(Role::Instrumental);
    }
    let part = if has(VOCALS) || ends("vox") || ends("vocals") || ends("vocal") {
        Part::Vocals
    } else if has(ACAPELLA) {
        return Some(Role::Acapella);
    } else if has(DRUMS) || ends("drums") || ends("drum") || ends("kick") || ends("snare") {
        Part::Drums
    } else if (has(BASS) || ends("bass")) && !has(&["pad"]) {
        Part::Bass
    } else if has(OTHER) || ends("guitar") || ends("synth") || ends("piano") {
        Part::Other
    } else if has(WHOLE) {
        return Some(Role::Whole);
    } else {
        WEAK.iter().find(|(word, _)| has(&[word]))?.1
    };
    Some(Role::Stem(part))
}

/// What a file is to a song, from its name without extension; `shared` words at its beginning are those of the song and do not
/// count, `folders` the names of the folders between it and the song, innermost last. `None` when no name says anything.
#[must_use]
pub fn role_of(name: &str, shared: usize, folders: &[String]) -> Option<Role> {
    if name.to_uppercase().contains("_STEM_") {
        return Some(classify(name).map_or(Role::Whole, Role::Stem));
    }
    let all = words(name);
    let own = all.get(shared..).unwrap_or_default();
    let outer = || folders.iter().rev().find_map(|folder| role(&words(folder)));
    role(own).or_else(outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(name: &str) -> Option<Role> {
        role_of(name, 0, &[])
    }

    #[test]
    fn the_usual_names_are_understood() {
        let cases = [
            (
                Part::Vocals,
                "vocals|Vocal|Lead Vox|02_LeadVox_DT|BGV 3|Backing Vocals|08-Vox-Double|Gesang|VOX LEAD|Rap|ÀdLibs Voz",
            ),
            (
                Part::Drums,
                "drums|01_Kick|Kick-In|snare top|HiHat|hi-hat_L|Bass Drum|Overheads|OH L|DrumsRoom|Perc 2|TOM1|bd|Break",
            ),
            (Part::Bass, "bass|BassDI|Bass Guitar|SubBass|05_808|Synth Bass|Sub|Slap-bass"),
            (
                Part::Other,
                "other|Gtr 1|ElecGtr L|Piano|Minilogue Synth|Strings_Vn|Sax Lead|PAD + BASS|FX Riser|Rhythm|bassoon",
            ),
        ];
        for (part, names) in cases {
            for name in names.split('|') {
                assert_eq!(plain(name), Some(Role::Stem(part)), "{name}");
            }
        }
    }

    #[test]
    fn sums_are_told_from_stems() {
        for (role, names) in [
            (Role::Whole, "mixture|Master|My Song MIX|FullMix"),
            (Role::Acapella, "Acapella|Song (A Cappella)|acap"),
            (Role::Instrumental, "Instrumental|no_vocals|Song - Inst|minus vox|accompaniment|Karaoke Version"),
        ] {
            for name in names.split('|') {
                assert_eq!(plain(name), Some(role), "{name}");
            }
        }
        assert_eq!(plain("Drum Mix"), Some(Role::Stem(Part::Drums)));
        assert_eq!(plain("6.Caesium_Master_mobile"), Some(Role::Whole));
        assert_eq!(plain("2.Lithium_Stem_SY BASS_mobile"), Some(Role::Stem(Part::Bass)));
        assert_eq!(plain("take 7"), None);
        assert_eq!(plain(""), None);
    }

    #[test]
    fn the_songs_own_words_and_folders_are_taken_into_account() {
        assert_eq!(role_of("Drum Song - Bass", 2, &[]), Some(Role::Stem(Part::Bass)));
        assert_eq!(role_of("Drums 1", 1, &[]), None);
        let folders = ["Stems".to_owned(), "Lead Vocals".to_owned()];
        assert_eq!(role_of("take 7", 0, &folders), Some(Role::Stem(Part::Vocals)));
        assert_eq!(words("02_LeadVox-DT3"), ["02", "lead", "vox", "dt", "3"]);
    }
}
