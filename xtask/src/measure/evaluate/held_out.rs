//! Which network a song may be judged with: never one that was trained on it without saying so.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use songweave_datasets::stems::multitracks::folder_name;
use songweave_models::mash::MashNetwork;

use crate::project;

/// A network to measure with.
pub(super) struct Judge {
    pub(super) network: MashNetwork,
    /// Whether it stands in for the built-in network, which was trained on some of the songs.
    pub(super) stands_in: bool,
}

/// The weights of the network that was trained as the built-in one was, but without the test songs.
pub(crate) fn path() -> PathBuf {
    project::root().join("models/weights/mash.heldout.safetensors")
}

/// The network at `weights`, or the built-in one; where the latter was trained on one of the songs, its held-out twin.
///
/// # Errors
/// A weight file cannot be read or is unfit.
pub(super) fn judge(weights: Option<&Path>, songs: &[PathBuf]) -> Result<Judge> {
    let network = super::network(weights)?;
    let heard = heard(&network, songs);
    if heard.is_empty() {
        return Ok(Judge { network, stands_in: false });
    }
    if weights.is_some() || !path().is_file() {
        println!(
            "Mind: these weights were trained on {}; figures on songs not heard before are lower.",
            heard.join(", ")
        );
        return Ok(Judge { network, stands_in: false });
    }
    let twin = super::network(Some(&path())).context("the held-out twin of the built-in network")?;
    println!("The built-in network was trained on {} as well.", heard.join(", "));
    let still = self::heard(&twin, songs);
    if still.is_empty() {
        println!("Measured with its held-out twin, which was trained alike but without them ({}).", path().display());
    } else {
        println!("Measured with its held-out twin. Mind: that one was trained on {}.", still.join(", "));
    }
    Ok(Judge { network: twin, stands_in: true })
}

/// Those of the songs that a network was trained on, by the list in its weight file.
fn heard(network: &MashNetwork, songs: &[PathBuf]) -> Vec<String> {
    let list = network.metadata().training.get("real_songs").and_then(|songs| songs.as_array().cloned());
    let list = list.unwrap_or_default();
    songs.iter().map(|song| folder_name(song)).filter(|name| list.iter().any(|heard| heard == name.as_str())).collect()
}
