//! Networks that do not start, or fail while they run.

use songweave_models::WeightError;

/// A network that failed in mid-stream, with its reason in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The network stopped working ({0}); what it decided last is held. Reload the model or reactivate the plugin.")]
pub struct NetworkFault(pub String);

/// Why the inference thread did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The network cannot be built.
    #[error("The network cannot be started: {0}")]
    Network(#[from] WeightError),
    /// The network of whole songs does not take what was learned.
    #[error("{0}")]
    Song(#[from] NetworkFault),
    /// The system refuses another thread.
    #[error("The system refuses to start the inference thread ({0}); close other programs and try again.")]
    Thread(#[from] std::io::Error),
}
