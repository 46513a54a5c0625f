//! A network that fails while it runs.

/// A network that failed in mid-stream, with its reason in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The network stopped working ({0}); what it decided last is held. Reload the model or reactivate the plugin.")]
pub struct NetworkFault(pub String);
