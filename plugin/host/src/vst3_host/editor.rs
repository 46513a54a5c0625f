//! A plugin's editor inside a window of the host, with the run loop that VST3 on Linux asks the host for.

use super::{Vst3Plugin, check};
use crate::HostError;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler, ITimerHandlerTrait,
    TimerInterval,
};
use vst3::Steinberg::Vst::{IEditControllerTrait, ViewType};
use vst3::Steinberg::{
    FIDString, IPlugFrame, IPlugFrameTrait, IPlugView, IPlugViewTrait, ViewRect, kInvalidArgument, kPlatformTypeHWND,
    kPlatformTypeNSView, kPlatformTypeX11EmbedWindowID, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComRef, ComWrapper};

/// What this system's windows are called in VST3.
const WINDOWS: FIDString = if cfg!(windows) {
    kPlatformTypeHWND
} else if cfg!(target_os = "macos") {
    kPlatformTypeNSView
} else {
    kPlatformTypeX11EmbedWindowID
};

/// An open editor; dropping it closes it. Must not outlive the plugin or the window.
pub struct Vst3Editor {
    view: ComPtr<IPlugView>,
    frame: ComWrapper<Frame>,
}

impl Vst3Plugin {
    /// Opens the editor inside a [`crate::HostWindow`] by its id. Without `run_loop` the host is one of those that have none.
    ///
    /// # Errors
    /// When the plugin has no editor or cannot attach it.
    pub fn open_editor(&mut self, parent: usize, run_loop: bool) -> Result<Vst3Editor, HostError> {
        let frame = ComWrapper::new(Frame::default());
        let plain = ComWrapper::new(PlainFrame);
        let pointer = if run_loop { frame.to_com_ptr::<IPlugFrame>() } else { plain.to_com_ptr::<IPlugFrame>() };
        let pointer = pointer.ok_or(HostError::Missing("frame"))?;
        // SAFETY: the calls and their order are the standard's; the caller keeps the window.
        unsafe {
            let view = self.controller.createView(ViewType::kEditor);
            let view = ComPtr::from_raw(view).ok_or(HostError::Missing("editor"))?;
            check("the frame of its editor", view.setFrame(pointer.as_ptr()))?;
            let window = parent as *mut c_void;
            check("to attach its editor", view.attached(window, WINDOWS))?;
            Ok(Vst3Editor { view, frame })
        }
    }
}

impl Vst3Editor {
    /// Size in pixels.
    ///
    /// # Errors
    /// When the plugin does not know it.
    pub fn size(&self) -> Result<(u32, u32), HostError> {
        let mut rect = ViewRect { left: 0, top: 0, right: 0, bottom: 0 };
        // SAFETY: plain call of a live view.
        check("the size of its editor", unsafe { self.view.getSize(&mut rect) })?;
        Ok(((rect.right - rect.left).unsigned_abs(), (rect.bottom - rect.top).unsigned_abs()))
    }

    /// Calls the plugin's timers that are due and its event handlers, as a host's main loop does all the time.
    ///
    /// Handlers are called whether or not their file is readable: plugins must cope with nothing to read.
    pub fn idle(&self) {
        let handlers: Vec<_> =
            self.frame.content().handlers.iter().map(|(handler, fd)| (handler.clone(), *fd)).collect();
        let timers = self.frame.due();
        // SAFETY: the plugin registered these objects for this call, and the lists hold references to them.
        unsafe {
            handlers.iter().for_each(|(handler, fd)| handler.onFDIsSet(*fd));
            timers.iter().for_each(|timer| timer.onTimer());
        }
    }
}

impl Drop for Vst3Editor {
    fn drop(&mut self) {
        // SAFETY: plain calls of a live view, in the order the standard asks for.
        unsafe {
            self.view.removed();
            self.view.setFrame(std::ptr::null_mut());
        }
    }
}

/// The frame of a host without a run loop.
struct PlainFrame;

impl Class for PlainFrame {
    type Interfaces = (IPlugFrame,);
}

impl IPlugFrameTrait for PlainFrame {
    unsafe fn resizeView(&self, _view: *mut IPlugView, _size: *mut ViewRect) -> tresult {
        kResultOk
    }
}

/// The frame around the editor and the host's run loop.
#[derive(Default)]
struct Frame(Mutex<Content>);

#[derive(Default)]
struct Content {
    handlers: Vec<(ComPtr<IEventHandler>, FileDescriptor)>,
    timers: Vec<Timer>,
}

struct Timer {
    handler: ComPtr<ITimerHandler>,
    interval: Duration,
    due: Instant,
}

impl Frame {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn due(&self) -> Vec<ComPtr<ITimerHandler>> {
        let now = Instant::now();
        let mut content = self.content();
        let due = content.timers.iter_mut().filter(|timer| timer.due <= now);
        due.map(|timer| {
            timer.due = now + timer.interval;
            timer.handler.clone()
        })
        .collect()
    }
}

impl Class for Frame {
    type Interfaces = (IPlugFrame, IRunLoop);
}

impl IPlugFrameTrait for Frame {
    unsafe fn resizeView(&self, _view: *mut IPlugView, _size: *mut ViewRect) -> tresult {
        kResultOk
    }
}

impl IRunLoopTrait for Frame {
    unsafe fn registerEventHandler(&self, handler: *mut IEventHandler, fd: FileDescriptor) -> tresult {
        // SAFETY: a valid object by the standard.
        let Some(handler) = (unsafe { ComRef::from_raw(handler) }) else { return kInvalidArgument };
        self.content().handlers.push((handler.to_com_ptr(), fd));
        kResultOk
    }

    unsafe fn unregisterEventHandler(&self, handler: *mut IEventHandler) -> tresult {
        self.content().handlers.retain(|(registered, _)| registered.as_ptr() != handler);
        kResultOk
    }

    unsafe fn registerTimer(&self, handler: *mut ITimerHandler, milliseconds: TimerInterval) -> tresult {
        // SAFETY: a valid object by the standard.
        let Some(handler) = (unsafe { ComRef::from_raw(handler) }) else { return kInvalidArgument };
        let interval = Duration::from_millis(milliseconds);
        self.content().timers.push(Timer { handler: handler.to_com_ptr(), interval, due: Instant::now() + interval });
        kResultOk
    }

    unsafe fn unregisterTimer(&self, handler: *mut ITimerHandler) -> tresult {
        self.content().timers.retain(|timer| timer.handler.as_ptr() != handler);
        kResultOk
    }
}
