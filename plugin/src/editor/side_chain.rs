//! How song B reaches the plugin, a line for each host, shown in place of the mask until song B was heard once.

use egui::{Align2, Color32, FontId, Rect, Ui, vec2};

use crate::editor::theme;

const LINE: f32 = 20.0;
/// Width of a host's name.
const NAME: f32 = 92.0;

/// Hosts, and what is to be done in them.
const HOSTS: [(&str, &str); 7] = [
    ("Ableton Live", "On B's track set Audio To to A's track, and the chooser below it to Songweave."),
    ("Bitwig", "In the header of Songweave's device on A's track choose B's track as side-chain."),
    ("Cubase", "Switch on Side-Chain at the top of this window, and choose B's track in its menu."),
    ("FL Studio", "Select B's mixer track, right-click the arrow at A's: Sidechain to this track."),
    ("Reaper", "Drag from the Route button of B's track to A's track, and set the send to channels 3/4."),
    ("Ardour", "Right-click Songweave: Pin Connections, Sidechain. At B's output: Routing Grid, Sidechains, L and R."),
    ("Logic", "Logic loads Audio Units only, and Songweave is none."),
];

/// Draws the lines into a rectangle.
pub fn show(ui: &mut Ui, rect: Rect) {
    ui.painter().rect_filled(rect, theme::CORNER, Color32::BLACK);
    let height = LINE * (HOSTS.len() as f32 + 2.0) + 20.0;
    let mut inside =
        Rect::from_center_size(rect.center(), vec2(rect.width(), height.min(rect.height()))).shrink2(vec2(20.0, 4.0));
    let mut heading = theme::cut_top(&mut inside, 28.0);
    let letter = theme::cut_left(&mut heading, 24.0);
    theme::write(ui.painter(), letter, Align2::LEFT_CENTER, "B", FontId::proportional(20.0), theme::SONG_B);
    let sentence = "Song B was not heard yet. This track is song A; send another track to Songweave's side-chain:";
    theme::sentence(ui, heading, sentence, theme::TEXT);
    for (host, what) in HOSTS {
        let mut line = theme::cut_top(&mut inside, LINE);
        let name = theme::cut_left(&mut line, NAME);
        theme::sentence(ui, name, host, theme::TEXT);
        theme::sentence(ui, line, what, theme::DIM);
    }
    let sentence =
        "Then keep B itself out of the mix, and play. For a band that follows a voice choose Accompany above.";
    theme::sentence(ui, theme::cut_top(&mut inside, LINE + 4.0), sentence, theme::TEXT);
}
