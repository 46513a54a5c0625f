//! What is moved: sliders for amounts, choices, buttons, rows of them, typed values, and the sentence about each.

pub mod button;
pub mod choice;
pub mod help;
pub mod keys;
pub mod label;
pub mod rows;
pub mod slider;
pub mod value_field;
pub mod wheel;
