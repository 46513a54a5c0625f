//! The plugin as hosts drive it: activation, blocks, and nothing in between.

use std::{
    marker::PhantomData,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use nice_plug::{
    context::process::Transport as HostTransport,
    midi::{Channel, Key, VoiceID},
    prelude::*,
};
use songweave_dsp::{
    band::{INSTRUMENTS, held_keys::KeyEvent, schedule::NoteEvent as BandEvent, sink::BandSink},
    exchange::{
        frame::Transport,
        link::{AudioEnd, NeverWait, link},
        sound::sound,
        telemetry::columns,
    },
    stream::{
        layout::{CHANNELS, StreamLayout},
        output::Blend,
        path::{AudioPath, BlockInfo},
    },
    tune::TuneNote,
};
use songweave_engine::{
    band::arrange::LONGEST_PLAYING_ON,
    placement::DeviceUse,
    runtime::{clock::WallClock, thread::Engine},
};

use crate::{
    editor,
    params::SongweaveParams,
    played::{Teller, played},
    ports::Ports,
    shared::{Shared, locked},
    state,
};
use containment::Containment;
use told::Told;

mod containment;
mod told;

/// The plugin, with the buses of `P`.
pub struct Shell<P> {
    params: Arc<SongweaveParams>,
    shared: Arc<Shared>,
    stream: Option<Stream>,
    told: Told,
    /// Whether the activation before ended while notes sounded.
    ends_are_due: bool,
    ports: PhantomData<P>,
}

/// What exists between activation and deactivation.
struct Stream {
    path: AudioPath,
    /// `None` when the inference thread did not start; decisions are then missing and nothing waits for them.
    clock: Option<WallClock>,
    /// Held for its thread.
    _engine: Option<Engine>,
    latency: u32,
    containment: Containment,
    played: Teller,
}

impl<P: Ports> Default for Shell<P> {
    fn default() -> Self {
        let shared = Arc::new(Shared::default());
        Self {
            params: Arc::new(SongweaveParams::new(shared.clone())),
            shared,
            stream: None,
            told: Told::default(),
            ends_are_due: false,
            ports: PhantomData,
        }
    }
}

impl<P> Shell<P> {
    fn start(&self, layout: StreamLayout, ports: &AudioIOLayout, config: &BufferConfig) -> Stream {
        let offline = config.process_mode == ProcessMode::Offline;
        let device = if offline { DeviceUse::Bounced } else { DeviceUse::Played };
        let (engine, end) = self.engine(layout, self.params.mash.wants_gpu().then_some(device));
        let ((sender, receiver), (sound_sender, sound_receiver)) = (columns(), sound(&layout));
        self.shared.begin(&layout, receiver, sound_receiver);
        let (teller, notes) = played(layout.latency() as u32, layout.sample_rate);
        *locked(&self.shared.played) = Some(notes);
        let telemetry = &self.shared.telemetry;
        let mono_input = ports.main_input_channels == NonZeroU32::new(1);
        let path = AudioPath::new(layout, mono_input, end, telemetry.clone(), sender)
            .with_frozen(self.shared.frozen.clone())
            .with_sound(sound_sender);
        // What is bounced is what plays, not what the user listens to for a moment.
        let path = if offline { path } else { path.with_audition(self.shared.audition.clone()) };
        Stream {
            path: if ports.aux_output_ports.is_empty() { path } else { path.with_parts() },
            clock: engine.as_ref().and_then(|engine| engine.clock(offline)),
            _engine: engine,
            latency: layout.latency() as u32,
            containment: Containment::new(layout.latency(), config.max_buffer_size as usize, telemetry.clone()),
            played: teller,
        }
    }

    /// The inference thread, or a link that leads nowhere and a sentence why.
    fn engine(&self, layout: StreamLayout, device: Option<DeviceUse>) -> (Option<Engine>, AudioEnd) {
        let status = &self.shared.status;
        if let Some(slot) = &self.shared.slot {
            match Engine::start(layout, slot.clone(), status.clone(), self.shared.take.clone(), device) {
                Ok((engine, end)) => return (Some(engine), end),
                Err(error) => status.set_fault(Some(error.to_string())),
            }
        }
        (None, link().0)
    }
}

impl<P: Ports> Plugin for Shell<P> {
    const NAME: &'static str = P::NAME;
    const VENDOR: &'static str = "Songweave";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = P::LAYOUTS;
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::Basic;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;
    /// Every key of every channel begins and ends in one block; VST3 has room for its automation beside it.
    const INPUT_EVENT_CAPACITY: usize = 2 * 16 * 128;

    type Editor = editor::SongweaveEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        editor::create(P::NAME, self.params.clone(), self.shared.clone())
    }

    fn filter_state(state: &mut PluginState) {
        state::prepare(state, &SongweaveParams::new(Arc::new(Shared::without_network())));
    }

    fn activate(
        &mut self,
        ports: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let layout = self.params.layout(&self.shared, config.sample_rate);
        context.set_latency_samples(layout.latency() as u32);
        // The thread of an activation that was never ended goes before the next one starts.
        self.ends_are_due = true;
        self.stream = None;
        self.stream = Some(self.start(layout, ports, config));
        true
    }

    fn reset(&mut self) {
        if let Some(stream) = &mut self.stream {
            let (path, controls) = (&mut stream.path, self.params.controls());
            stream.containment.restart(|| path.reset(&controls));
            if let Some(clock) = &mut stream.clock {
                clock.reset();
            }
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        for output in aux.outputs.iter_mut().flat_map(Buffer::as_slice) {
            output.fill(0.0);
        }
        let Some(stream) = &mut self.stream else { return ProcessStatus::Normal };
        let Stream { path, clock, containment, latency, played, .. } = stream;
        let told = &mut self.told;
        if std::mem::take(&mut self.ends_are_due) {
            end_notes(told, 0, context);
        }
        let info = block_info(&self.params, context.transport());
        played.begin(&info);
        let teller = self.shared.telemetry.watched.load(Relaxed).then_some(&mut *played);
        let ends_well = containment.run(buffer.as_slice(), |main| {
            while let Some(event) = context.next_event() {
                if let Some((timing, event)) = key_event(&event) {
                    path.hear_keys(timing as usize, event);
                }
            }
            let side = aux.inputs.first().map_or(&[][..], Buffer::as_slice_immutable);
            let frames = main.first().map_or(0, |channel| channel.len());
            let tell = |event| _ = context.try_send_event(event);
            let mut sink = Sink { tell, told, teller, outputs: aux.outputs };
            match clock {
                Some(clock) => {
                    clock.begin_block(frames);
                    path.process(main, side, &info, clock, &mut sink);
                }
                None => path.process(main, side, &info, &mut NeverWait, &mut sink),
            }
        });
        played.end(buffer.samples());
        if !ends_well {
            end_band(told, buffer.samples(), aux, context);
        }
        self.params.show_missed(self.shared.telemetry.missed.load(Relaxed));
        ProcessStatus::Tail(latency.saturating_add(band_tail(&info, path.layout().sample_rate)))
    }

    fn deactivate(&mut self) {
        // Formats have no way to tell the host of notes from here; the next block does.
        self.ends_are_due = true;
        self.stream = None;
        self.shared.end();
    }
}

impl<P: Ports> ClapPlugin for Shell<P> {
    const CLAP_ID: &'static str = P::CLAP_ID;
    const CLAP_DESCRIPTION: Option<&'static str> = Some(P::DESCRIPTION);
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::AudioEffect, ClapFeature::MultiEffects, ClapFeature::Stereo, ClapFeature::Mono];
}

