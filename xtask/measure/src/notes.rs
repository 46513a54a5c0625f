//! The instrument networks: drawn notes against rendered ones.

pub mod instrument_report;
pub mod note_drawing;
pub mod note_figures;
pub mod note_table;
