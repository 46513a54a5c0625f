//! Made-up music: chord progressions, accompaniments, drum patterns.

pub mod comping;
pub mod drum_patterns;
pub mod harmony;
