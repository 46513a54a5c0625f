//! What each system is asked for so that a thread is served in time, or only when nobody else needs the processor.

use thread_priority::{ThreadPriority, set_current_thread_priority};

/// What a thread is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Decisions that are due in two hops.
    Hop,
    /// A block of frames that is due in some more.
    Block,
}

/// While this the inference thread sleeps as short as it asks for.
pub(crate) struct FineSleep(());

#[cfg(windows)]
impl FineSleep {
    /// Windows wakes sleeping threads 64 times a second only, unless somebody asks for more.
    pub(crate) fn new() -> Self {
        // SAFETY: a call without pointers; undone once when this is dropped.
        unsafe { windows_sys::Win32::Media::timeBeginPeriod(1) };
        Self(())
    }
}

#[cfg(windows)]
impl Drop for FineSleep {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { windows_sys::Win32::Media::timeEndPeriod(1) };
    }
}

#[cfg(not(windows))]
impl FineSleep {
    /// Nothing: other systems' timers are fine.
    pub(crate) fn new() -> Self {
        Self(())
    }
}

/// Puts the current thread below every audio thread and above everything else. Returns whether the system lets it.
///
/// Linux: `SCHED_FIFO` at a low priority.
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) fn raise(urgency: Urgency) -> bool {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };
    let priority: u8 = match urgency {
        Urgency::Hop => 5,
        Urgency::Block => 4,
    };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let Ok(priority) = priority.try_into() else { return false };
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(priority), policy).is_ok()
}

/// Puts the current thread below every audio thread and above everything else. Returns whether the system lets it.
///
/// macOS: the classes of work that somebody waits for. Audio threads, which have a time constraint, come before them, and
/// they run on fast cores.
#[cfg(target_os = "macos")]
pub(crate) fn raise(urgency: Urgency) -> bool {
    let class = match urgency {
        Urgency::Hop => libc::qos_class_t::QOS_CLASS_USER_INTERACTIVE,
        Urgency::Block => libc::qos_class_t::QOS_CLASS_USER_INITIATED,
    };
    // SAFETY: a call for the current thread, without pointers.
    unsafe { libc::pthread_set_qos_class_self_np(class, 0) == 0 }
}

/// Puts the current thread below every audio thread and above everything else. Returns whether the system lets it.
///
/// Windows: the highest of the ordinary priorities, and the next. Audio threads are those of MMCSS, far above.
#[cfg(windows)]
pub(crate) fn raise(urgency: Urgency) -> bool {
    let priority: u8 = match urgency {
        Urgency::Hop => 98,
        Urgency::Block => 70,
    };
    priority.try_into().map(ThreadPriority::Crossplatform).is_ok_and(|p| set_current_thread_priority(p).is_ok())
}

/// Lets the current thread run when nobody else needs the processor, as far as the system knows such a thing.
pub(crate) fn lower() {
    // Where it is refused the thread works at the usual priority.
    let _ = set_current_thread_priority(ThreadPriority::Min);
}
