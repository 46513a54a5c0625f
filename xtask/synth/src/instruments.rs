//! Synthesisers, sound fonts, drum machines and the band that plays them.

pub mod drum_machine;
pub mod oscillator;
pub mod patches;
pub mod reference_accompaniment;
pub mod simple_band;
pub mod soundfont;
pub mod synthesiser;