impl<P: Ports> Vst3Plugin for Shell<P> {
    const VST3_CLASS_ID: [u8; 16] = P::VST3_CLASS_ID;
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] = &[Vst3SubCategory::Fx, Vst3SubCategory::Tools];
    const VST3_MIDI_CONTROLLERS: &'static [u8] = &KeyEvent::CONTROLLERS;
}

/// After a panic of the path: takes no events, is silent on the instruments' outputs, and ends the notes that the host still
/// hears, at the block's last sample.
fn end_band<P: Ports>(
    told: &mut Told,
    frames: usize,
    aux: &mut AuxiliaryBuffers,
    context: &mut impl ProcessContext<Shell<P>>,
) {
    while context.next_event().is_some() {}
    for output in aux.outputs.iter_mut().flat_map(Buffer::as_slice) {
        output.fill(0.0);
    }
    end_notes(told, frames.saturating_sub(1), context);
}

/// Ends the notes that the host still hears, at a sample of the block.
fn end_notes<P: Ports>(told: &mut Told, sample: usize, context: &mut impl ProcessContext<Shell<P>>) {
    while let Some((channel, key)) = told.take() {
        _ = context.try_send_event(midi(sample, channel, key, 0));
    }
}

/// What an event of the host's does to the MIDI keys, and at which sample. A wildcard means all keys or channels; it can only
/// let go.
fn key_event(event: &NoteEvent<()>) -> Option<(u32, KeyEvent)> {
    let off = |channel: &Channel, key: &Key| KeyEvent::Off { channel: number(channel), key: key_number(key) };
    Some(match event {
        NoteEvent::NoteOn { timing, channel, key, velocity, .. } if *velocity > 0.0 => {
            (*timing, KeyEvent::On { channel: number(channel).unwrap_or(0), key: key_number(key)? })
        }
        NoteEvent::NoteOn { timing, channel, key, .. } | NoteEvent::NoteOff { timing, channel, key, .. } => {
            (*timing, off(channel, key))
        }
        NoteEvent::Choke { timing, channel, key, .. } => {
            (*timing, KeyEvent::Choke { channel: number(channel), key: key_number(key) })
        }
        NoteEvent::MidiCC { timing, channel, cc, value } => (*timing, KeyEvent::of_controller(*channel, *cc, *value)?),
        _ => return None,
    })
}

