//! The audio thread's side of a VST3 plugin.

use super::check;
use super::lists::{Changes, Notes};
use crate::{Block, HostError, Transport};
use vst3::Steinberg::Vst::ProcessContext_::StatesAndFlags_::{
    kBarPositionValid, kCycleActive, kCycleValid, kPlaying, kProjectTimeMusicValid, kTempoValid, kTimeSigValid,
};
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentTrait,
    IEventList, IParameterChanges, MediaTypes_, ProcessContext, ProcessData, ProcessModes_, ProcessSetup, SpeakerArr,
    SymbolicSampleSizes_,
};
use vst3::Steinberg::kResultFalse;
use vst3::{ComPtr, ComWrapper};

/// How a host wants a VST3 plugin to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Vst3Setup {
    /// In Hz.
    pub sample_rate: f64,
    /// Longest block, in frames.
    pub max_block: u32,
    /// Bounce instead of playback.
    pub offline: bool,
    /// The main buses mono instead of stereo.
    pub mono: bool,
    /// Input buses (not 0, the main one) that the host leaves switched off.
    pub inactive_inputs: Vec<usize>,
    /// Output buses (not 0, the main one) that the host leaves switched off.
    pub inactive_outputs: Vec<usize>,
}

impl Default for Vst3Setup {
    fn default() -> Self {
        Self {
            sample_rate: 48_000.0,
            max_block: 512,
            offline: false,
            mono: false,
            inactive_inputs: Vec::new(),
            inactive_outputs: Vec::new(),
        }
    }
}

/// An active VST3 plugin's audio processor; dropping it stops and deactivates the plugin.
pub struct Vst3Processor {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    setup: Vst3Setup,
    pointers: Vec<*mut f32>,
    buses: Vec<AudioBusBuffers>,
}

// SAFETY: the standard lets a host process on a thread other than the main one; the raw pointers are scratch that is
// written anew in every call.
unsafe impl Send for Vst3Processor {}

impl Vst3Processor {
    pub(super) fn activate(
        component: &ComPtr<IComponent>,
        processor: &ComPtr<IAudioProcessor>,
        setup: &Vst3Setup,
        inputs: usize,
        outputs: usize,
    ) -> Result<Self, HostError> {
        let (mut ins, mut outs) = (vec![SpeakerArr::kStereo; inputs], vec![SpeakerArr::kStereo; outputs]);
        if setup.mono {
            ins.iter_mut().take(1).chain(outs.iter_mut().take(1)).for_each(|main| *main = SpeakerArr::kMono);
        }
        let mut process = ProcessSetup {
            processMode: mode(setup.offline),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: setup.max_block as i32,
            sampleRate: setup.sample_rate,
        };
        let refused = |call, result| check(call, result);
        // SAFETY: the calls and their order are the standard's; all pointers outlive them.
        unsafe {
            let (ins_pointer, outs_pointer) = (ins.as_mut_ptr(), outs.as_mut_ptr());
            let arranged = processor.setBusArrangements(ins_pointer, inputs as i32, outs_pointer, outputs as i32);
            refused("the bus layout", arranged)?;
            refused("the processing setup", processor.setupProcessing(&mut process))?;
            switch_buses(component, true, inputs, &setup.inactive_inputs)?;
            switch_buses(component, false, outputs, &setup.inactive_outputs)?;
            refused("to activate", component.setActive(1))?;
            processor.setProcessing(1);
        }
        let (component, processor) = (component.clone(), processor.clone());
        Ok(Self { component, processor, setup: setup.clone(), pointers: Vec::new(), buses: Vec::new() })
    }

    /// Processes one block. Switched-off buses are handed over without buffers, as hosts do.
    ///
    /// # Errors
    /// When the plugin reports a failure.
    ///
    /// # Panics
    /// When a buffer of the block is shorter than its `frames`.
    pub fn process(&mut self, block: &mut Block) -> Result<(), HostError> {
        self.process_around(block, |call| call())
    }

