//! Networks taken apart into their maps.

use super::{Architecture, Forward};

/// One map of a network.
pub struct Subnetwork {
    /// What it is called within its network.
    pub name: &'static str,
    /// Its layers.
    pub layers: Box<dyn Forward + Send>,
}

impl Subnetwork {
    /// A map by its name.
    pub(crate) fn new(name: &'static str, layers: impl Forward + Send + 'static) -> Self {
        Self { name, layers: Box::new(layers) }
    }
}

/// A network that can be taken apart.
pub trait Divide: Architecture {
    /// Its maps. Their order is part of the interface to device libraries.
    fn divide(self) -> Vec<Subnetwork>;
}
