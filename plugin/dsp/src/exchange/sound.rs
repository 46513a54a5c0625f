//! The sound of both songs on its way to whoever listens to it beside the music: the editor's Listen page.
//!
//! It is no frame of the inference thread's and nothing comes back, so what is heard stays the same whether somebody
//! listens or not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use ringbuf::{
    HeapCons, HeapProd,
    traits::{Consumer, Observer, Producer},
};

use crate::{
    exchange::link::HopSamples,
    stream::{
        layout::{CHANNELS, SONGS, StreamLayout},
        ring::touched,
    },
};

/// Seconds of sound that may wait for the listener.
const SECONDS: f32 = 0.5;

/// The audio thread's end.
pub struct SoundSender {
    ring: HeapProd<f32>,
    wanted: Arc<AtomicBool>,
}

/// The listener's end.
pub struct SoundReceiver {
    ring: HeapCons<f32>,
    wanted: Arc<AtomicBool>,
    /// The hop that was taken last, `[song][channel][sample]`.
    newest: Vec<f32>,
}

/// The ring for the sound of a stream.
///
/// # Allocates
#[must_use]
pub fn sound(layout: &StreamLayout) -> (SoundSender, SoundReceiver) {
    let hop = SONGS * CHANNELS * layout.hop;
    let hops = (SECONDS / layout.hop_seconds()).ceil() as usize;
    let (sender, receiver) = touched(hops * hop, 0.0);
    let wanted = Arc::new(AtomicBool::new(false));
    (
        SoundSender { ring: sender, wanted: wanted.clone() },
        SoundReceiver { ring: receiver, wanted, newest: vec![0.0; hop] },
    )
}

impl SoundSender {
    /// Sends the newest hop of both songs, if somebody listens; it is lost when nobody has taken any for half a second.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn send(&mut self, samples: &HopSamples<'_>) {
        let samples = samples.as_flattened();
        let count: usize = samples.iter().map(|samples| samples.len()).sum();
        // A hop goes as a whole or not at all, so that songs and channels stay told apart.
        if self.wanted.load(Relaxed) && self.ring.vacant_len() >= count {
            samples.iter().for_each(|samples| _ = self.ring.push_slice(samples));
        }
    }
}

impl SoundReceiver {
    /// Says whether sound is wanted; at first it is not.
    pub fn want(&self, wanted: bool) {
        self.wanted.store(wanted, Relaxed);
    }

    /// The next hop of both songs, `[song][channel][sample]`.
    pub fn next_hop(&mut self) -> Option<HopSamples<'_>> {
        if self.ring.occupied_len() < self.newest.len() {
            return None;
        }
        self.ring.pop_slice(&mut self.newest);
        let hop = self.newest.len() / (SONGS * CHANNELS);
        let of = |index: usize| &self.newest[index * hop..(index + 1) * hop];
        Some(std::array::from_fn(|song| std::array::from_fn(|channel| of(song * CHANNELS + channel))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_comes_when_it_is_wanted_and_hops_stay_whole_when_nobody_takes_them() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let (mut sender, mut receiver) = sound(&layout);
        let hop: Vec<f32> = (0..layout.hop).map(|n| n as f32).collect();
        let other: Vec<f32> = hop.iter().map(|sample| -sample).collect();
        sender.send(&[[&hop, &hop], [&other, &other]]);
        assert!(receiver.next_hop().is_none(), "nobody wanted it");
        receiver.want(true);
        (0..1_000).for_each(|_| sender.send(&[[&hop, &hop], [&other, &other]]));
        let mut hops = 0;
        while let Some(songs) = receiver.next_hop() {
            assert_eq!(songs, [[&hop[..], &hop[..]], [&other[..], &other[..]]]);
            hops += 1;
        }
        assert!((40..60).contains(&hops), "half a second, not {hops} hops");
    }
}
