//! Every page, mode, size and theme of the editor in one picture.

use crate::build::demo;
use crate::display::Display;
use crate::{build::bundle, project};
use anyhow::{Context, Result};
use songweave_cli::drawing::{lettering, picture::Picture};
use std::path::Path;

/// Width of a picture on the sheet, and the room around it, in pixels.
const WIDTH: u32 = 920;
const ROOM: u32 = 20;
/// Height of a caption.
const CAPTION: u32 = 24;
/// Pictures side by side.
const COLUMNS: usize = 2;
/// Colours of the sheet and of its captions.
const PAPER: [u8; 3] = [0x40, 0x40, 0x44];
const INK: [u8; 3] = [0xf0, 0xf0, 0xf0];

/// Name of a picture, and how it is taken.
const PICTURES: [(&str, &[&str]); 19] = [
    ("mash", &["--seconds", "7"]),
    ("mash without song b", &["--alone", "--seconds", "4"]),
    (
        "mash, taking turns",
        &["--param", "Auto=100%", "--param", "Match keys=On", "--param", "Quality=Studio", "--seconds", "8"],
    ),
    ("mash, presets", &["--click", "300,55", "--seconds", "4"]),
    ("mash, networks", &["--click", "850,748", "--seconds", "4"]),
    ("accompany, presets", &["--param", "Mode=Accompany", "--voice", "--click", "300,55", "--seconds", "4"]),
    ("accompany", &["--param", "Mode=Accompany", "--voice", "--seconds", "14"]),
    ("accompany, choosing a chord", &["--param", "Mode=Accompany", "--voice", "--click", "70,125", "--seconds", "8"]),
    (
        "accompany, writing midi",
        &["--param", "Mode=Accompany", "--voice", "--click", "437,191", "--click", "420,225", "--seconds", "14"],
    ),
    (
        "accompany, tune and sounds",
        &[
            "--param",
            "Mode=Accompany",
            "--param",
            "Tune amount=80%",
            "--voice",
            "--click",
            "600,195",
            "--seconds",
            "12",
        ],
    ),
    (
        "accompany, a song that was learned",
        &["--param", "Mode=Accompany", "--voice", "--learn", "--tempo", "96", "--click", "696,195", "--seconds", "9"],
    ),
    (
        "accompany, a song sung at another tempo",
        &["--param", "Mode=Accompany", "--voice", "--learn", "--tempo", "120", "--click", "696,195", "--seconds", "9"],
    ),
    ("listen", &["--click", "340,23", "--seconds", "9"]),
    ("mash, light", &["--click", "719,23", "--seconds", "7"]),
    ("accompany, light", &["--param", "Mode=Accompany", "--voice", "--click", "719,23", "--seconds", "12"]),
    ("listen, light", &["--click", "719,23", "--click", "340,23", "--seconds", "9"]),
    ("mash, dragged large", &["--window", "1250,950", "--seconds", "7"]),
    ("mash, as small as it gets", &["--window", "820,693", "--seconds", "7"]),
    ("mash at 150 %", &["--scale", "1.5", "--seconds", "7"]),
];

/// Takes all pictures and puts them together.
pub(super) fn run(sheet: &Path) -> Result<()> {
    let bundles = bundle::current()?;
    let folder = sheet.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let voice = project::target().join("voice.wav");
    demo::sing_melody(&voice)?;
    let mut pictures = Vec::new();
    for (name, how) in PICTURES {
        let path = folder.join(format!("{}.png", name.replace([' ', ',', '%'], "_")));
        let display = Display::start()?;
        let mut command = display.own_command()?;
        command.args(["screenshot", "--child", "--bundle"]).arg(&bundles.clap).arg("--output").arg(&path);
        for argument in how {
            match *argument {
                "--voice" => _ = command.arg("--input").arg(&voice),
                argument => _ = command.arg(argument),
            }
        }
        project::run(&mut command)?;
        pictures.push((name, Picture::read(&path)?.scaled(WIDTH)));
    }
    together(&pictures).write(sheet)?;
    println!("{}", sheet.display());
    Ok(())
}

/// The pictures in rows, each below its name.
fn together(pictures: &[(&str, Picture)]) -> Picture {
    let rows: Vec<_> = pictures.chunks(COLUMNS).collect();
    let height =
        |row: &[(&str, Picture)]| row.iter().map(|(_, picture)| picture.height()).max().unwrap_or(0) + CAPTION + ROOM;
    let whole = rows.iter().map(|row| height(row)).sum::<u32>() + ROOM;
    let mut sheet = Picture::new(COLUMNS as u32 * (WIDTH + ROOM) + ROOM, whole, PAPER);
    let mut top = ROOM;
    for row in rows {
        for (column, (name, picture)) in row.iter().enumerate() {
            let left = ROOM + column as u32 * (WIDTH + ROOM);
            lettering::write(&mut sheet, left, top, name, INK);
            sheet.place(picture, left, top + CAPTION);
        }
        top += height(row);
    }
    sheet
}
