#![allow(clippy::unwrap_used)]
use nice_plug::{
    context::{PluginApi, process::SendEventError},
    params::InternalParamMut,
};

use songweave_dsp::exchange::audition::Region;

use super::*;
use crate::{editor::sentences, ports::Stereo};

const BLOCK: usize = 512;

/// A host at 120 BPM that writes down the notes it is told, and panics once, at the first one after a position in samples.
struct Host {
    transport: HostTransport,
    told: Vec<NoteEvent<()>>,
    panics_after: Option<i64>,
}

impl ActivateContext<Shell<Stereo>> for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    fn execute(&self, (): ()) {}

    fn set_latency_samples(&self, _: u32) {}

    fn set_current_voice_capacity(&self, _: u32) {}
}

impl ProcessContext<Shell<Stereo>> for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    fn execute_background(&self, (): ()) {}

    fn execute_gui(&self, (): ()) {}

    fn transport(&self) -> &HostTransport {
        &self.transport
    }

    fn next_event(&mut self) -> Option<NoteEvent<()>> {
        None
    }

    fn try_send_event(&mut self, event: NoteEvent<()>) -> Result<(), (NoteEvent<()>, SendEventError)> {
        self.told.push(event);
        if self.panics_after.is_some_and(|after| self.transport.pos_samples > Some(after)) {
            self.panics_after = None;
            panic!("a planted panic in the middle of a block");
        }
        Ok(())
    }

    fn set_latency_samples(&self, _: u32) {}

    fn request_restart(&self) {}

    fn set_current_voice_capacity(&self, _: u32) {}
}

impl Host {
    /// Starts the plugin in Accompany with a held chord, so that the band plays at once.
    fn start(&mut self) -> Shell<Stereo> {
        let shell = Shell::<Stereo>::default();
        // SAFETY: nothing else uses the parameters yet.
        unsafe {
            shell.params.mode._internal_set_plain_value(1);
            shell.params.band.chord_root._internal_set_plain_value(1);
        }
        self.activate(shell, ProcessMode::Offline)
    }

    fn activate(&mut self, mut shell: Shell<Stereo>, process_mode: ProcessMode) -> Shell<Stereo> {
        let config =
            BufferConfig { sample_rate: 48_000.0, min_buffer_size: None, max_buffer_size: BLOCK as u32, process_mode };
        assert!(shell.activate(&Stereo::LAYOUTS[0], &config, self));
        shell.reset();
        shell
    }

    /// Plays the next block of a ramp that never repeats, and returns input and output of the left channel.
    fn play(&mut self, shell: &mut Shell<Stereo>, block: usize) -> (Vec<f32>, Vec<f32>) {
        let position = block * BLOCK;
        self.transport.playing = true;
        self.transport.tempo = Some(120.0);
        self.transport.pos_samples = Some(position as i64);
        self.transport.pos_beats = Some(position as f64 / 24_000.0);
        let input: Vec<f32> = (position..position + BLOCK).map(|n| (n + 1) as f32 * 1e-6).collect();
        let (mut left, mut right) = (input.clone(), input.clone());
        let mut buffer = Buffer::default();
        // SAFETY: both slices outlive the buffer and are equally long.
        unsafe { buffer.set_slices(BLOCK, |slices| *slices = vec![&mut left, &mut right]) };
        let mut aux = AuxiliaryBuffers { inputs: &mut [], outputs: &mut [] };
        shell.process(&mut buffer, &mut aux, self);
        (input, left)
    }

    /// Notes that were told and have not ended.
    fn sounding(&self) -> usize {
        let mut sounding = std::collections::HashSet::new();
        for event in &self.told {
            match event {
                NoteEvent::NoteOn { channel, key, .. } => _ = sounding.insert((*channel, *key)),
                NoteEvent::NoteOff { channel, key, .. } => _ = sounding.remove(&(*channel, *key)),
                _ => {}
            }
        }
        sounding.len()
    }
}

#[test]
fn a_panic_of_the_audio_path_leaves_the_delayed_input_until_the_stream_begins_anew() {
    let mut host = Host { transport: HostTransport::new(48_000.0), told: vec![], panics_after: Some(24_000) };
    let mut shell = host.start();
    let latency = shell.stream.as_ref().unwrap().latency as usize;
    let telemetry = shell.shared.telemetry.clone();
    let (mut input, mut output, mut failed) = (vec![], vec![], None);
    for block in 0..200 {
        let (heard, played) = host.play(&mut shell, block);
        input.extend(heard);
        output.extend(played);
        if telemetry.panics.load(Relaxed) > 0 && failed.is_none() {
            failed = Some(block * BLOCK);
            assert_eq!(host.sounding(), 0, "the host is left with notes");
        }
    }
    let failed = failed.unwrap();
    assert!(failed > latency, "the panic comes before there is anything to hear");
    assert!(output[failed..] == input[failed - latency..input.len() - latency], "not the delayed input");
    assert_eq!((telemetry.panics.load(Relaxed), host.sounding()), (1, 0));
    assert!(sentences::warnings(&shell.shared)[0].contains("this track passes unchanged"));
    let before = host.told.len();
    shell.reset();
    (0..200).for_each(|block| _ = host.play(&mut shell, block));
    assert!(host.told.len() > before, "the band plays again");
    assert_eq!(telemetry.panics.load(Relaxed), 1);
    assert!(sentences::warnings(&shell.shared)[0].contains("goes on again"));
}

#[test]
fn what_is_listened_to_for_a_moment_is_heard_by_who_plays_and_by_no_bounce() {
    let region = Region { low: 30, high: 40, part: None };
    for (process_mode, hears) in [(ProcessMode::Realtime, true), (ProcessMode::Offline, false)] {
        let mut host = Host { transport: HostTransport::new(48_000.0), told: vec![], panics_after: None };
        let mut shell = host.activate(Shell::default(), process_mode);
        let audition = shell.shared.audition.clone();
        let held = || std::iter::from_fn(|| audition.next()).count();
        audition.hold(Some(region));
        let whole = held();
        audition.hold(Some(region));
        (0..20).for_each(|block| _ = host.play(&mut shell, block));
        assert_eq!(held() < whole, hears, "{process_mode:?}");
    }
}
