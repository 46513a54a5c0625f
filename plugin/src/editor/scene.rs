//! What the picture shows and changes, and its sizes in logical pixels.

use std::sync::atomic::Ordering::Relaxed;

use crate::editor::{hand::Hand, pictures::fit};
use crate::{params::SongweaveParams, shared::Shared};

/// Size of the whole picture in logical pixels.
pub const SIZE: (f32, f32) = (920.0, 669.0 + fit::HEIGHT + GAP);
/// The smallest size at which everything is still readable.
pub const SMALLEST: (f32, f32) = (820.0, 589.0 + fit::HEIGHT + GAP);
/// Rows of controls.
pub const ROWS: usize = 6;
/// Height of a row of controls.
pub const ROW: f32 = 29.0;
/// Room between two panels.
pub const GAP: f32 = 12.0;

/// What the picture shows and changes.
pub struct Scene<'a> {
    /// The plugin's name.
    pub title: &'a str,
    /// The parameters.
    pub params: &'a SongweaveParams,
    /// What the plugin tells about itself.
    pub shared: &'a Shared,
    /// Changes the parameters for the user.
    pub hand: Hand<'a>,
}

/// Whether the audio thread has been running since activation.
pub fn is_running(shared: &Shared) -> bool {
    shared.timing().is_some() && shared.telemetry.hops.load(Relaxed) > 0
}
