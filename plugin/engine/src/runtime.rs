//! What runs the networks: the pipeline, its thread, the clock that says how long may be waited for it, the slot that holds a
//! network, the path of offline renders, and what is told to the editor.

pub mod clock;
pub mod fault;
pub mod inference;
pub mod listening;
pub mod offline;
pub mod pipeline;
pub mod rest;
pub mod slot;
pub mod status;
pub mod thread;
