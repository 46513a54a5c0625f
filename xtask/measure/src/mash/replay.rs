//! The plugin's path with its network's decisions kept: heard once, played with as many fader settings as are wanted.

use std::sync::Arc;

use songweave_dsp::{
    band::instruments::ToneFrame,
    exchange::{
        controls::Controls,
        decision::{Decided, Decision, MashDecision},
        frame::AnalysisFrame,
        link::{AudioEnd, HopSamples, WaitPolicy, link, link_for},
        telemetry::{Telemetry, columns},
    },
    stream::{
        layout::{CHANNELS, StreamLayout},
        path::{AudioPath, BlockInfo},
    },
};
use songweave_engine::{
    band::Band,
    mash::studio::{Decider, DelayedDecisions, Studio},
    runtime::{
        inference::{Decide, Inline},
        pipeline::Pipeline,
    },
};
use songweave_models::mash::MashNetwork;

use songweave_synth::song::Stereo;

/// What the network decided about two songs, hop by hop from the stream's first, independent of the faders.
pub struct Replay {
    layout: StreamLayout,
    decisions: Vec<MashDecision>,
}

impl Replay {
    /// Plays both songs `[channel][sample]` once through the plugin's path and keeps the decisions.
    ///
    /// # Errors
    /// The network fails, with its reason.
    pub fn record(layout: StreamLayout, network: MashNetwork, songs: [[&[f32]; CHANNELS]; 2]) -> Result<Self, String> {
        Self::record_with(layout, network, None, songs)
    }

    /// The same in Studio quality.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub fn record_studio(
        layout: StreamLayout,
        network: MashNetwork,
        studio: Decider,
        songs: [[&[f32]; CHANNELS]; 2],
    ) -> Result<Self, String> {
        let layout = layout.with_mask_delay(Studio::lag(&layout));
        let studio = Studio::new(studio, &layout).map_err(|error| error.to_string())?;
        let delayed = DelayedDecisions::new(studio, layout.mask_delay);
        Self::record_with(layout, network, Some(delayed), songs)
    }

    fn record_with(
        layout: StreamLayout,
        network: MashNetwork,
        studio: Option<DelayedDecisions>,
        songs: [[&[f32]; CHANNELS]; 2],
    ) -> Result<Self, String> {
        let band = Band::embedded().map_err(|error| error.to_string())?;
        let (audio, end) = link_for(&layout);
        let pipeline = Pipeline::new(network, band).with_studio(studio);
        let recorder = Recorder { pipeline, decisions: Vec::new(), fault: None };
        let mut inline = Inline::new(end, recorder);
        play(layout, audio, songs, &Controls::default(), &mut inline);
        let recorder = inline.into_networks();
        match recorder.fault {
            Some(fault) => Err(fault),
            None => Ok(Self { layout, decisions: recorder.decisions }),
        }
    }

    /// What the plugin plays of the songs that were recorded: latency removed, as long as A.
    #[must_use]
    pub fn render(&self, songs: [[&[f32]; CHANNELS]; 2], controls: &Controls) -> Stereo {
        let (audio, end) = link();
        let known = |frame: &AnalysisFrame| {
            let decision = self.decisions.get(frame.position.hop as usize).unwrap_or(&MashDecision::UNDECIDED);
            Some(Decision { position: frame.position, decided: Decided::Mash(*decision) })
        };
        play(self.layout, audio, songs, controls, &mut Inline::new(end, known))
    }

    /// The decision about the frame whose window begins at sample `frame * hop`.
    #[must_use]
    pub fn decision(&self, frame: usize) -> &MashDecision {
        // The stream's first window holds one hop of sound at its end.
        let before = self.layout.window / self.layout.hop - 1 + self.layout.mask_delay;
        self.decisions.get(frame + before).unwrap_or(&MashDecision::UNDECIDED)
    }
}

impl Replay {
    /// Moments in seconds at which some part comes to be led by the other song: what `auto` would do in a host without
    /// transport.
    #[must_use]
    pub fn lead_changes(&self) -> Vec<f64> {
        let led_by_b = |decision: &MashDecision| decision.lead.map(|lead| lead > 0.5);
        let hops = self.decisions.windows(2).enumerate().filter(|(_, two)| led_by_b(&two[0]) != led_by_b(&two[1]));
        hops.map(|(hop, _)| hop as f64 * f64::from(self.layout.hop_seconds())).collect()
    }
}

/// Asks the network and writes down what it says.
struct Recorder {
    pipeline: Pipeline,
    decisions: Vec<MashDecision>,
    fault: Option<String>,
}

