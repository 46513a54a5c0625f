//! The changes to nice-plug 0.4.2 and to what it opens windows with (baseview 0.4.2, x11-dl 2.21.0) that keep their known
//! defects away from users. Each is small, says why, and is dropped as soon as upstream has it.

/// One search and replace in one file of a crate.
pub(super) struct Edit {
    /// Crate.
    pub(super) package: &'static str,
    /// File in the crate.
    pub(super) file: &'static str,
    /// How often `find` must stand there, no more and no less.
    pub(super) times: usize,
    /// Upstream's text.
    pub(super) find: &'static str,
    /// Ours.
    pub(super) replace: &'static str,
    /// What is wrong with upstream's.
    pub(super) why: &'static str,
}

const BACKGROUND: &str = "src/event_loop/background_thread.rs";
const INNER: &str = "src/wrapper/vst3/inner.rs";
const VIEW: &str = "src/wrapper/vst3/view.rs";
const VST3: &str = "src/wrapper/vst3/wrapper.rs";
const BUFFERS: &str = "src/wrapper/util/buffer_management.rs";

const fn nice_plug(file: &'static str, why: &'static str, find: &'static str, replace: &'static str) -> Edit {
    Edit { package: "nice-plug", file, times: 1, find, replace, why }
}

/// The crates that are edited.
pub(super) fn packages() -> Vec<&'static str> {
    let mut packages: Vec<_> = EDITS.iter().map(|edit| edit.package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

/// All edits.
pub(super) const EDITS: &[Edit] = &[
    nice_plug(
        BACKGROUND,
        "the worker shared by all instances leaves when a task arrives for an instance that is gone",
        r#"worker"
                    );
                    return;"#,
        r#"worker"
                    );"#,
    ),
    nice_plug(
        BACKGROUND,
        "dropping the last instance panics across FFI when the worker has left, or when it is the worker that drops it",
        r#"        self.tasks_sender
            .send(Message::Shutdown)
            .expect("Failed while sending worker thread shutdown request");
        self.join_handle
            .take()
            // Only possible if the WorkerThread got dropped twice, somehow?
            .expect("Missing Worker thread JoinHandle")
            .join()
            .expect("Worker thread panicked");"#,
        r#"        let _ = self.tasks_sender.send(Message::Shutdown);
        if let Some(handle) = self.join_handle.take()
            && handle.thread().id() != thread::current().id()
        {
            let _ = handle.join();
        }"#,
    ),
    nice_plug(
        INNER,
        "a state change reaches the editor's window on another thread, or while the host opens or closes it: panic",
        r#"                if let Some(editor_window) = self.editor_window.borrow().as_ref() {
                    editor_window.get().handle.state_changed();
                }"#,
        r#"                if let Ok(window) = self.editor_window.try_borrow()
                    && let Some(Ok(window)) = window.as_ref().map(|window| window.try_get())
                {
                    window.handle.state_changed();
                }"#,
    ),
    nice_plug(
        INNER,
        "a parameter change reaches the editor's window on another thread, or while the host opens or closes it: panic",
        r#"                if let Some(editor_window) = self.editor_window.borrow().as_ref() {
                    let param_id = &self.param_id_by_hash[&param_hash];
                    editor_window
                        .get()
                        .handle"#,
        r#"                if let Ok(window) = self.editor_window.try_borrow()
                    && let Some(Ok(window)) = window.as_ref().map(|window| window.try_get())
                {
                    let param_id = &self.param_id_by_hash[&param_hash];
                    window
                        .handle"#,
    ),
    nice_plug(
        INNER,
        "the editor's call to the main thread reaches its window on another thread, or while the host closes it: panic",
        r#"                if let Some(editor_window) = self.editor_window.borrow().as_ref() {
                    let editor_window = editor_window.get();
                    editor_window
                        .handle"#,
        r#"                if let Ok(window) = self.editor_window.try_borrow()
                    && let Some(Ok(editor_window)) = window.as_ref().map(|window| window.try_get())
                {
                    editor_window
                        .handle"#,
    ),
    nice_plug(
        INNER,
        "the worker asks for a restart while the host exchanges the component handler: panic",
        "Task::TriggerRestart(flags) => match &*self.component_handler.borrow() {",
        "Task::TriggerRestart(flags) => match self.component_handler.try_borrow().ok().and_then(|h| h.clone()) {",
    ),
    nice_plug(
        VST3,
        "the host exchanges the component handler while the worker reads it: panic",
        r#"        *self.inner.component_handler.borrow_mut() =
            unsafe { ComRef::from_raw(handler) }.map(|r| r.to_com_ptr());

        kResultOk"#,
        r#"        for _ in 0..1000 {
            if let Ok(mut current) = self.inner.component_handler.try_borrow_mut() {
                *current = unsafe { ComRef::from_raw(handler) }.map(|r| r.to_com_ptr());
                return kResultOk;
            }
            std::thread::sleep(Duration::from_millis(1));
        }

        kResultFalse"#,
    ),
    nice_plug(
        INNER,
        "opening and closing the editor must wait for the worker's short look at its window",
        "impl<P: Vst3Plugin> MainThreadExecutor<Task<P>> for WrapperInner<P> {",
        r#"#[cfg(feature = "editor")]
impl<P: Vst3Plugin> WrapperInner<P> {
    /// The editor's window, as soon as no other thread looks at it; `None` after a second.
    #[allow(clippy::type_complexity)]
    pub fn editor_window_mut(
        &self,
    ) -> Option<
        atomic_refcell::AtomicRefMut<
            '_,
            Option<fragile::Fragile<SpawnedEditor<<P::Editor as Editor>::Handle>>>,
        >,
    > {
        for _ in 0..1000 {
            if let Ok(window) = self.editor_window.try_borrow_mut() {
                return Some(window);
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        None
    }
}

impl<P: Vst3Plugin> MainThreadExecutor<Task<P>> for WrapperInner<P> {"#,
    ),
    nice_plug(
        VIEW,
        "opening the editor while the worker looks at its window: panic",
        "        let mut window = inner.editor_window.borrow_mut();",
        r#"        let Some(mut window) = inner.editor_window_mut() else {
            return kResultFalse;
        };"#,
    ),
    nice_plug(
        VIEW,
        "closing the editor while the worker looks at its window: panic",
        "        let mut editor_handle = inner.editor_window.borrow_mut();",
        r#"        let Some(mut editor_handle) = inner.editor_window_mut() else {
            return kResultFalse;
        };"#,
    ),
    Edit {
        package: "nice-plug",
        file: VIEW,
        times: 3,
        find: "        if let Some(editor_window) = inner.editor_window.borrow().as_ref() {",
        replace: "        if let Ok(window) = inner.editor_window.try_borrow()\n            \
                  && let Some(editor_window) = window.as_ref()\n        {",
        why: "a host that resizes the editor from within its opening: panic",
    },
    nice_plug(
        VIEW,
        "a host that sends a key from within the editor's opening: panic",
        "            && let Some(editor_window) = inner.editor_window.borrow().as_ref()",
        "            && let Ok(window) = inner.editor_window.try_borrow()\n            \
         && let Some(editor_window) = window.as_ref()",
    ),
    nice_plug(
        BUFFERS,
        "process() is not called when an auxiliary output is inactive: storage for those outputs",
        r#"    aux_output_buffers: Vec<Buffer<'static>>,
}

// SAFETY: The raw pointers"#,
        r#"    aux_output_buffers: Vec<Buffer<'static>>,
    /// What a plugin writes into auxiliary outputs that the host left inactive goes here.
    aux_output_storage: Vec<Vec<Vec<f32>>>,
}

// SAFETY: The raw pointers"#,
    ),
    nice_plug(
        BUFFERS,
        "process() is not called when an auxiliary output is inactive: room for that storage",
        r#"            aux_input_storage,

            aux_output_buffers,
        }"#,
        r#"            aux_input_storage,

            aux_output_storage: aux_output_buffers
                .iter()
                .map(|buffer: &Buffer| vec![vec![0.0; max_buffer_size]; buffer.channels()])
                .collect(),
            aux_output_buffers,
        }"#,
    ),
    nice_plug(
        BUFFERS,
        "process() is not called when an auxiliary output is inactive: storage beside each output",
        r#"        for (output_channel_pointers, output_buffer) in self
            .aux_output_channel_pointers
            .iter()
            .zip(self.aux_output_buffers.iter_mut())
        {"#,
        r#"        for ((output_channel_pointers, output_buffer), output_storage) in self
            .aux_output_channel_pointers
            .iter()
            .zip(self.aux_output_buffers.iter_mut())
            .zip(self.aux_output_storage.iter_mut())
        {
            let missing = |slices: &mut [&mut [f32]], storage: &mut [Vec<f32>]| {
                for (slice, storage) in slices.iter_mut().zip(storage) {
                    storage.clear();
                    storage.resize(num_samples, 0.0);
                    // SAFETY: the storage is not touched again while the buffers are in use
                    *slice = unsafe { &mut *(storage.as_mut_slice() as *mut [f32]) };
                }
            };"#,
    ),
    nice_plug(
        BUFFERS,
        "process() is not called when an auxiliary output has fewer channels than the layout",
        r#"                            output_slices[output_channel_pointers.num_channels..]
                                .fill_with(|| &mut [])"#,
        r#"                            let given = output_channel_pointers.num_channels.min(output_slices.len());
                            missing(&mut output_slices[given..], &mut output_storage[given..]);"#,
    ),
    nice_plug(
        BUFFERS,
        "process() is not called when an auxiliary output is inactive: the storage takes its place",
        r#"                        None => {
                            crate::nice_debug_assert_eq!(output_slices.len(), 0);

                            // Same as above
                            output_slices.fill_with(|| &mut [])
                        }"#,
        "                        None => missing(output_slices, output_storage),",
    ),
    nice_plug(
        BUFFERS,
        "a side-chain that is not connected has the length of an earlier block",
        r#"                None => {
                    for channel in input_storage.iter_mut() {
                        channel.fill(0.0);
                    }
                }"#,
        r#"                None => {
                    for channel in input_storage.iter_mut() {
                        channel.clear();
                        channel.resize(num_samples, 0.0);
                    }
                }"#,
    ),
    nice_plug(
        BUFFERS,
        "a side-chain with fewer channels than the layout has the length of an earlier block",
        r#"                        .skip(input_channel_pointers.num_channels)
                    {
                        channel.fill(0.0);"#,
        r#"                        .skip(input_channel_pointers.num_channels)
                    {
                        channel.clear();
                        channel.resize(num_samples, 0.0);"#,
    ),
    nice_plug(
        VST3,
        "an auxiliary input is read beyond the host's list (and counted by its outputs)",
        "if aux_input_idx > data.numOutputs as usize {",
        "if aux_input_idx >= data.numInputs as usize {",
    ),
    nice_plug(
        VST3,
        "an auxiliary output is read beyond the host's list",
        "if aux_output_idx > data.numOutputs as usize {",
        "if aux_output_idx >= data.numOutputs as usize {",
    ),
    nice_plug(
        "src/wrapper/clap/wrapper.rs",
        "an auxiliary input is read beyond the host's list",
        "if aux_input_idx > process.audio_inputs_count as usize {",
        "if aux_input_idx >= process.audio_inputs_count as usize {",
    ),
    nice_plug(
        "src/wrapper/clap/wrapper.rs",
        "an auxiliary output is read beyond the host's list",
        "if aux_output_idx > process.audio_outputs_count as usize {",
        "if aux_output_idx >= process.audio_outputs_count as usize {",
    ),
    nice_plug(
        "src/wrapper/clap/wrapper.rs",
        "a latency set while activating asks the host for a restart, though this is the moment to tell it",
        "        if old_latency != samples {\n            let task_posted = self.schedule_gui(Task::LatencyChanged);",
        r#"        if old_latency != samples && !self.is_activated.load(Ordering::SeqCst) {
            if let Some(host_latency) = &*self.host_latency.borrow() {
                unsafe_clap_call! { host_latency=>changed(&*self.host_callback) };
            }
        } else if old_latency != samples {
            let task_posted = self.schedule_gui(Task::LatencyChanged);"#,
    ),
    nice_plug(
        "src/wrapper/clap/wrapper.rs",
        "a latency set while activating asks the host for a restart: it is told after the plugin counts as active",
        "                            wrapper.is_activated.store(true, Ordering::SeqCst);\n\n                            result = true;",
        "                            result = true;",
    ),
    nice_plug(
        "src/wrapper/clap/wrapper.rs",
        "a latency set while activating asks the host for a restart: active only once it has been told",
        "        drop(activate_context);\n\n        result\n",
        r#"        drop(activate_context);
        if result {
            wrapper.is_activated.store(true, Ordering::SeqCst);
        }

        result
"#,
    ),
    nice_plug(
        VST3,
        "a mono main input with a stereo side-chain is refused: the main bus is compared in place of the side-chain",
        "let aux_input_start_idx = if has_main_input { 0 } else { 1 };",
        "let aux_input_start_idx = if has_main_input { 1 } else { 0 };",
    ),
    nice_plug(
        VST3,
        "a mono main output beside stereo outputs is refused: the main bus is compared in place of an auxiliary one",
        "let aux_output_start_idx = if has_main_output { 0 } else { 1 };",
        "let aux_output_start_idx = if has_main_output { 1 } else { 0 };",
    ),
    nice_plug(
        VST3,
        "the render mode is told one setupProcessing late: not from the call before",
        r#"        // This is needed when activating the plugin and when restoring state
        self.inner.current_buffer_config.store(Some(BufferConfig {
            sample_rate: setup.sampleRate as f32,
            min_buffer_size: None,
            max_buffer_size: setup.maxSamplesPerBlock as u32,
            process_mode: self.inner.current_process_mode.load(),
        }));
"#,
        "",
    ),
    nice_plug(
        VST3,
        "the render mode is told one setupProcessing late: but from this one",
        "        self.inner.current_process_mode.store(mode);\n",
        r#"        self.inner.current_process_mode.store(mode);
        self.inner.current_buffer_config.store(Some(BufferConfig {
            sample_rate: setup.sampleRate as f32,
            min_buffer_size: None,
            max_buffer_size: setup.maxSamplesPerBlock as u32,
            process_mode: mode,
        }));
"#,
    ),
    Edit {
        package: "nice-plug-core",
        file: "src/audio_setup.rs",
        times: 1,
        find: r#"self.names.main_input.unwrap_or("Output")"#,
        replace: r#"self.names.main_output.unwrap_or("Output")"#,
        why: "the main output is named like the main input",
    },
    Edit {
        package: "baseview",
        file: "src/wrappers/egl.rs",
        times: 1,
        find: "    _library: Library,",
        replace: "    _library: std::mem::ManuallyDrop<Library>,",
        why: "the last editor to close unloads libEGL while its thread still has to free locals in it: segmentation fault",
    },
    Edit {
        package: "baseview",
        file: "src/wrappers/egl.rs",
        times: 1,
        find: "EglInner { _library: library, functions }",
        replace: "EglInner { _library: std::mem::ManuallyDrop::new(library), functions }",
        why: "so libEGL stays loaded",
    },
    Edit {
        package: "x11-dl",
        file: "src/link.rs",
        times: 1,
        find: "      libc::dlclose(self.handle as *mut _);",
        replace: "      let _ = self.handle;",
        why: "the last editor to close unloads libGL while its thread still has to free locals in it: segmentation fault",
    },
];
