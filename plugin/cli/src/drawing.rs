//! Pictures: pixels, letters, piano rolls.

pub mod lettering;
pub mod picture;
pub mod roll;