    /// The same, with `around` called in place of the plugin and handed the call of the plugin, to measure that alone.
    ///
    /// # Errors
    /// When the plugin reports a failure.
    ///
    /// # Panics
    /// When a buffer of the block is shorter than its `frames`.
    pub fn process_around(
        &mut self,
        block: &mut Block,
        around: impl FnOnce(&mut dyn FnMut()),
    ) -> Result<(), HostError> {
        let (changes, notes) = (ComWrapper::new(Changes::new(block.events)), ComWrapper::new(Notes::new(block.events)));
        let (changes_out, notes_out) = (ComWrapper::new(Changes::default()), ComWrapper::new(Notes::default()));
        let mut context = block.transport.map(|transport| context(&transport, self.setup.sample_rate));
        self.gather(block);
        let inputs = block.inputs.len();
        let mut data = ProcessData {
            processMode: mode(self.setup.offline),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: block.frames as i32,
            numInputs: inputs as i32,
            numOutputs: block.outputs.len() as i32,
            inputs: self.buses.as_mut_ptr(),
            outputs: self.buses[inputs..].as_mut_ptr(),
            inputParameterChanges: list::<_, IParameterChanges>(&changes),
            outputParameterChanges: list::<_, IParameterChanges>(&changes_out),
            inputEvents: list::<_, IEventList>(&notes),
            outputEvents: list::<_, IEventList>(&notes_out),
            processContext: context.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut),
        };
        let mut result = kResultFalse;
        // SAFETY: everything `data` points to outlives the call.
        around(&mut || result = unsafe { self.processor.process(&mut data) });
        check("to process a block", result)?;
        changes_out.read(block.events_out);
        notes_out.read(block.events_out);
        Ok(())
    }

    /// Samples that sound on after the input fell silent; `None`: for ever.
    pub fn tail(&self) -> Option<u64> {
        // SAFETY: plain call of a live component.
        let tail = unsafe { self.processor.getTailSamples() };
        (tail != u32::MAX).then_some(u64::from(tail))
    }

    /// Stops and starts processing, upon which a plugin forgets all it heard.
    pub fn reset(&mut self) {
        // SAFETY: plain calls of a live component.
        unsafe {
            self.processor.setProcessing(0);
            self.processor.setProcessing(1);
        }
    }

    /// Writes all channel pointers, then the bus descriptions that point into them.
    fn gather(&mut self, block: &mut Block) {
        self.pointers.clear();
        self.buses.clear();
        let frames = block.frames;
        let (inactive_inputs, inactive_outputs) = (&self.setup.inactive_inputs, &self.setup.inactive_outputs);
        let inputs = block.inputs.iter_mut().enumerate().map(|(index, bus)| (bus, inactive_inputs.contains(&index)));
        let outputs = block.outputs.iter_mut().enumerate().map(|(index, bus)| (bus, inactive_outputs.contains(&index)));
        let mut channels: Vec<usize> = Vec::new();
        for (bus, inactive) in inputs.chain(outputs) {
            let bus: &mut [Vec<f32>] = if inactive { &mut [] } else { bus };
            channels.push(bus.len());
            self.pointers.extend(bus.iter_mut().map(|channel| channel[..frames].as_mut_ptr()));
        }
        let mut first = 0;
        for count in channels {
            let pointer = if count == 0 { std::ptr::null_mut() } else { self.pointers[first..].as_mut_ptr() };
            first += count;
            self.buses.push(AudioBusBuffers {
                numChannels: count as i32,
                silenceFlags: 0,
                __field0: AudioBusBuffers__type0 { channelBuffers32: pointer },
            });
        }
    }
}

impl Drop for Vst3Processor {
    fn drop(&mut self) {
        // SAFETY: plain calls of a live component, in the order the standard asks for.
        unsafe {
            self.processor.setProcessing(0);
            self.component.setActive(0);
        }
    }
}

unsafe fn switch_buses(
    component: &ComPtr<IComponent>,
    input: bool,
    count: usize,
    inactive: &[usize],
) -> Result<(), HostError> {
    let direction = super::direction(input);
    for index in 0..count {
        let active = u8::from(!inactive.contains(&index));
        // SAFETY: plain call of a live component.
        let result = unsafe { component.activateBus(MediaTypes_::kAudio as i32, direction, index as i32, active) };
        check("to switch a bus", result)?;
    }
    // SAFETY: as above; a plugin without note buses answers with an error that means nothing here.
    unsafe { component.activateBus(MediaTypes_::kEvent as i32, direction, 0, 1) };
    Ok(())
}

fn mode(offline: bool) -> i32 {
    if offline { ProcessModes_::kOffline as i32 } else { ProcessModes_::kRealtime as i32 }
}

fn list<C: vst3::Class, I: vst3::Interface>(object: &ComWrapper<C>) -> *mut I {
    object.as_com_ref::<I>().map_or(std::ptr::null_mut(), |list| list.as_ptr())
}

/// The play head in VST3's units.
#[allow(clippy::unnecessary_cast)] // the flags' type is another one on every system
fn context(transport: &Transport, sample_rate: f64) -> ProcessContext {
    // SAFETY: a C struct for which zeros are valid.
    let mut context: ProcessContext = unsafe { std::mem::zeroed() };
    let [valid, playing, cycle] = [
        kTempoValid | kTimeSigValid | kProjectTimeMusicValid | kBarPositionValid,
        kPlaying,
        kCycleActive | kCycleValid,
    ]
    .map(|flags| flags as u32);
    context.state = valid;
    if transport.playing {
        context.state |= playing;
    }
    if let Some((from, to)) = transport.loop_range {
        context.state |= cycle;
        context.cycleStartMusic = transport.quarters(from, sample_rate);
        context.cycleEndMusic = transport.quarters(to, sample_rate);
    }
    let quarters = transport.quarters_now(sample_rate);
    context.sampleRate = sample_rate;
    context.projectTimeSamples = transport.position as i64;
    context.continousTimeSamples = transport.position as i64;
    context.projectTimeMusic = quarters;
    context.barPositionMusic = transport.bar_start_now(sample_rate);
    context.tempo = transport.tempo;
    context.timeSigNumerator = transport.time_signature.0.into();
    context.timeSigDenominator = transport.time_signature.1.into();
    context
}
