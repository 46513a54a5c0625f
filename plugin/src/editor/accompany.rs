//! Accompany in the editor: the band, its chords, the tuning of the voice.

pub mod band_view;
pub mod chords;
pub mod keyboard;
pub mod midi_menu;
pub mod song_view;
pub mod tune_view;
