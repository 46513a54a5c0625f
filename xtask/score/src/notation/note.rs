//! A note in seconds.

/// A note with begin and end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Begin in seconds.
    pub start: f64,
    /// Length in seconds.
    pub length: f64,
    /// MIDI key; fractions are between the keys.
    pub key: f32,
    /// Loudness 0…1.
    pub velocity: f32,
}
