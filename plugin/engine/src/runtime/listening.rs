//! What is known of two songs at their end, without a host, threads and networks: for figures and tests.

use songweave_dsp::{
    exchange::{
        controls::Controls,
        decision::MashDecision,
        frame::{AnalysisFrame, Heard},
        link::link,
        telemetry::{Telemetry, columns},
    },
    stream::{
        layout::{CHANNELS, SONGS, StreamLayout},
        path::{AudioPath, BlockInfo},
    },
};

use crate::{
    follow::{Listener, Listening},
    runtime::inference::Inline,
};

/// Plays two songs `[song][channel][sample]` of one length through the plugin's own path, in blocks of the given sizes (the last
/// size again when they run out), and tells what its listener knows of them then.
///
/// ```
/// use songweave_dsp::{exchange::controls::Controls, stream::layout::StreamLayout};
/// use songweave_engine::runtime::listening::listen;
///
/// let (tone, silence) = (vec![0.1; 4_800], vec![0.0; 4_800]);
/// let layout = StreamLayout::for_sample_rate(48_000.0);
/// let heard = listen(layout, &Controls::default(), [[&tone; 2], [&silence; 2]], [512]);
/// assert!(heard.songs[0].key.is_none(), "a tenth of a second tells no key");
/// ```
#[must_use]
pub fn listen(
    layout: StreamLayout,
    controls: &Controls,
    [a, b]: [[&[f32]; CHANNELS]; SONGS],
    sizes: impl IntoIterator<Item = usize>,
) -> Listening {
    let (audio, end) = link();
    let mut path = AudioPath::new(layout, false, audio, Telemetry::default().into(), columns().0);
    let mut listener = Listener::default();
    // Listens to every frame, decides nothing.
    let mut ear = Inline::new(end, |frame: &AnalysisFrame| {
        if let Heard::Mash(songs) = &frame.heard {
            listener.hear(frame, songs, &MashDecision::UNDECIDED);
        }
        None
    });
    let info = BlockInfo::from(*controls);
    let (mut sizes, mut size) = (sizes.into_iter(), layout.hop);
    let mut start = 0;
    while start < a[0].len() {
        size = sizes.next().unwrap_or(size).max(1);
        let block = start..a[0].len().min(start + size);
        let [mut left, mut right] = a.map(|channel| channel[block.clone()].to_vec());
        path.process(&mut [&mut left, &mut right], &b.map(|channel| &channel[block.clone()]), &info, &mut ear, &mut ());
        start = block.end;
    }
    *listener.listening()
}
