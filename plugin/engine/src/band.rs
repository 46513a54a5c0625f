//! The band of Accompany: hears the voice, decides the harmony, arranges it for four instruments.

pub mod arrange;
pub mod heard;
pub mod place;
