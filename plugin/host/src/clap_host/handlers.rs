//! What the plugin may ask of this host.

use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_host::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Requests of the plugin that wait for the main thread.
#[derive(Default)]
pub(super) struct Shared {
    /// Whether the host has no extension to offer.
    plain: bool,
    callback: AtomicBool,
    restarts: AtomicUsize,
}

impl Shared {
    pub(super) fn new(plain: bool) -> Self {
        Self { plain, ..Self::default() }
    }

    /// Whether the plugin asked for a call on the main thread since the last time.
    pub(super) fn take_callback(&self) -> bool {
        self.callback.swap(false, Ordering::AcqRel)
    }

    /// Times the plugin asked for a restart.
    pub(super) fn restart_requests(&self) -> usize {
        self.restarts.load(Ordering::Acquire)
    }
}

/// The host's side of an instance: only what is shared by all threads has anything to do.
pub(super) struct Handlers;

impl HostHandlers for Handlers {
    type Shared<'a> = Shared;
    type MainThread<'a> = MainThread;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, shared: &Self::Shared<'_>) {
        if shared.plain {
            return;
        }
        builder
            .register::<HostParams>()
            .register::<HostLatency>()
            .register::<HostState>()
            .register::<HostAudioPorts>()
            .register::<HostGui>();
    }
}

impl<'a> SharedHandler<'a> for Shared {
    fn request_restart(&self) {
        self.restarts.fetch_add(1, Ordering::AcqRel);
    }

    // This host always processes.
    fn request_process(&self) {}

    fn request_callback(&self) {
        self.callback.store(true, Ordering::Release);
    }
}

impl HostParamsImplShared for Shared {
    // Parameters are flushed by the next block.
    fn request_flush(&self) {}
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}

    fn request_resize(&self, _new_size: GuiSize) -> Result<(), HostError> {
        Err(HostError::Message("the window of this host keeps its size"))
    }

    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn closed(&self, _was_destroyed: bool) {}
}

/// The host caches nothing about a plugin, so there is nothing to refresh when it says that something changed.
pub(super) struct MainThread;

impl<'a> MainThreadHandler<'a> for MainThread {}

impl HostParamsImplMainThread for MainThread {
    fn rescan(&self, _flags: ParamRescanFlags) {}

    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

impl HostLatencyImpl for MainThread {
    fn changed(&self) {}
}

impl HostStateImpl for MainThread {
    fn mark_dirty(&self) {}
}

impl HostAudioPortsImpl for MainThread {
    fn is_rescan_flag_supported(&self, _flag: AudioPortRescanFlags) -> bool {
        false
    }

    fn rescan(&self, _flags: AudioPortRescanFlags) {}
}
