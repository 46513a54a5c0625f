//! Accompany: harmony, rhythm, sound and variety of what the band plays.

pub mod audio_features;
pub mod chord_figures;
pub mod diversity;
pub mod grid;
pub mod groove;
pub mod harmony_figures;
pub mod harmony_report;
pub mod learned;
pub mod melody_figures;
pub mod melody_report;
pub mod recitation;
pub mod recovery;
pub mod sound_figures;
pub mod sung;
pub mod true_pitch;
