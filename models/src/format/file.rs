//! Reading a weight file: the header first, then tensor by tensor.

use std::{collections::HashMap, ops::RangeInclusive};

use candle_core::{DType, Device, Tensor};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{FORMAT, KEY, WeightError};
use crate::layers::{Affine, Gru, Linear, Lstm};

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
    parameters: usize,
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
        Ok(Self { metadata, digest: digest(bytes), tensors, device: device.clone(), parameters: 0 })
    }

    /// The facts in the header.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The sizes of the layers, as the kind of network names them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn architecture<S: DeserializeOwned>(&self) -> Result<S, WeightError> {
        let unfit = |error| WeightError::Unfit(format!("its architecture cannot be read ({error})"));
        serde_json::from_value(self.metadata.architecture.clone()).map_err(unfit)
    }

    /// Takes a trained tensor out of the file, in single precision. Its numbers count as parameters.
    ///
    /// # Errors
    /// When the tensor is missing, of another shape or type, or not finite.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, WeightError> {
        self.parameters += shape.iter().product::<usize>();
        self.take_table(name, shape)
    }

    /// Takes the weight `[out][in]` and the bias `[out]` of a product.
    fn take_product(&mut self, names: [String; 2], out: usize, inputs: usize) -> Result<(Tensor, Tensor), WeightError> {
        Ok((self.take(&names[0], &[out, inputs])?, self.take(&names[1], &[out])?))
    }

    /// Takes a linear layer from `inputs` to `out` numbers: the tensors `NAME.weight` and `NAME.bias`.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_linear<const STREAMS: usize>(
        &mut self,
        name: &str,
        out: usize,
        inputs: usize,
    ) -> Result<Linear<STREAMS>, WeightError> {
        let names = ["weight", "bias"].map(|part| format!("{name}.{part}"));
        let (weight, bias) = self.take_product(names, out, inputs)?;
        Ok(Linear::new(weight, Some(bias))?)
    }

    /// Takes the two products of a recurrent layer of `gates` gates, named as `PyTorch` names those of its layer 0.
    fn take_gates(&mut self, name: &str, gates: usize, hidden: usize, inputs: usize) -> Result<Products, WeightError> {
        let mut product = |which: &str, inputs: usize| {
            let names = ["weight", "bias"].map(|part| format!("{name}.{part}_{which}_l0"));
            self.take_product(names, gates * hidden, inputs)
        };
        Ok([product("ih", inputs)?, product("hh", hidden)?])
    }

    /// Takes a [`Gru`] of `hidden` units that hears `inputs` numbers.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_gru<const STREAMS: usize>(
        &mut self,
        name: &str,
        hidden: usize,
        inputs: usize,
    ) -> Result<Gru<STREAMS>, WeightError> {
        let [input, recurrent] = self.take_gates(name, 3, hidden, inputs)?;
        Ok(Gru::new(input, recurrent)?)
    }

    /// Takes an [`Lstm`] of `hidden` units that hears `inputs` numbers.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_lstm<const STREAMS: usize>(
        &mut self,
        name: &str,
        hidden: usize,
        inputs: usize,
    ) -> Result<Lstm<STREAMS>, WeightError> {
        let [input, recurrent] = self.take_gates(name, 4, hidden, inputs)?;
        Ok(Lstm::new(input, recurrent)?)
    }

    /// Takes what normalises `channels` channels: the tensors `NAME.scale` and `NAME.shift`.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_affine(&mut self, name: &str, channels: usize) -> Result<Affine, WeightError> {
        let mut take = |part: &str| -> Result<Vec<f32>, WeightError> {
            Ok(self.take(&format!("{name}.{part}"), &[channels])?.to_vec1()?)
        };
        Ok(Affine { scale: take("scale")?, shift: take("shift")? })
    }

    /// Takes a tensor that was measured and not trained, in single precision. Its numbers are no parameters.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn take_table(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, WeightError> {
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

    /// Ends the reading: the facts, the digest and the number of parameters of a file whose every tensor was taken.
    ///
    /// # Errors
    /// When a tensor is left over.
    pub fn finish(self) -> Result<(Metadata, String, usize), WeightError> {
        match self.tensors.into_keys().min() {
            Some(name) => Err(WeightError::UnknownTensor(name)),
            None => Ok((self.metadata, self.digest, self.parameters)),
        }
    }
}

/// The weights and biases of a recurrent layer: what it hears, what it remembers.
type Products = [(Tensor, Tensor); 2];

/// Refuses sizes outside a range, so that a hostile file cannot ask for all memory.
pub(crate) fn check_sizes(sizes: &[usize], range: &RangeInclusive<usize>) -> Result<(), WeightError> {
    if sizes.iter().all(|size| range.contains(size)) {
        return Ok(());
    }
    Err(WeightError::Unfit(format!("a size of its architecture is outside {} to {}", range.start(), range.end())))
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
