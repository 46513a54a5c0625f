//! A package for Debian and its relatives, in Debian's binary format 2.0 (deb(5)).

use super::{VERSION, archive};
use crate::build::{bundle::icon, target::Target};
use crate::files;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Where what is in the package's folder goes: the beginning of its path, and the folder below the root.
const PLACES: [(&str, &str); 4] = [
    ("Songweave.clap", "usr/lib/clap"),
    ("Songweave.vst3", "usr/lib/vst3"),
    ("songweave", "usr/bin"),
    ("", "usr/share/doc/songweave"),
];
/// Scripts of the archive, for which Debian has a way of its own.
const OWN_WAY: [&str; 3] = ["install.sh", "uninstall.sh", "README.txt"];
/// Libraries that the plugin is linked with.
const DEPENDS: &str = "libc6, libgcc-s1, libgl1, libx11-6, libx11-xcb1, libxcb1, libxcursor1, libxkbcommon-x11-0";

/// Sizes of the icon in the theme that every desktop falls back on.
const ICONS: [u32; 3] = [48, 128, 256];
/// The entry of the program in menus: its page on the user's library.
const DESKTOP: &str = "[Desktop Entry]\nType=Application\nName=Songweave\nComment=What goes together in your music library\n\
                       Exec=songweave serve\nIcon=songweave\nTerminal=true\nCategories=AudioVideo;Audio;\n";

/// Writes the package of a filled folder.
pub(super) fn write(folder: &Path, target: &Target, out: &Path) -> Result<PathBuf> {
    let architecture = match target.arch.as_str() {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => bail!("Debian's name for the processor {other} is not known here"),
    };
    let path = out.join(format!("songweave_{VERSION}_{architecture}.deb"));
    let entries = entries(folder)?.into_iter().chain(menu(&out.join("menu"))?).collect::<Vec<_>>();
    let size: u64 = entries.iter().map(|(file, _)| file.metadata().map_or(0, |metadata| metadata.len())).sum();
    let mut data = Vec::new();
    archive::write_tar(&mut data, entries)?;
    let mut control = Vec::new();
    write_control(&mut control, folder, architecture, size)?;
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut deb = ar::Builder::new(file);
    for (name, content) in
        [("debian-binary", b"2.0\n".as_slice()), ("control.tar.gz", &control), ("data.tar.gz", &data)]
    {
        deb.append(&ar::Header::new(name.as_bytes().to_vec(), content.len() as u64), content)?;
    }
    Ok(path)
}

/// The files of the package: where they are, and where they go.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut entries = Vec::new();
    for file in files::below(folder, &|_| true)? {
        let inside = file.strip_prefix(folder)?;
        if OWN_WAY.iter().any(|name| inside == Path::new(name)) {
            continue;
        }
        let place = PLACES.iter().find(|(start, _)| start.is_empty() || inside.starts_with(start));
        let place = place.map_or("", |(_, place)| place);
        entries.push((file.clone(), Path::new(place).join(inside)));
    }
    // Debian looks for what may be done with a package under this name.
    entries.push((folder.join("LICENSE-MIT"), "usr/share/doc/songweave/copyright".into()));
    Ok(entries)
}

/// The entry in menus with its icons, written into a folder.
fn menu(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut files = vec![("usr/share/applications/songweave.desktop".to_owned(), DESKTOP.as_bytes().to_vec())];
    for size in ICONS {
        files.push((format!("usr/share/icons/hicolor/{size}x{size}/apps/songweave.png"), icon::png(size)?));
    }
    let written = files.into_iter().map(|(place, content)| {
        let file = folder.join(&place);
        files::write_if_changed(&file, &content)?;
        Ok((file, place.into()))
    });
    written.collect()
}

fn write_control(out: &mut Vec<u8>, folder: &Path, architecture: &str, size: u64) -> Result<()> {
    let text = format!(
        "Package: songweave\nVersion: {VERSION}\nArchitecture: {architecture}\nMaintainer: The Songweave developers \
         <developers@songweave.invalid>\nInstalled-Size: {}\nDepends: {DEPENDS}\nSection: sound\nPriority: optional\nDescription: mash two songs, \
         accompany and tune a voice\n CLAP and VST3 plugin, and a program that knows what goes together in a music \
         library.\n",
        size.div_ceil(1024),
    );
    let control = folder.with_extension("control");
    std::fs::write(&control, text)?;
    archive::write_tar(out, [(control.clone(), PathBuf::from("control"))])?;
    std::fs::remove_file(&control)?;
    Ok(())
}
