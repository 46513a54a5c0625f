//! Whether a network may be judged by a song: never without saying so if it was trained on it.

use std::path::PathBuf;

use songweave_datasets::stems::multitracks::folder_name;
use songweave_models::mash::MashNetwork;

/// Says which of the songs a network was trained on, if any.
pub(super) fn warn(network: &MashNetwork, songs: &[PathBuf]) {
    let list = network.metadata().training.get("real_songs").and_then(|songs| songs.as_array().cloned());
    let list = list.unwrap_or_default();
    let names = songs.iter().map(|song| folder_name(song));
    let heard: Vec<String> = names.filter(|name| list.iter().any(|heard| heard == name.as_str())).collect();
    if !heard.is_empty() {
        println!(
            "Mind: these weights were trained on {}; figures on songs not heard before are lower.",
            heard.join(", ")
        );
    }
}
