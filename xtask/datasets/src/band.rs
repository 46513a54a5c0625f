//! Sets of the networks of Accompany and Tune: chords, grooves, melodies, and the pix2pix baseline.

pub mod chord_set;
pub mod groove_set;
pub mod melody_ngram;
pub mod melody_set;
pub mod pix2pix_set;
