//! A VST3 host: the plugin's main thread here, its audio thread in [`Vst3Processor`].

mod editor;
mod host_objects;
mod lists;
mod module;
mod processor;
mod stream;

use crate::{Bus, HostError, ParameterInfo, silent_bus};
use host_objects::{ComponentHandler, HostApplication, from_utf16};
use module::Module;
use std::ffi::c_void;
use std::path::Path;
use std::sync::Arc;
use stream::MemoryStream;
use vst3::Steinberg::Vst::{
    BusDirection, BusDirections_, BusInfo, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentHandler,
    IComponentTrait, IEditController, IEditControllerTrait, IHostApplication, IMidiMapping, IMidiMappingTrait,
    MediaTypes_, ParameterInfo_,
};
use vst3::Steinberg::{FUnknown, IBStream, IPluginBaseTrait, kResultOk, tresult};
use vst3::{ComPtr, ComWrapper};

pub use editor::Vst3Editor;
pub use module::Vst3Class;
pub use processor::{Vst3Processor, Vst3Setup};

/// A VST3 plugin instance whose component is its controller too, to be kept on the thread that made it.
pub struct Vst3Plugin {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    controller: ComPtr<IEditController>,
    handler: ComWrapper<ComponentHandler>,
    _module: Arc<Module>,
}

impl Vst3Plugin {
    /// Loads the bundle at `path` and makes an instance of its plugin called `name`.
    ///
    /// # Errors
    /// When the bundle cannot be opened, has no such plugin, or the plugin fails to start.
    pub fn load(path: &Path, name: &str) -> Result<Self, HostError> {
        Self::of_module(Module::open(path)?, path, name)
    }

    /// Makes an instance of the plugin called `name` of a factory that is linked into this process.
    ///
    /// # Errors
    /// When the factory has no such plugin, or the plugin fails to start.
    ///
    /// # Safety
    /// `factory` must return a VST3 factory that keeps to the standard, and a reference to it.
    pub unsafe fn in_process(factory: extern "system" fn() -> *mut c_void, name: &str) -> Result<Self, HostError> {
        // SAFETY: promised by the caller.
        let module = unsafe { Module::linked(factory) }?;
        Self::of_module(Arc::new(module), Path::new("/in-process.vst3"), name)
    }

    fn of_module(module: Arc<Module>, path: &Path, name: &str) -> Result<Self, HostError> {
        let component = module.create(path, name)?;
        let application = ComWrapper::new(HostApplication);
        let context = application.to_com_ptr::<IHostApplication>().ok_or(HostError::Missing("host context"))?;
        // SAFETY: the plugin takes its own reference to the context if it keeps it.
        let initialized = unsafe { component.initialize(context.as_ptr().cast::<FUnknown>()) };
        check("to initialize", initialized)?;
        let processor = component.cast::<IAudioProcessor>().ok_or(HostError::Missing("audio processor"))?;
        let controller =
            component.cast::<IEditController>().ok_or(HostError::Missing("controller in its component"))?;
        let handler = ComWrapper::new(ComponentHandler::default());
        let plugin = Self { component, processor, controller, handler, _module: module };
        plugin.connect_handler()?;
        Ok(plugin)
    }

    /// Names of the plugins in the bundle at `path`.
    ///
    /// # Errors
    /// When the bundle cannot be opened.
    pub fn list(path: &Path) -> Result<Vec<String>, HostError> {
        Ok(Module::open(path)?.classes().into_iter().map(|(name, _)| name).collect())
    }

    /// All that the bundle at `path` says of its plugins.
    ///
    /// # Errors
    /// When the bundle cannot be opened, or says no more than names.
    pub fn classes(path: &Path) -> Result<Vec<Vst3Class>, HostError> {
        Module::open(path)?.details()
    }

    fn connect_handler(&self) -> Result<(), HostError> {
        let handler = self.handler.to_com_ptr::<IComponentHandler>().ok_or(HostError::Missing("component handler"))?;
        // SAFETY: the plugin takes its own reference.
        check("the component handler", unsafe { self.controller.setComponentHandler(handler.as_ptr()) })
    }

    /// Times the plugin asked to be restarted, for whatever reason.
    pub fn restart_requests(&self) -> usize {
        self.handler.restarts()
    }

    /// Channels of every audio bus in one direction, main first.
    pub fn buses(&self, input: bool) -> Vec<usize> {
        let direction = direction(input);
        // SAFETY: plain calls of a live component; `info` is a C struct for which zeros are valid.
        unsafe {
            (0..self.component.getBusCount(MediaTypes_::kAudio as i32, direction))
                .map(|index| {
                    let mut info: BusInfo = std::mem::zeroed();
                    self.component.getBusInfo(MediaTypes_::kAudio as i32, direction, index, &mut info);
                    usize::try_from(info.channelCount).unwrap_or(0)
                })
                .collect()
        }
    }

    /// Name of an audio bus.
    pub fn bus_name(&self, input: bool, index: usize) -> String {
        // SAFETY: as in `buses`.
        unsafe {
            let mut info: BusInfo = std::mem::zeroed();
            self.component.getBusInfo(MediaTypes_::kAudio as i32, direction(input), index as i32, &mut info);
            from_utf16(&info.name)
        }
    }

    /// Zeros for every bus in one direction, `frames` long.
    pub fn silence(&self, input: bool, frames: usize) -> Vec<Bus> {
        self.buses(input).into_iter().map(|channels| silent_bus(channels, frames)).collect()
    }

