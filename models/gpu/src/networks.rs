//! The networks that are loaded.

use std::collections::HashMap;

use songweave_abi::{NetworkId, Shape, Status};
use songweave_models::{device::DeviceNetwork, layers::Memory};

use crate::choice::{Chosen, choose};

/// Why a call failed: what it comes to, and a sentence where there is more to say.
pub(crate) struct Failure(pub(crate) Status, pub(crate) String);

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self(status, String::new())
    }
}

/// What of a memory a call uses.
#[derive(Clone, Copy)]
pub(crate) enum Past {
    /// Nothing, and it leaves nothing.
    None,
    /// What is remembered.
    Remembered,
}

/// A network and what its maps remember.
struct Loaded {
    network: DeviceNetwork,
    /// `[map]`.
    memories: Vec<Memory>,
}

/// A device and everything that lies on it.
pub(crate) struct Networks {
    chosen: Chosen,
    loaded: HashMap<NetworkId, Loaded>,
    /// Numbers are never given twice.
    last: NetworkId,
    /// How many have opened it and not closed it.
    callers: usize,
}

impl Networks {
    /// An empty device.
    ///
    /// # Errors
    /// One sentence that says why there is none.
    pub(crate) fn open() -> Result<Self, String> {
        Ok(Self { chosen: choose()?, loaded: HashMap::new(), last: 0, callers: 0 })
    }

    /// One more has opened it.
    pub(crate) const fn enter(&mut self) {
        self.callers += 1;
    }

    /// One has closed it; returns whether nobody has it open any more.
    pub(crate) const fn leave(&mut self) -> bool {
        self.callers = self.callers.saturating_sub(1);
        self.callers == 0
    }

    pub(crate) fn device(&self) -> &str {
        &self.chosen.name
    }

    pub(crate) fn count(&self) -> usize {
        self.loaded.len()
    }

    pub(crate) fn load(&mut self, kind: &str, weights: &[u8]) -> Result<NetworkId, Failure> {
        let refused = |error| Failure(Status::REFUSED, format!("{error}"));
        let network = DeviceNetwork::load(kind, weights, &self.chosen.device).map_err(refused)?;
        let memories = network.subnetworks().iter().map(|_| Memory::default()).collect();
        self.last += 1;
        self.loaded.insert(self.last, Loaded { network, memories });
        Ok(self.last)
    }

    fn of(&mut self, id: NetworkId) -> Result<&mut Loaded, Status> {
        self.loaded.get_mut(&id).ok_or(Status::NO_SUCH_NETWORK)
    }

    pub(crate) fn maps(&mut self, id: NetworkId) -> Result<usize, Status> {
        Ok(self.of(id)?.memories.len())
    }

    pub(crate) fn shape(&mut self, id: NetworkId, map: usize) -> Result<Shape, Status> {
        let subnetworks = self.of(id)?.network.subnetworks();
        let layers = &subnetworks.get(map).ok_or(Status::NO_SUCH_NETWORK)?.layers;
        Ok(Shape { inputs: layers.inputs(), outputs: layers.outputs() })
    }

    /// Runs a map over finite numbers `[batch][time][in]`.
    pub(crate) fn run(
        &mut self,
        id: NetworkId,
        map: usize,
        size: [usize; 2],
        input: &[f32],
        past: Past,
    ) -> Result<Vec<f32>, Failure> {
        let Loaded { network, memories } = self.of(id)?;
        let remembered = memories.get_mut(map).ok_or(Status::NO_SUCH_NETWORK)?;
        let mut empty = Memory::default();
        let memory = match past {
            Past::None => &mut empty,
            Past::Remembered => remembered,
        };
        network.forward(map, size, input, memory).map_err(|error| Failure(Status::DEVICE, format!("{error}")))
    }

    pub(crate) fn reset(&mut self, id: NetworkId) -> Result<(), Status> {
        self.of(id)?.memories.fill_with(Memory::default);
        Ok(())
    }

    pub(crate) fn free(&mut self, id: NetworkId) -> Result<(), Status> {
        self.loaded.remove(&id).map(drop).ok_or(Status::NO_SUCH_NETWORK)
    }
}
