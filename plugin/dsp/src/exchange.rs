//! What crosses the threads: parameter values, frames and decisions, the rings that carry them, the meters.

pub mod audition;
pub mod controls;
pub mod decision;
pub mod frame;
pub mod link;
pub mod sound;
pub mod telemetry;