    /// Gets the plugin ready to process: bus layout, active buses, sample rate, mode, activation.
    ///
    /// # Errors
    /// When the plugin refuses one of these.
    pub fn activate(&mut self, setup: &Vst3Setup) -> Result<Vst3Processor, HostError> {
        Vst3Processor::activate(
            &self.component,
            &self.processor,
            setup,
            self.buses(true).len(),
            self.buses(false).len(),
        )
    }

    /// Ends what [`activate`](Self::activate) began.
    pub fn deactivate(&mut self, processor: Vst3Processor) {
        drop(processor);
    }

    /// Delay of the output against the input in samples; valid while active.
    pub fn latency(&self) -> u32 {
        // SAFETY: plain call of a live component.
        unsafe { self.processor.getLatencySamples() }
    }

    /// The plugin's state as it writes it into a project.
    ///
    /// # Errors
    /// When the plugin fails to write it.
    pub fn save_state(&self) -> Result<Vec<u8>, HostError> {
        let stream = ComWrapper::new(MemoryStream::default());
        let pointer = stream.to_com_ptr::<IBStream>().ok_or(HostError::Missing("stream"))?;
        // SAFETY: the stream outlives the call.
        check("to save its state", unsafe { self.component.getState(pointer.as_ptr()) })?;
        Ok(stream.bytes())
    }

    /// Loads a state that [`save_state`](Self::save_state) returned.
    ///
    /// # Errors
    /// When the plugin says that it cannot read it.
    pub fn load_state(&self, bytes: &[u8]) -> Result<(), HostError> {
        let stream = ComWrapper::new(MemoryStream::new(bytes));
        let pointer = stream.to_com_ptr::<IBStream>().ok_or(HostError::Missing("stream"))?;
        // SAFETY: the stream outlives the call.
        check("to load its state", unsafe { self.component.setState(pointer.as_ptr()) })
    }

    /// All parameters in the plugin's order; values are 0..1.
    pub fn parameters(&self) -> Vec<ParameterInfo> {
        // SAFETY: plain calls of a live controller; `info` is a C struct for which zeros are valid.
        unsafe {
            (0..self.controller.getParameterCount())
                .filter_map(|index| {
                    let mut info = std::mem::zeroed();
                    let found = self.controller.getParameterInfo(index, &mut info) == kResultOk;
                    found.then(|| describe(&info))
                })
                .collect()
        }
    }

    /// The parameter as which the plugin takes a MIDI controller on a channel, 0…15; 128 is channel pressure, 129 pitch bend.
    pub fn controller(&self, channel: u8, number: u8) -> Option<u32> {
        let mapping = self.controller.cast::<IMidiMapping>()?;
        let mut id = 0;
        // SAFETY: plain call of a live controller.
        let result = unsafe { mapping.getMidiControllerAssignment(0, channel.into(), number.into(), &mut id) };
        (result == kResultOk).then_some(id)
    }

    /// Normalised value of parameter `id`.
    pub fn value(&self, id: u32) -> f64 {
        // SAFETY: plain call of a live controller.
        unsafe { self.controller.getParamNormalized(id) }
    }

    /// Tells the controller that the host moved parameter `id`, as hosts do beside the queue of `process`.
    pub fn set_value(&self, id: u32, value: f64) {
        // SAFETY: plain call of a live controller.
        unsafe { self.controller.setParamNormalized(id, value) };
    }

    /// How the plugin shows normalised `value` of parameter `id`.
    pub fn text(&self, id: u32, value: f64) -> Option<String> {
        let mut text = [0; 128];
        // SAFETY: the plugin fills at most the 128 units of the type it was given.
        let result = unsafe { self.controller.getParamStringByValue(id, value, &mut text) };
        (result == kResultOk).then(|| from_utf16(&text))
    }

    /// The normalised value that the plugin reads in `text` for parameter `id`.
    pub fn parse(&self, id: u32, text: &str) -> Option<f64> {
        let mut units: Vec<_> = text.encode_utf16().chain([0]).collect();
        let mut value = 0.0;
        // SAFETY: `units` ends with a zero.
        let result = unsafe { self.controller.getParamValueByString(id, units.as_mut_ptr().cast(), &mut value) };
        (result == kResultOk).then_some(value)
    }
}

impl Drop for Vst3Plugin {
    fn drop(&mut self) {
        // SAFETY: plain calls of a live component, in the order the standard asks for.
        unsafe {
            self.controller.setComponentHandler(std::ptr::null_mut());
            self.component.terminate();
        }
    }
}

fn direction(input: bool) -> BusDirection {
    if input { BusDirections_::kInput as BusDirection } else { BusDirections_::kOutput as BusDirection }
}

/// An error of the standard as ours.
fn check(call: &'static str, result: tresult) -> Result<(), HostError> {
    if result == kResultOk { Ok(()) } else { Err(HostError::refused(call, format!("it returned {result}"))) }
}

fn describe(info: &vst3::Steinberg::Vst::ParameterInfo) -> ParameterInfo {
    let flag = |flag: i32| info.flags & flag != 0;
    ParameterInfo {
        id: info.id,
        name: from_utf16(&info.title),
        minimum: 0.0,
        maximum: 1.0,
        default: info.defaultNormalizedValue,
        stepped: info.stepCount > 0,
        automatable: flag(ParameterInfo_::ParameterFlags_::kCanAutomate),
        read_only: flag(ParameterInfo_::ParameterFlags_::kIsReadOnly),
        hidden: flag(ParameterInfo_::ParameterFlags_::kIsHidden),
        bypass: flag(ParameterInfo_::ParameterFlags_::kIsBypass),
    }
}