const fn number(channel: &Channel) -> Option<u8> {
    match channel {
        Channel::Number(channel) => Some(*channel),
        Channel::Wildcard => None,
    }
}

const fn key_number(key: &Key) -> Option<u8> {
    match key {
        Key::Number(key) => Some(*key),
        Key::Wildcard => None,
    }
}

/// Hands to the host what is beside the main output: notes through `tell`, instruments and parts on their own outputs where
/// there are any.
struct Sink<'a, 'b, F> {
    tell: F,
    told: &'a mut Told,
    /// Whoever tells the editor, while somebody watches.
    teller: Option<&'a mut Teller>,
    outputs: &'a mut [Buffer<'b>],
}

impl<F: FnMut(NoteEvent<()>)> BandSink for Sink<'_, '_, F> {
    fn note(&mut self, sample: usize, event: BandEvent) {
        let channel = event.instrument.channel();
        self.told.note(channel, event.key, event.velocity);
        if let Some(teller) = &mut self.teller {
            teller.tell(sample, channel, event.key, event.velocity);
        }
        (self.tell)(midi(sample, channel, event.key, event.velocity));
    }

    fn sung(&mut self, sample: usize, note: TuneNote) {
        self.told.note(note.line.channel(), note.key, note.velocity);
        (self.tell)(midi(sample, note.line.channel(), note.key, note.velocity));
    }

    fn beside(&mut self, sample: usize, heard: &[[f32; CHANNELS]; INSTRUMENTS]) {
        for (output, heard) in self.outputs.iter_mut().zip(heard) {
            for (channel, heard) in output.as_slice().iter_mut().zip(heard) {
                if let Some(place) = channel.get_mut(sample) {
                    *place = *heard;
                }
            }
        }
    }
}

/// The beginning of a note, or with velocity 0 its end.
fn midi(sample: usize, channel: u8, key: u8, velocity: u8) -> NoteEvent<()> {
    let (timing, voice_id) = (sample as u32, VoiceID::Wildcard);
    let (channel, key, strength) = (Channel::Number(channel), Key::Number(key), f32::from(velocity) / 127.0);
    if velocity > 0 {
        NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: strength }
    } else {
        NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: strength }
    }
}

fn block_info(params: &SongweaveParams, host: &HostTransport) -> BlockInfo {
    let signature = host.time_sig_numerator.zip(host.time_sig_denominator);
    BlockInfo {
        controls: params.controls(),
        transport: Transport {
            playing: host.playing,
            tempo: host.tempo,
            beats: host.pos_beats(),
            time_signature: signature.and_then(|(beats, unit)| Some((beats.try_into().ok()?, unit.try_into().ok()?))),
            bar_start: host.bar_start_pos_beats(),
        },
        // Not what nice-plug makes of beats and tempo, which jumps wherever the tempo changes.
        position_samples: if host.pos_samples.is_some() || host.pos_seconds.is_some() {
            host.pos_samples()
        } else {
            None
        },
    }
}

/// Samples for which the band may play on when the voice falls silent, its last note's release included.
fn band_tail(info: &BlockInfo, sample_rate: f32) -> u32 {
    let transport = &info.transport;
    if !Blend::lets_the_band_play(&info.controls) || transport.stands() {
        return 0;
    }
    let (beats, unit) = transport.time_signature.unwrap_or((4, 4));
    let quarters = f64::from(beats) * 4.0 / f64::from(unit.max(1));
    let tempo = transport.tempo.unwrap_or(info.controls.band.tempo.into()).max(1.0);
    let bars = f64::from(LONGEST_PLAYING_ON) + 1.0;
    (bars * quarters * 60.0 / tempo * f64::from(sample_rate)) as u32
}

#[cfg(test)]
mod tests;