impl Decide for Recorder {
    fn hear(&mut self, frame: &AnalysisFrame, samples: &HopSamples<'_>) {
        self.pipeline.hear(frame, samples);
    }

    fn decide(&mut self, frame: &AnalysisFrame) -> Option<Decision> {
        let decision = self.pipeline.step(frame).unwrap_or_else(|error| {
            self.fault = Some(error.to_string());
            self.pipeline.hold(frame)
        });
        self.decisions.extend(decision.mash());
        Some(decision)
    }

    fn tones(&self) -> &[ToneFrame] {
        self.pipeline.tones()
    }
}

fn play(
    layout: StreamLayout,
    audio: AudioEnd,
    [a, b]: [[&[f32]; CHANNELS]; 2],
    controls: &Controls,
    policy: &mut impl WaitPolicy,
) -> Stereo {
    let mut path = AudioPath::new(layout, false, audio, Arc::new(Telemetry::default()), columns().0);
    path.reset(controls);
    let (latency, length) = (layout.latency(), a[0].len());
    let info = BlockInfo { controls: *controls, ..BlockInfo::default() };
    let mut out: Stereo = Default::default();
    for start in (0..length + latency).step_by(layout.hop) {
        let end = (start + layout.hop).min(length + latency);
        let mut block = a.map(|channel| cut(channel, start, end));
        let side = b.map(|channel| cut(channel, start, end));
        let [left, right] = &mut block;
        path.process(&mut [left.as_mut_slice(), right.as_mut_slice()], &side, &info, policy, &mut ());
        out.iter_mut().zip(&block).for_each(|(out, block)| out.extend_from_slice(block));
    }
    out.map(|mut channel| channel.split_off(latency))
}

/// Samples `start..end` of a channel, silence beyond its end.
fn cut(channel: &[f32], start: usize, end: usize) -> Vec<f32> {
    let mut cut = channel.get(start..end.min(channel.len())).unwrap_or_default().to_vec();
    cut.resize(end - start, 0.0);
    cut
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::mash::evaluation::RECIPES;
    use songweave_engine::runtime::offline::Offline;
    use songweave_synth::demo_songs::{mixture, song_a, song_b};

    #[test]
    fn every_recipe_sounds_bit_for_bit_as_the_plugins_own_path() {
        let cut = |song| mixture(&song).channels[0][..100_001].to_vec();
        let (a, b) = (cut(song_a()), cut(song_b()));
        let songs = [[a.as_slice(); 2], [b.as_slice(); 2]];
        let layout = StreamLayout::for_sample_rate(44_100.0);
        let network = MashNetwork::embedded().unwrap();
        let replay = Replay::record(layout, network.clone(), songs).unwrap();
        for recipe in &RECIPES {
            let controls = recipe.controls();
            let plugin =
                Offline::new(layout, network.clone()).unwrap().render(songs[0], songs[1], 777, |_| controls).audio;
            assert!(replay.render(songs, &controls) == plugin, "{}", recipe.name);
        }
    }

    #[test]
    fn changes_of_the_lead_are_moments_not_parts() {
        let lead = |lead| MashDecision { lead, ..MashDecision::UNDECIDED };
        let (a, b) = (lead([0.0; 4]), lead([0.0, 1.0, 0.8, 0.4]));
        let layout = StreamLayout { sample_rate: 51_200.0, window: 2_048, hop: 512, look_ahead: 0, mask_delay: 0 };
        let replay = Replay { layout, decisions: vec![a, a, b, b, a] };
        let expected = [0.01, 0.03];
        assert!(replay.lead_changes().iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6));
        assert_eq!(replay.lead_changes().len(), 2);
    }

    #[test]
    fn decisions_belong_to_the_frames_that_they_were_made_about() {
        let mut click = vec![0.0f32; 50_000];
        click[20_480..22_528].iter_mut().enumerate().for_each(|(n, sample)| *sample = (n as f32 * 0.3).sin());
        let silent = vec![0.0f32; 50_000];
        let layout = StreamLayout::for_sample_rate(44_100.0);
        let record = |songs| Replay::record(layout, MashNetwork::embedded().unwrap(), songs).unwrap();
        let (with, without) = (record([[&click; 2], [&silent; 2]]), record([[&silent; 2], [&silent; 2]]));
        let first = (0..80).find(|&frame| with.decision(frame).shares != without.decision(frame).shares);
        // 20,480 lies one hop before the end of the window that begins at 20,480 - 3 * 512.
        assert_eq!(first, Some(20_480 / 512 - 3));
    }
}
