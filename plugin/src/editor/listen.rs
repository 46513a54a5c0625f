//! The Listen page, and what of the user's library goes with what is playing.

pub mod library_view;
pub mod listen_view;
