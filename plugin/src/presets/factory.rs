//! The presets that are built in: what differs from the defaults of the parameters that a preset changes.

use nice_plug::prelude::*;

use super::Scope;
use crate::settings::{self, Values};

/// A preset that is built in.
#[derive(Debug)]
pub struct Factory {
    /// What it changes.
    pub scope: Scope,
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// Ids and values as the host shows them; all others of its scope take their defaults.
    settings: &'static [(&'static str, &'static str)],
}

impl Factory {
    /// The values of all parameters that it changes.
    #[must_use]
    pub fn values(&self, params: &impl Params) -> Values {
        let mut values = settings::defaults(params, |known| self.scope.covers(known));
        let mode = if self.scope == Scope::Mash { "Mash" } else { "Accompany" };
        let all = settings::known(params);
        for (id, text) in [("mode", mode)].iter().chain(self.settings) {
            let known = all.iter().find(|known| known.id == *id);
            // SAFETY: `params` lives.
            let value = known.and_then(|known| unsafe {
                known.param.string_to_normalized_value(text).map(|value| known.param.preview_plain(value))
            });
            values.extend(value.map(|value| ((*id).to_owned(), value)));
        }
        values
    }

    /// Whether every value that it names is one of a parameter that it changes.
    #[must_use]
    pub fn is_sound(&self, params: &impl Params) -> bool {
        let all = settings::known(params);
        self.settings.iter().all(|(id, text)| {
            let known = all.iter().find(|known| known.id == *id && self.scope.covers(known));
            // SAFETY: `params` lives.
            known.is_some_and(|known| unsafe { known.param.string_to_normalized_value(text).is_some() })
        })
    }
}

const fn mash(name: &'static str, about: &'static str, settings: &'static [(&'static str, &'static str)]) -> Factory {
    Factory { scope: Scope::Mash, name, about, settings }
}

const fn band(name: &'static str, about: &'static str, settings: &'static [(&'static str, &'static str)]) -> Factory {
    Factory { scope: Scope::Band, name, about, settings }
}

const fn tune(name: &'static str, about: &'static str, settings: &'static [(&'static str, &'static str)]) -> Factory {
    Factory { scope: Scope::Tune, name, about, settings }
}

