//! The editor's window in a host: dragged, closed, and opened again from a saved project. Needs an X server:
//! `xvfb-run cargo test --release -p songweave-tests --test editor -- --ignored`. `cargo xtask windows` runs the one for Windows.
#![cfg(any(target_os = "linux", windows))]
#![allow(clippy::unwrap_used, missing_docs)]

#[cfg(target_os = "linux")]
use std::collections::HashSet;
use std::{thread::sleep, time::Duration};

#[cfg(target_os = "linux")]
use songweave_host::ClapPlugin;
use songweave_host::HostWindow;
use songweave_tests::bounce::{SONGWEAVE, instance};

/// Lets the window draw for a while.
#[cfg(target_os = "linux")]
fn wait(plugin: &mut ClapPlugin) {
    for _ in 0..50 {
        plugin.idle();
        sleep(Duration::from_millis(20));
    }
}

#[cfg(windows)]
#[test]
#[ignore = "is of use only to somebody who looks at the window"]
fn the_editor_stays_open_for_ten_seconds() {
    let window = HostWindow::open(1_100, 900).unwrap();
    let mut plugin = instance(SONGWEAVE).unwrap();
    plugin.open_editor(window.id(), 1.0).unwrap();
    for _ in 0..500 {
        plugin.idle();
        window.idle();
        sleep(Duration::from_millis(20));
    }
    plugin.close_editor();
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs an X server"]
fn a_window_opens_as_large_as_it_was_closed_in_this_project_and_in_a_saved_one() {
    let mut window = HostWindow::open(640, 480).unwrap();
    let mut plugin = instance(SONGWEAVE).unwrap();
    let usual = plugin.open_editor(window.id(), 1.0).unwrap();
    window.resize(usual.0 as u16, usual.1 as u16).unwrap();
    wait(&mut plugin);
    let dragged = (usual.0 + 180, usual.1 + 90);
    assert_eq!(plugin.resize_editor(dragged.0, dragged.1).unwrap(), dragged, "the plugin takes any larger size");
    window.resize(dragged.0 as u16, dragged.1 as u16).unwrap();
    wait(&mut plugin);
    plugin.close_editor();
    assert_eq!(plugin.open_editor(window.id(), 1.0).unwrap(), dragged);
    wait(&mut plugin);
    plugin.close_editor();
    let project = plugin.save_state().unwrap();
    let mut other = instance(SONGWEAVE).unwrap();
    other.load_state(&project).unwrap();
    assert_eq!(other.open_editor(window.id(), 1.0).unwrap(), dragged);
    other.close_editor();
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs an X server"]
fn an_editor_that_is_shown_late_draws() {
    // An X server that nobody is connected to begins anew.
    let _stays = HostWindow::open(10, 10).unwrap();
    for late in [0, 60, 400] {
        let window = HostWindow::open(1100, 700).unwrap();
        let mut plugin = instance(SONGWEAVE).unwrap();
        plugin.attach_editor(window.id(), 1.0).unwrap();
        sleep(Duration::from_millis(late));
        plugin.show_editor().unwrap();
        wait(&mut plugin);
        let (_, _, picture) = window.picture().unwrap();
        let colours: HashSet<_> = picture.chunks_exact(3).collect();
        plugin.close_editor();
        assert!(colours.len() > 50, "{late} ms late it shows {} colours", colours.len());
    }
}
