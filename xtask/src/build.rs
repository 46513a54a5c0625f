//! Commands that build the plugin, load it into hosts and check everything.

pub(crate) mod ardour;
pub(crate) mod bundle;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod gpu;
pub(crate) mod install;
pub(crate) mod package;
pub(crate) mod receipt;
pub(crate) mod screenshot;
pub(crate) mod soak;
pub(crate) mod stress;
pub(crate) mod target;
pub(crate) mod tools;
pub(crate) mod validate;
pub(crate) mod windows;
