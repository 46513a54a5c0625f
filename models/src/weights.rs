//! Weight files: safetensors in half precision with the network's facts in the header. Everything is verified before a
//! network is built; a wrong file is refused with one sentence.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The version of the file format that this build reads.
pub const FORMAT: u32 = 1;
/// Name of the header entry that holds [`Metadata`] as JSON.
const KEY: &str = "songweave";

/// Why a weight file was refused. Each message is a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightError {
    /// Fewer bytes than the header announces.
    #[error("the weight file is cut short or has bytes left over; download or export it again")]
    Truncated,
    /// The bytes are no safetensors file.
    #[error("this is not a weight file: its safetensors header cannot be read ({0})")]
    NotSafetensors(String),
    /// A safetensors file without Songweave's metadata.
    #[error("this safetensors file was not made for Songweave: its header has no `songweave` entry")]
    NoMetadata,
    /// The metadata is no JSON of the right form.
    #[error("the weight file's `songweave` entry cannot be read ({0}); export the file again")]
    BadMetadata(String),
    /// Made by a later trainer.
    #[error("the weight file has format {found}, this version of Songweave reads up to {FORMAT}; update Songweave")]
    FutureFormat {
        /// Format of the file.
        found: u32,
    },
    /// Weights of another network.
    #[error("the weight file holds a `{found}` network, a `{wanted}` network is needed here")]
    OtherKind {
        /// Kind in the file.
        found: String,
        /// Kind asked for.
        wanted: &'static str,
    },
    /// The facts do not fit the plugin's bands, parts or features, or the sizes are out of range.
    #[error("the weight file does not fit this version of Songweave: {0}")]
    Unfit(String),
    /// A tensor that the network needs is not there.
    #[error("the weight file lacks the tensor `{0}`; export it again")]
    MissingTensor(String),
    /// A tensor that the network has no place for.
    #[error("the weight file has a tensor `{0}` that its network does not use; export it again")]
    UnknownTensor(String),
    /// A tensor of another shape.
    #[error("the tensor `{name}` of the weight file has the shape {found:?}, {wanted:?} is needed")]
    WrongShape {
        /// Name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape asked for.
        wanted: Vec<usize>,
    },
    /// A tensor of another number type.
    #[error("the tensor `{name}` of the weight file is stored as {found}, half precision (F16) is needed")]
    WrongType {
        /// Name of the tensor.
        name: String,
        /// Type in the file.
        found: String,
    },
    /// A tensor with a NaN or an infinity in it.
    #[error("the tensor `{0}` of the weight file contains NaN or infinity; the training went wrong")]
    NotFinite(String),
    /// The device could not take the weights.
    #[error("the weights could not be loaded onto the device ({0})")]
    Device(String),
}

impl From<candle_core::Error> for WeightError {
    fn from(error: candle_core::Error) -> Self {
        Self::Device(error.to_string())
    }
}

/// The facts of a network, from its weight file. Nothing here depends on the sample rate.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// Version of the file format.
    pub format: u32,
    /// What the network does, for example `mash`.
    pub kind: String,
    /// Name of this set of weights.
    pub name: String,
    /// Centre of each band in Hz, `[band]`, ascending.
    pub bands_hz: Vec<f32>,
    /// Names of the parts in index order.
    pub parts: Vec<String>,
    /// Numbers per song and hop that the network hears.
    pub features: usize,
    /// Hops that the network looks ahead.
    pub lookahead_hops: usize,
    /// Lengths of a hop in seconds that it was trained with.
    pub hop_seconds: Vec<f32>,
    /// Seed of the training run.
    pub seed: u64,
    /// Sizes of the layers; their names depend on the kind.
    pub architecture: serde_json::Value,
    /// Steps, clips and sources of the training, for the card and the editor.
    pub training: serde_json::Value,
}

/// A verified header and the tensors that no layer has taken yet.
#[derive(Debug)]
pub struct WeightFile<'a> {
    metadata: Metadata,
    digest: String,
    tensors: HashMap<String, TensorView<'a>>,
    device: Device,
}

impl<'a> WeightFile<'a> {
    /// Reads a weight file of one kind; its tensors go to `device`.
    ///
    /// # Errors
    /// When the bytes are no complete weight file of this kind and a known format.
    pub fn parse(bytes: &'a [u8], kind: &'static str, device: &Device) -> Result<Self, WeightError> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(refusal)?;
        let json = header.metadata().as_ref().and_then(|entries| entries.get(KEY)).ok_or(WeightError::NoMetadata)?;
        let metadata = read_metadata(json, kind)?;
        let file = SafeTensors::deserialize(bytes).map_err(refusal)?;
        let tensors = file.tensors().into_iter().collect();
        Ok(Self { metadata, digest: digest(bytes), tensors, device: device.clone() })
    }

    /// The facts in the header.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Takes one tensor out of the file, in single precision.
    ///
    /// # Errors
    /// When the tensor is missing, of another shape or type, or not finite.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, WeightError> {
        let view = self.tensors.remove(name).ok_or_else(|| WeightError::MissingTensor(name.to_owned()))?;
        if view.dtype() != Dtype::F16 {
            return Err(WeightError::WrongType { name: name.to_owned(), found: format!("{:?}", view.dtype()) });
        }
        if view.shape() != shape {
            let (found, wanted) = (view.shape().to_vec(), shape.to_vec());
            return Err(WeightError::WrongShape { name: name.to_owned(), found, wanted });
        }
        let stored = Tensor::from_raw_buffer(view.data(), DType::F16, shape, &Device::Cpu)?;
        let tensor = stored.to_dtype(DType::F32)?;
        if !tensor.flatten_all()?.to_vec1::<f32>()?.iter().all(|value| value.is_finite()) {
            return Err(WeightError::NotFinite(name.to_owned()));
        }
        Ok(tensor.to_device(&self.device)?)
    }

    /// Ends the reading: the facts and the digest of a file whose every tensor was taken.
    ///
    /// # Errors
    /// When a tensor is left over.
    pub fn finish(self) -> Result<(Metadata, String), WeightError> {
        match self.tensors.into_keys().min() {
            Some(name) => Err(WeightError::UnknownTensor(name)),
            None => Ok((self.metadata, self.digest)),
        }
    }
}

fn refusal(error: safetensors::SafeTensorError) -> WeightError {
    use safetensors::SafeTensorError as Cause;
    match error {
        Cause::HeaderTooSmall | Cause::InvalidHeaderLength | Cause::MetadataIncompleteBuffer => WeightError::Truncated,
        other => WeightError::NotSafetensors(other.to_string()),
    }
}

/// The version and the kind are read first: a future format may have other fields.
fn read_metadata(json: &str, kind: &'static str) -> Result<Metadata, WeightError> {
    #[derive(Deserialize)]
    struct Label {
        format: u32,
        kind: String,
    }
    let bad = |error: serde_json::Error| WeightError::BadMetadata(error.to_string());
    let label: Label = serde_json::from_str(json).map_err(bad)?;
    if label.format > FORMAT {
        return Err(WeightError::FutureFormat { found: label.format });
    }
    if label.kind != kind {
        return Err(WeightError::OtherKind { found: label.kind, wanted: kind });
    }
    serde_json::from_str(json).map_err(bad)
}

/// SHA-256 of bytes in lower-case hexadecimal digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
