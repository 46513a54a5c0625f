//! Key and tempo, as the listener finds them.

pub mod key_figures;
