//! What each control does, a sentence each, shown beside it while the pointer rests there.

use egui::Response;
use nice_plug::prelude::*;

use crate::editor::theme;

/// Explains a parameter while the pointer rests on its control: what it does, its range, and how it is reset.
pub fn explain(response: Response, param: &impl Param) -> Response {
    let Some(sentence) = about(param.name()) else { return response };
    response.on_hover_ui(|ui| {
        ui.set_max_width(theme::TOOLTIP);
        ui.label(sentence);
        ui.colored_label(theme::DIM, range(param));
    })
}

/// Explains a control that is no parameter.
pub fn point(response: Response, name: &str) -> Response {
    let Some(sentence) = about(name) else { return response };
    response.on_hover_ui(|ui| {
        ui.set_max_width(theme::TOOLTIP);
        ui.label(sentence);
    })
}

/// The range of a parameter in words, and its default.
fn range(param: &impl Param) -> String {
    let [low, high, default] = [0.0, 1.0, param.default_normalized_value()]
        .map(|normalised| param.normalized_value_to_string(normalised, true));
    format!("{low} to {high}; double click: {default}")
}

/// The sentence about the control with a name, `None` where the name says it all.
#[must_use]
pub fn about(name: &str) -> Option<&'static str> {
    Some(match name {
        "Vocals" | "Drums" | "Bass" | "Other" => {
            "A: only song A's, B: only song B's. The mark below shows where the fader stands after balance and auto."
        }
        "Balance" => "Moves all faders towards A or B; in the middle they stay where they are.",
        "Auto" => "How far the faders follow the network, which says for each part which song leads just now.",
        "Depth" => "From a plain crossfade of whole songs (0 %) to full separation of their parts (100 %).",
        "Attack" => "How slowly a part comes in.",
        "Release" => "How slowly a part goes out. Longer is smoother, shorter separates more.",
        "Low limit" => "Below this frequency the songs are crossfaded whole, without separation.",
        "High limit" => "Above this frequency the songs are crossfaded whole, without separation.",
        "Learn" => {
            "While it is on the plugin learns what is sung, bar by bar. Off again, the band knows the song: it plays with all of it in view."
        }
        "Save sheet" => "Writes the lead sheet: MusicXML for a notation program, PDF or text, as the file's name ends.",
        "Forget" => "Forgets what was learned of the song, and what was put down on it.",
        "Section" => "A section of the song; the same letter is the same melody. A click gives it a style of its own.",
        "Bar" => "A chord of the song as it is planned. A click keeps it or puts another one down.",
        "Intro" => "What the band plays before the first sung bar, once it knows the song.",
        "Learned notes" => {
            "Tunes the voice to the notes that were learned of the song, rounded to its key; where there are none, to the target."
        }
        "Mix" => "The effect against the input as it came in.",
        "Output" => "Level of the output.",
        "Freeze" => "Holds the separation as it is now.",
        "Solo" | "Solo Vocals" | "Solo Drums" | "Solo Bass" | "Solo Other" => {
            "Listen to this part of the mash alone; once more, to all of them."
        }
        "Delta listen" => "Listen to what the mask takes away.",
        "Key fit" => {
            "How near the keys are on the circle of fifths, and how much the sounding notes rub, after transposition."
        }
        "Tempo fit" => "Whether B runs at A's tempo, its half or its double, and whether the beats fall together.",
        "Density fit" => "Low where both songs have many notes and hits at once in what is heard of them.",
        "Register fit" => "Low where both songs are heard at the same pitches, low, middle or high.",
        "Similarity" => {
            "How alike the songs sound, while the Listen page is open. No part of the fit: unlike songs mash well, too."
        }
        "Listen" => "What the songs are: genre, key, tempo, register, and where they lie among all music.",
        "Presets" => "Sounds with a name: those built in, and your own. A star says that something was changed since.",
        "Size" => "How large everything is drawn. The window itself is made larger by its corner.",
        "MIDI file" => "Writes what the band has just played as a MIDI file, for any program that takes one.",
        "Networks" => "Which networks are in use and where, and another one for Mash from a file of yours.",
        "First sound" | "Second sound" => {
            "Two sounds to compare: each keeps its own settings, and what was done to it can be undone."
        }
        "Undo" => "Takes back the last change of a parameter or preset (Ctrl+Z).",
        "Redo" => "Does again what was taken back (Ctrl+Shift+Z).",
        "Chord" => "What the band plays, and what it expects to. A click holds a chord or chooses another.",
        "Keyboard" => {
            "The notes that the voice is tuned to. A click on one takes it out or in; a right click makes it the tonic, or lets the tonic be heard again."
        }
        "Fit" => "How well the songs go together: the mean of the known figures, drawn towards the worst.",
        "Light" => "A light editor, for bright rooms. The project remembers it.",
        "Mask" => {
            "Orange: heard from A, blue: from B, bright: loud. Hold the mouse button and drag up or down to hear only these frequencies; no offline bounce has it."
        }
        "Lanes" => "Where each fader stood in the last twelve seconds, balance and auto included: up is B, down is A.",
        "Transpose B" => "Shifts the pitch of song B, not of its drums. Voices keep their character.",
        "Match keys" => "Chooses the transposition of song B by itself, so that both songs are in one key.",
        "Quality" => {
            "Live: 64 ms. Studio: vocals far better told apart, at half a second of latency; taken when the host starts anew."
        }
        "Device" => {
            "Where Studio's network runs. Automatic is the CPU, which gives the same bits everywhere; GPU needs Songweave's GPU library, and leaves the processor to the rest. Taken when the host starts anew."
        }
        "Mash" => "Two songs: song A is the track, song B comes in by the side-chain.",
        "Accompany" => "A band follows the voice on this track, on the host's beat.",
        "Style" => "How the band plays.",
        "Density" => "How much the band plays, from a few notes to a full bar.",
        "Adventure" => "From the chords one expects (0 %) to those that surprise (100 %).",
        "Seed" => "Another seed, another accompaniment; the same seed plays the same again.",
        "Key" => "Auto hears the key; a note locks the tonic.",
        "Scale" => "Auto hears major or minor; the others lock it.",
        "Chord root" => {
            "Auto leaves the chords to the band; a note locks the chord. Chords played over MIDI come first."
        }
        "Chord quality" => "The kind of the locked chord; Auto takes what the key has on its root.",
        "Look-ahead" => {
            "The output waits this long, so the band hears what is sung next. Taken when the host starts the plugin anew."
        }
        "Tempo" => "The band's tempo in hosts without a transport; otherwise the host's counts.",
        "Band level" => "Level of the whole band.",
        "Drums level" | "Bass level" | "Keys level" | "Pad level" => "Level of this instrument.",
        "Voice level" => "Level of the voice as it came in.",
        "Drums sound" | "Bass sound" | "Keys sound" | "Pad sound" => {
            "What this instrument is played with, from its next note on; Auto leaves it to the style."
        }
        "Duck" => "How far the band steps back while somebody sings: up to 9 dB.",
        "Tune amount" => "From the voice as it is (0 %) to right on the target (100 %).",
        "Tune speed" => "How fast the voice goes to its target: 0 ms is hard, 400 ms hardly noticed.",
        "Tune target" => {
            "The notes of a scale, the keys you hold over MIDI (they are no chord for the band then), the band's chord, or a melody."
        }
        "Tune key" => "Tonic of the scale and of the melody; Auto takes what the band hears.",
        "Tune scale" => "The notes that may be sung; Auto takes major or minor as the band hears it.",
        "Tune notes" => "Notes of your own in place of the scale's.",
        "Back to the scale" => "The notes of the chosen scale again, in place of your own.",
        "Humanise" => "Keeps the voice's own vibrato and glides: only the note below them is corrected.",
        "Formant" => "Shifts the character of the voice, smaller or larger, not its pitch.",
        "Tune reference" => "Frequency of A4 that the voice is tuned to.",
        "Melody lowest" | "Melody highest" => {
            "The range in which the melody is written; the voice takes it in its own octave."
        }
        "Melody adventure" => {
            "From the melody one expects (0 %) to one that surprises (100 %). The seed is the band's."
        }
        "Cents" => "How far the voice is from its target before it is tuned: left is flat, right is sharp.",
        "Roll" => {
            "White: the voice. Green: what it is tuned to. Bars: what the band plays. Right of the line: what comes next."
        }
        "Bypass" => "Song A as it came in, with the same delay.",
        _ => return None,
    })
}
