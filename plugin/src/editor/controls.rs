//! What is moved: sliders, rows of them, typed values, and the sentence about each.

pub mod help;
pub mod rows;
pub mod slider;
pub mod value_field;
