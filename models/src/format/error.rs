//! Why a weight file is refused.

use super::FORMAT;

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
