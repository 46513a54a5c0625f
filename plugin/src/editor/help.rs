//! What each control does, a sentence each, shown while the pointer is on it.

use egui::{Id, Response, Ui};

fn place() -> Id {
    Id::unique("help")
}

/// Notes that the pointer is on a control.
pub fn point(ui: &Ui, response: &Response, name: &str) {
    if let (true, Some(sentence)) = (response.hovered(), about(name)) {
        ui.data_mut(|data| data.insert_temp(place(), sentence));
    }
}

/// The sentence about the control that the pointer was on in the last picture.
#[must_use]
pub fn pointed_at(ui: &Ui) -> Option<&'static str> {
    ui.data_mut(|data| data.remove_temp(place()))
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
        "Mix" => "The mashup against song A as it came in.",
        "Output" => "Level of the output.",
        "Freeze" => "Holds the separation as it is now.",
        "Delta listen" => "Listen to what the mask takes away.",
        "Key fit" => {
            "How near the keys are on the circle of fifths, and how much the sounding notes rub, after transposition."
        }
        "Tempo fit" => "Whether B runs at A's tempo, its half or its double, and whether the beats fall together.",
        "Density fit" => "Low where both songs have many notes and hits at once in what is heard of them.",
        "Register fit" => "Low where both songs are heard at the same pitches, low, middle or high.",
        "Fit" => "How well the songs go together: the mean of the known figures, drawn towards the worst.",
        "Lanes" => "Where each fader stood in the last twelve seconds, balance and auto included: up is B, down is A.",
        "Transpose B" => "Shifts the pitch of song B, not of its drums. Voices keep their character.",
        "Match keys" => "Chooses the transposition of song B by itself, so that both songs are in one key.",
        "Bypass" => "Song A as it came in, with the same delay.",
        _ => return None,
    })
}
