//! What all networks have in common.

use candle_core::Device;

use super::{Metadata, WeightError, WeightFile};

/// What tells one kind of network from another: its weights, how its layers are built of them, and what it forgets.
pub trait Architecture: Sized {
    /// Kind of the weight files, as their headers say it.
    const KIND: &'static str;
    /// The weight file in the binary.
    const EMBEDDED: &'static [u8];

    /// Checks the facts of a file and takes the layers out of it.
    ///
    /// # Errors
    /// When the facts do not fit this build or a tensor is not as it should be.
    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError>;

    /// Forgets everything heard, as if new.
    fn reset(&mut self);
}

/// A network with its weights and its state. What it hears and answers is told by its kind: see
/// [`MashNetwork`](crate::MashNetwork), [`ChordNetwork`](crate::ChordNetwork),
/// [`GrooveNetwork`](crate::groove::GrooveNetwork), [`MelodyNetwork`](crate::melody::MelodyNetwork) and
/// [`InstrumentNetwork`](crate::InstrumentNetwork).
///
/// ```
/// let mut network = songweave_models::MashNetwork::embedded()?;
/// assert_eq!(network.metadata().kind, "mash");
/// network.reset();
/// # Ok::<(), songweave_models::WeightError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network<A> {
    metadata: Metadata,
    digest: String,
    parameters: usize,
    pub(crate) layers: A,
}

impl<A: Architecture> Network<A> {
    /// The network with the weights in the binary.
    ///
    /// # Errors
    /// When the binary was built with a damaged weight file.
    pub fn embedded() -> Result<Self, WeightError> {
        Self::from_bytes(A::EMBEDDED)
    }

    /// The network with the weights of a file's bytes.
    ///
    /// # Errors
    /// When the file is not a complete, finite weight file of this kind that fits this build; the message says why.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightError> {
        Self::on_device(bytes, &Device::Cpu)
    }

    /// The same with its tensors on a device.
    pub(crate) fn on_device(bytes: &[u8], device: &Device) -> Result<Self, WeightError> {
        let mut file = WeightFile::parse(bytes, A::KIND, device)?;
        let layers = A::read(&mut file)?;
        let (metadata, digest, parameters) = file.finish()?;
        Ok(Self { metadata, digest, parameters, layers })
    }

    /// Forgets everything heard, as if new.
    pub fn reset(&mut self) {
        self.layers.reset();
    }

    /// SHA-256 of the weight file in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The facts of the weight file.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Number of trained numbers; tables that were measured do not count.
    #[must_use]
    pub const fn parameters(&self) -> usize {
        self.parameters
    }
}
