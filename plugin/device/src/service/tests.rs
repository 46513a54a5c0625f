#![allow(clippy::unwrap_used)]

use std::{sync::atomic::Ordering::SeqCst, thread};

use super::*;
use crate::tests::{LARGEST, LOADED, SLEEP, open};

/// The counters are everybody's.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn device() -> Arc<Device> {
    // SAFETY: its table does what is promised.
    Device::start(|| unsafe { Library::from_entry_point(open) }).unwrap()
}

fn soon() -> Urgency {
    Urgency::By(Instant::now() + Duration::from_secs(1))
}

#[test]
fn the_same_weights_are_loaded_once_and_freed_with_their_last_user() {
    let _alone = ONE_AT_A_TIME.lock();
    let device = device();
    let before = LOADED.load(SeqCst);
    let first = device.load("doubler", b"12345"[..].into()).unwrap();
    let second = device.load("doubler", b"12345"[..].into()).unwrap();
    let other = device.load("doubler", b"123456"[..].into()).unwrap();
    assert_eq!(LOADED.load(SeqCst) - before, 2);
    drop(first);
    assert_eq!(second.forward(0, vec![1.0, 2.0], Urgency::Alone).unwrap(), [2.0, 4.0]);
    drop((second, other, device));
    assert_eq!(LOADED.load(SeqCst), before, "the last one to let go waits for the thread");
}

#[test]
fn questions_of_several_are_computed_together_and_each_has_its_own_answer() {
    let _alone = ONE_AT_A_TIME.lock();
    let device = device();
    LARGEST.store(0, SeqCst);
    let askers: Vec<_> = (0..8).map(|_| device.load("doubler", b"together"[..].into()).unwrap()).collect();
    thread::scope(|scope| {
        for (number, asker) in askers.iter().enumerate() {
            scope.spawn(move || {
                for round in 0..50 {
                    let asked = vec![(number * 100 + round) as f32; 2 * (1 + number % 3)];
                    let doubled: Vec<f32> = asked.iter().map(|number| 2.0 * number).collect();
                    assert_eq!(asker.forward(0, asked, soon()).unwrap(), doubled);
                }
            });
        }
    });
    assert!(LARGEST.load(SeqCst) > 3, "{LARGEST:?} streams at most: nothing was computed together");
}

#[test]
fn an_answer_that_is_not_finite_is_a_failure() {
    let _alone = ONE_AT_A_TIME.lock();
    let asker = device().load("doubler", b"finite"[..].into()).unwrap();
    assert!(matches!(asker.forward(0, vec![f32::MAX, 1.0], Urgency::Alone), Err(DeviceError::Failed(_))));
    assert!(matches!(asker.forward(0, vec![f32::NAN, 1.0], Urgency::Alone), Err(DeviceError::Failed(_))));
}

#[test]
fn who_asks_alone_is_computed_alone() {
    let _alone = ONE_AT_A_TIME.lock();
    let device = device();
    LARGEST.store(0, SeqCst);
    let askers: Vec<_> = (0..4).map(|_| device.load("doubler", b"alone"[..].into()).unwrap()).collect();
    thread::scope(|scope| {
        for asker in &askers {
            scope.spawn(|| (0..50).for_each(|_| _ = asker.forward(0, vec![1.0, 2.0], Urgency::Alone).unwrap()));
        }
    });
    assert_eq!(LARGEST.load(SeqCst), 1);
}

#[test]
fn what_cannot_be_computed_is_refused_and_hinders_nobody_else() {
    let _alone = ONE_AT_A_TIME.lock();
    let device = device();
    let asker = device.load("doubler", b"refused"[..].into()).unwrap();
    for asked in [vec![], vec![1.0], vec![f32::NAN, 0.0], vec![f32::INFINITY; 2]] {
        assert!(asker.forward(0, asked, soon()).is_err());
    }
    assert!(asker.forward(1, vec![1.0, 2.0], soon()).is_err(), "no such map");
    let failed = asker.forward(0, vec![-1.0, 2.0], soon()).unwrap_err();
    assert_eq!(failed.to_string(), "the GPU failed: minus one is beyond it");
    assert_eq!(asker.forward(0, vec![1.0, 2.0], soon()).unwrap(), [2.0, 4.0]);
}

#[test]
fn a_device_that_hangs_is_given_up_by_all_at_once() {
    let _alone = ONE_AT_A_TIME.lock();
    let device = device();
    let asker = device.load("doubler", b"hung"[..].into()).unwrap();
    let other = device.load("doubler", b"hung"[..].into()).unwrap();
    let start = Instant::now();
    assert_eq!(asker.forward(0, vec![SLEEP + 2000.0, 0.0], soon()), Err(DeviceError::Hung));
    assert_eq!(other.forward(0, vec![1.0, 2.0], soon()), Err(DeviceError::Hung));
    drop((asker, other, device));
    assert!(start.elapsed() < Duration::from_millis(1500), "somebody waited for it: {:?}", start.elapsed());
    // Its thread still counts down what it freed.
    thread::sleep(Duration::from_millis(2500));
}

#[test]
fn without_a_library_the_sentence_says_where_it_was_looked_for() {
    let missing = Device::shared(&[PathBuf::from("/no/such/library.so")]).unwrap_err();
    assert!(missing.to_string().contains("/no/such/library.so"), "{missing}");
}
