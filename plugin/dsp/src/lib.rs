//! x
pub mod controls;
pub mod frame;
pub mod layout;
