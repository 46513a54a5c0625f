//! What an activation leaves behind: no thread, no memory, and no pages that its threads would have to wait for.
//! One test alone in its process, since threads and memory of others would be counted as well.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicIsize, Ordering::Relaxed},
};

use songweave_dsp::exchange::{
    decision::Decision,
    frame::AnalysisFrame,
    link::{CAPACITY, link},
};
use songweave_tests::bounce::{Bounce, SONGWEAVE, instance, songs};

/// Counts the bytes that the process holds.
struct Holding;

static HELD: AtomicIsize = AtomicIsize::new(0);

// SAFETY: forwards everything to the system's allocator.
unsafe impl GlobalAlloc for Holding {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size() as isize, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as isize, Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Holding = Holding;

/// The threads of the process, once there have been as many for a while: one that was joined may be listed a little longer.
fn threads() -> usize {
    let count = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let mut last = count();
    let mut same = 0;
    while same < 50 {
        std::thread::sleep(std::time::Duration::from_millis(10));
        let now = count();
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    last
}

/// Pages that this thread had to wait for, which Linux counts as minor faults.
fn faults() -> usize {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    // Ten fields, of which the second may hold spaces and ends with a bracket.
    stat.rsplit(") ").next().unwrap().split(' ').nth(7).unwrap().parse().unwrap()
}

#[test]
fn twenty_activations_leave_no_thread_and_no_memory_and_rings_come_with_their_pages() {
    let (mut audio, mut inference) = link();
    let before = faults();
    for _ in 0..CAPACITY {
        audio.send(AnalysisFrame::default(), &[[&[]; 2]; 2]);
        inference.send(Decision::UNDECIDED, &[]);
    }
    let waited = faults() - before;
    assert!(waited < 10, "{waited} pages of the rings are not there");

    let songs = songs(1, 20_000);
    let mut plugin = instance(SONGWEAVE).unwrap();
    let mut activate = || {
        let mut processor = plugin.activate(48_000.0, 512).unwrap();
        Bounce::default().process(&mut processor, &songs, std::iter::repeat(512), &[]).unwrap();
        plugin.deactivate(processor);
    };
    // What is made once and kept is there after the first.
    activate();
    let (threads_before, held) = (threads(), HELD.load(Relaxed));
    (0..20).for_each(|_| activate());
    assert_eq!(threads(), threads_before);
    let grown = HELD.load(Relaxed) - held;
    assert!(grown < 4_096, "{grown} bytes after 20 activations");
}
