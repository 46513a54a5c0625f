//! Pictures: pixels, letters, piano rolls.

pub(crate) mod lettering;
pub(crate) mod picture;
pub(crate) mod roll;
