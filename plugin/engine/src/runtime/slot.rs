//! The slot that holds the network: the one in the binary, or a weight file of the user's.
//!
//! Loading happens on the caller's thread, never on the audio or inference thread; a file that does not fit is refused
//! and the present network stays.

use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use songweave_device::{Device, DeviceError};
use songweave_dsp::stream::layout::StreamLayout;
use songweave_models::{MashNetwork, WeightError, studio::StudioNetwork};

use crate::{
    mash::studio::{Asked, Decider, DelayedDecisions, Studio, Timing},
    placement::{DeviceUse, Placement},
    runtime::fault::StartError,
};

/// Weight files larger than this are none of ours.
const LARGEST_FILE: u64 = 64 << 20;

/// Why a weight file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The file cannot be read.
    #[error("The weight file {path} cannot be read ({reason}); the present model stays.")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The file is larger than any weight file.
    #[error("The file {path} is {megabytes} MB large, too large for a weight file; the present model stays.")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        megabytes: u64,
    },
    /// The file is no weight file for this slot.
    #[error("The weight file {path} was refused: {reason} The present model stays.")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: WeightError,
    },
}

/// Which network is in the slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name, e.g. `mash-1`.
    pub name: String,
    /// SHA-256 of the weight file, hexadecimal.
    pub digest: String,
    /// The user's file, `None` for the one in the binary.
    pub file: Option<PathBuf>,
}

/// The network of Studio quality that was read last. As it multiplies them its weights take 55 MB, so that all instances in a
/// process have the same.
static STUDIO: Mutex<Option<(&'static [u8], StudioNetwork)>> = Mutex::new(None);

/// The network of Studio quality with these weights.
fn studio_network(weights: &'static [u8]) -> Result<StudioNetwork, WeightError> {
    let mut last = locked(&STUDIO);
    if let Some((same, network)) = &*last
        && std::ptr::eq(*same, weights)
    {
        return Ok(network.clone());
    }
    let network = StudioNetwork::from_bytes(weights)?;
    *last = Some((weights, network.clone()));
    Ok(network)
}

/// How long the network has for a block.
fn time_to_decide(layout: &StreamLayout) -> Duration {
    Duration::from_secs_f32(layout.hop_seconds() * Timing::SHIPPED.work as f32)
}

struct Source {
    bytes: Cow<'static, [u8]>,
    info: ModelInfo,
}

/// The slot. Shared between the plugin shell and its inference thread.
pub struct ModelSlot {
    source: Mutex<Source>,
    offered: Mutex<Option<MashNetwork>>,
    is_offered: AtomicBool,
    /// Weights of Studio quality, where the build has them.
    studio: Option<&'static [u8]>,
    /// Where the library of another device may lie.
    device_places: Vec<PathBuf>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn info(network: &MashNetwork, file: Option<PathBuf>) -> ModelInfo {
    ModelInfo { name: network.metadata().name.clone(), digest: network.digest().to_owned(), file }
}

impl ModelSlot {
    /// A slot with the network in the binary.
    ///
    /// # Errors
    /// When the embedded weight file is damaged, which a test rules out.
    pub fn embedded() -> Result<Self, WeightError> {
        let bytes = songweave_models::mash::EMBEDDED;
        let network = MashNetwork::from_bytes(bytes)?;
        let source = Source { bytes: Cow::Borrowed(bytes), info: info(&network, None) };
        Ok(Self {
            source: Mutex::new(source),
            offered: Mutex::new(None),
            is_offered: AtomicBool::new(false),
            studio: None,
            device_places: Vec::new(),
        })
    }

    /// The same slot with the weights of Studio quality.
    #[must_use]
    pub fn with_studio(self, weights: Option<&'static [u8]>) -> Self {
        Self { studio: weights, ..self }
    }

    /// The same slot with the files that may be the library of another device.
    #[must_use]
    pub fn with_device_places(self, device_places: Vec<PathBuf>) -> Self {
        Self { device_places, ..self }
    }

    /// Whether Studio quality can be had.
    #[must_use]
    pub const fn has_studio(&self) -> bool {
        self.studio.is_some()
    }

    /// What makes decisions in Studio quality, where a stream's masks wait for it: on the CPU, or on a device when one is asked
    /// and does it. `placement` is told.
    ///
    /// # Errors
    /// When the weights are damaged, or the system refuses another thread.
    pub fn studio(
        &self,
        layout: &StreamLayout,
        device: Option<DeviceUse>,
        placement: &Arc<Placement>,
    ) -> Result<Option<DelayedDecisions>, StartError> {
        placement.on_the_cpu();
        let Some(weights) = self.studio.filter(|_| layout.mask_delay > 0) else { return Ok(None) };
        let mut decider = Decider::from(studio_network(weights)?);
        if let Some(device) = device {
            let asked = match device {
                DeviceUse::Played => Asked::Within(time_to_decide(layout)),
                DeviceUse::Bounced => Asked::Alone,
            };
            match self.on_device(&decider, weights, asked, placement) {
                Ok(on_device) => decider = on_device,
                Err(reason) => placement.failed(&reason),
            }
        }
        let studio = Studio::new(decider, layout)?;
        Ok(Some(DelayedDecisions::new(studio, layout.mask_delay)))
    }

    fn on_device(
        &self,
        decider: &Decider,
        weights: &'static [u8],
        asked: Asked,
        placement: &Arc<Placement>,
    ) -> Result<Decider, DeviceError> {
        let device = Device::shared(&self.device_places)?;
        decider.clone().with_device(&device, weights.into(), asked, placement.clone())
    }

    /// Which network is in the slot.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        locked(&self.source).info.clone()
    }

    /// A fresh network of the present weights, for a thread that starts.
    ///
    /// # Errors
    /// None in practice: the weights were accepted before.
    pub fn network(&self) -> Result<MashNetwork, WeightError> {
        MashNetwork::from_bytes(&locked(&self.source).bytes)
    }

    /// Loads a user's weight file.
    ///
    /// # Errors
    /// When the file cannot be read or does not fit; the present network stays.
    pub fn load(&self, path: &Path) -> Result<(), SlotError> {
        let unreadable = |reason| SlotError::Unreadable { path: path.to_owned(), reason };
        let size = fs::metadata(path).map_err(unreadable)?.len();
        if size > LARGEST_FILE {
            return Err(SlotError::TooLarge { path: path.to_owned(), megabytes: size >> 20 });
        }
        let bytes = fs::read(path).map_err(unreadable)?;
        let refused = |reason| SlotError::Refused { path: path.to_owned(), reason };
        self.offer(Cow::Owned(bytes), Some(path.to_owned())).map_err(refused)
    }

    /// Goes back to the network in the binary.
    ///
    /// # Errors
    /// When the embedded weight file is damaged, which a test rules out.
    pub fn load_embedded(&self) -> Result<(), WeightError> {
        self.offer(Cow::Borrowed(songweave_models::mash::EMBEDDED), None)
    }

    fn offer(&self, bytes: Cow<'static, [u8]>, file: Option<PathBuf>) -> Result<(), WeightError> {
        let network = MashNetwork::from_bytes(&bytes)?;
        *locked(&self.source) = Source { info: info(&network, file), bytes };
        *locked(&self.offered) = Some(network);
        self.is_offered.store(true, Ordering::Release);
        Ok(())
    }

    /// The network that was loaded since the last call, for the running inference thread.
    #[must_use]
    pub fn take_offered(&self) -> Option<MashNetwork> {
        if !self.is_offered.swap(false, Ordering::Acquire) {
            return None;
        }
        locked(&self.offered).take()
    }
}