/// All of them, in the order in which they are shown.
pub const ALL: &[Factory] = &[
    mash("A cappella over B's band", "A sings, B plays: what you hear without a preset.", &[]),
    mash(
        "A cappella, keys matched",
        "A sings over B, which is transposed into A's key.",
        &[("match_keys", "On"), ("release", "40 ms")],
    ),
    mash(
        "B sings over A's band",
        "The other way round.",
        &[("vocals", "B"), ("drums", "A"), ("bass", "A"), ("other", "A")],
    ),
    mash("Drum swap", "A with the drums of B.", &[("drums", "B"), ("bass", "A"), ("other", "A"), ("release", "10 ms")]),
    mash(
        "Bass from B",
        "A with the bass of B.",
        &[("drums", "A"), ("bass", "B"), ("other", "A"), ("release", "60 ms")],
    ),
    mash("Rhythm section from B", "A with drums and bass of B.", &[("drums", "B"), ("bass", "B"), ("other", "A")]),
    mash(
        "Chords from B",
        "A with everything of B but its voice, drums and bass, in A's key.",
        &[("drums", "A"), ("bass", "A"), ("other", "B"), ("match_keys", "On")],
    ),
    mash(
        "Take turns",
        "Each part comes from the song that leads it just now, in one key.",
        &[
            ("vocals", "50%"),
            ("drums", "50%"),
            ("bass", "50%"),
            ("other", "50%"),
            ("auto", "100%"),
            ("match_keys", "On"),
            ("release", "60 ms"),
        ],
    ),
    mash(
        "Half and half, soft",
        "Both songs with little separation: the fewest artefacts.",
        &[
            ("vocals", "25%"),
            ("drums", "75%"),
            ("bass", "75%"),
            ("other", "60%"),
            ("depth", "60%"),
            ("attack", "20 ms"),
            ("release", "120 ms"),
        ],
    ),
    mash(
        "Only the middle is mashed",
        "A keeps its lows and its air: the mask works from 150 Hz to 6 kHz.",
        &[("balance", "45%"), ("low", "150 Hz"), ("high", "6 kHz"), ("release", "60 ms")],
    ),
    band(
        "Ballad, by candlelight",
        "Piano and strings, hardly any drums.",
        &[
            ("style", "Ballad"),
            ("density", "25%"),
            ("adventure", "20%"),
            ("keys_sound", "Piano"),
            ("pad_sound", "Strings"),
            ("drums_level", "-9 dB"),
            ("duck", "40%"),
        ],
    ),
    band(
        "Ballad, with the full band",
        "The last chorus of it.",
        &[("style", "Ballad"), ("density", "70%"), ("adventure", "30%"), ("pad_level", "2 dB")],
    ),
    band("Pop, bright", "The usual band, a little busier.", &[("style", "Pop"), ("density", "65%")]),
    band(
        "Pop, unplugged",
        "Guitar and upright bass, drums far back.",
        &[
            ("style", "Pop"),
            ("density", "35%"),
            ("keys_sound", "Nylon guitar"),
            ("bass_sound", "Upright bass"),
            ("drums_level", "-12 dB"),
            ("pad_level", "-8 dB"),
        ],
    ),
    band("Rock, straight", "Eighths and a backbeat.", &[("style", "Rock"), ("density", "55%"), ("adventure", "10%")]),
    band(
        "Rock, full on",
        "As much as there is, and it does not step back.",
        &[("style", "Rock"), ("density", "90%"), ("adventure", "25%"), ("duck", "0%"), ("drums_level", "2 dB")],
    ),
    band(
        "Funk, tight",
        "Few notes, all of them short.",
        &[("style", "Funk"), ("density", "40%"), ("adventure", "30%"), ("pad_level", "-12 dB")],
    ),
    band(
        "Funk, night drive",
        "Drum machine, synth bass and electric piano.",
        &[
            ("style", "Funk"),
            ("density", "70%"),
            ("adventure", "55%"),
            ("drums_sound", "Drum machine"),
            ("bass_sound", "Synth bass"),
            ("keys_sound", "Electric piano"),
        ],
    ),
    band(
        "Latin, easy",
        "Nylon guitar, light drums.",
        &[("style", "Latin"), ("density", "35%"), ("keys_sound", "Nylon guitar"), ("drums_level", "-4 dB")],
    ),
    band("Latin, at the party", "All of it.", &[("style", "Latin"), ("density", "85%"), ("adventure", "45%")]),
    band(
        "Swing, trio",
        "Piano, upright bass and drums, no pad.",
        &[
            ("style", "Swing"),
            ("density", "45%"),
            ("adventure", "50%"),
            ("keys_sound", "Piano"),
            ("bass_sound", "Upright bass"),
            ("pad_level", "-inf dB"),
        ],
    ),
    band(
        "Swing, late set",
        "Organ, and chords that wander.",
        &[("style", "Swing"), ("density", "60%"), ("adventure", "85%"), ("keys_sound", "Organ")],
    ),
    tune(
        "Natural",
        "Out-of-tune notes come nearer, vibrato and glides stay.",
        &[("tune_amount", "70%"), ("tune_speed", "80 ms"), ("humanise", "70%")],
    ),
    tune("Gentle", "Hardly noticed.", &[("tune_amount", "40%"), ("tune_speed", "150 ms"), ("humanise", "90%")]),
    tune(
        "Hard",
        "At once and all the way: the effect that everybody knows.",
        &[("tune_amount", "100%"), ("tune_speed", "0 ms"), ("humanise", "0%")],
    ),
    tune(
        "Every semitone",
        "To the nearest note, whatever the key.",
        &[("tune_amount", "90%"), ("tune_speed", "30 ms"), ("tune_scale", "Chromatic"), ("humanise", "40%")],
    ),
    tune(
        "Harmony guide",
        "The voice is pulled onto notes of the band's chord: a second voice for a doubled take.",
        &[("tune_amount", "100%"), ("tune_speed", "20 ms"), ("tune_target", "Chord"), ("humanise", "30%")],
    ),
    tune(
        "Play the voice",
        "The keys you hold are sung.",
        &[("tune_amount", "100%"), ("tune_speed", "10 ms"), ("tune_target", "MIDI")],
    ),
    tune(
        "A new melody",
        "The voice sings what a network writes to the chords.",
        &[("tune_amount", "100%"), ("tune_speed", "15 ms"), ("tune_target", "Melody"), ("melody_adventure", "40%")],
    ),
    tune("Lower and larger", "Another character at the same pitch.", &[("tune_amount", "60%"), ("formant", "-4 st")]),
];
