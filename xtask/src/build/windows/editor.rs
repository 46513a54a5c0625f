//! The editor under Wine. Its window is seen through the X server: Wine draws the picture into a window of its own, and without a
//! window manager does not copy it to the screen.

use crate::{display::Display, project};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::HashSet,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Fewer colours are not the editor.
const COLOURS: usize = 200;
/// Longest wait for its window.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs a program that opens the editor for a while, and keeps a picture of it in `target/windows/editor.png`; returns what was found.
pub(super) fn look(mut program: Command, display: &Display) -> Result<String> {
    program.stdout(Stdio::null()).stderr(Stdio::null());
    display.show(&mut program);
    let mut program = program.spawn().context("cargo cannot be run")?;
    let began = Instant::now();
    let seen = loop {
        if let Some(seen) = picture(display)? {
            break seen;
        }
        if let Some(status) = program.try_wait()? {
            bail!("the editor's window stayed empty under Wine; its test ended with {status}");
        }
        ensure!(began.elapsed() < PATIENCE, "under Wine no window of the editor came");
        thread::sleep(Duration::from_millis(300));
    };
    ensure!(program.wait()?.success(), "the editor's test failed under Wine");
    let path = project::target().join("windows/editor.png");
    let (width, height, pixels) = seen;
    let colours = colours(&pixels);
    image::save_buffer(&path, &pixels, width, height, image::ColorType::Rgb8)?;
    Ok(format!("the editor under Wine: {width} by {height} pixels of {colours} colours, {}", path.display()))
}

/// The largest window that shows so many colours as only the editor has.
fn picture(display: &Display) -> Result<Option<(u32, u32, Vec<u8>)>> {
    let mut found = display.pictures()?;
    found.retain(|(_, _, pixels)| colours(pixels) > COLOURS);
    Ok(found.into_iter().max_by_key(|(width, height, _)| width * height))
}

fn colours(pixels: &[u8]) -> usize {
    pixels.chunks_exact(3).collect::<HashSet<_>>().len()
}
