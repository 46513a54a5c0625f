//! The networks: what each hears and answers, and how its layers are wired.

pub mod chords;
pub mod groove;
pub mod instruments;
pub mod listener;
pub mod mash;
pub mod melody;
pub mod studio;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
