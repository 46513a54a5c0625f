//! The files of a command line: nothing that is read may be written over, and nothing be written twice.

use super::lanes::Lanes;
use super::options::Args;
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

/// A file and the option that names it.
pub(super) struct Named {
    option: &'static str,
    path: PathBuf,
}

fn named(option: &'static str, path: Option<&PathBuf>) -> Option<Named> {
    path.map(|path| Named { option, path: path.clone() })
}

/// The files that a render reads.
fn read(args: &Args) -> Vec<Named> {
    let files = [
        named("--input", Some(&args.input)),
        named("--sidechain", args.sidechain.as_ref()),
        named("--midi-in", args.midi_in.as_ref()),
        named("--lanes", args.lanes.as_ref()),
        named("--bundle", args.bundle.as_ref()),
    ];
    files.into_iter().flatten().collect()
}

/// The files that a render writes; `stems` are the names of the instruments' outputs, as far as they are known.
fn written(args: &Args, stems: &[String]) -> Vec<Named> {
    let mask = args.mask_out.as_ref();
    let array = mask.filter(|path| path.extension().is_some_and(|kind| kind == "npy"));
    let files = [
        named("--output", Some(&args.output)),
        named("--midi-out", args.midi_out.as_ref()),
        named("--mask-out", mask),
        named("the lanes of --mask-out", mask.map(|path| Lanes::path(path)).as_ref()),
        named("the description of --mask-out", array.map(|path| path.with_extension("json")).as_ref()),
        named("--roll-out", args.roll_out.as_ref()),
        named("--receipt", args.receipt.as_ref()),
    ];
    let stems = args.stems_out.iter().flat_map(|folder| {
        stems
            .iter()
            .map(|name| Named { option: "--stems-out", path: crate::render::written::stems::path(folder, name) })
    });
    let sheets = args.sheet_out.iter().map(|path| Named { option: "--sheet-out", path: path.clone() });
    files.into_iter().flatten().chain(sheets).chain(stems).collect()
}

/// Refuses a command line of which one file would be written over another, whatever way the paths lead to it: links,
/// other spellings, other case where the file system does not tell it apart.
///
/// # Errors
/// Two of the paths lead to one file; says which.
pub(super) fn keep_apart(args: &Args, stems: &[String]) -> Result<()> {
    let (read, written) = (read(args), written(args, stems));
    for (index, output) in written.iter().enumerate() {
        let shown = output.path.display();
        if let Some(input) = read.iter().find(|input| same(&input.path, &output.path)) {
            let (option, input) = (input.option, input.path.display());
            ensure!(false, "{} {shown} would overwrite {option} {input}; name another file", output.option);
        }
        // Any number of outputs may go into a device, /dev/null above all.
        let device = std::fs::metadata(&output.path).is_ok_and(|found| !found.is_file() && !found.is_dir());
        let twice = written[..index].iter().find(|other| !device && same(&other.path, &output.path));
        if let Some(other) = twice {
            let option = output.option;
            ensure!(false, "{} and {option} would both be written to {shown}; name two files", other.option);
        }
    }
    Ok(())
}

/// Whether two paths are one file, or would be.
fn same(one: &Path, other: &Path) -> bool {
    match (one.exists(), other.exists()) {
        (true, true) => same_file::is_same_file(one, other).unwrap_or(false),
        // What is there under one spelling only is not there under the other.
        (true, false) | (false, true) => false,
        (false, false) => place(one) == place(other),
    }
}

/// Where a file would come to be, in small letters, since many file systems do not tell them apart.
fn place(path: &Path) -> (PathBuf, String) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    (folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is said of a command line with these options, whose words `@name` become files of `folder`.
    fn complaint(folder: &Path, options: &str) -> Option<String> {
        let word = |word: &str| match word.strip_prefix('@') {
            Some(name) => folder.join(name).display().to_string(),
            None => word.to_owned(),
        };
        let words: Vec<String> = options.split(' ').map(word).collect();
        let stems = ["Voice", "Drums"].map(str::to_owned);
        keep_apart(&Args::parse_line(&words).unwrap(), &stems).err().map(|error| error.to_string())
    }

    #[test]
    fn no_file_is_written_over_another() {
        let folder = std::env::temp_dir().join(format!("songweave-paths-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("stems")).unwrap();
        for name in ["a.wav", "b.wav", "in.mid", "x.lanes.json", "stems/drums.wav"] {
            std::fs::write(folder.join(name), name).unwrap();
        }
        std::fs::hard_link(folder.join("a.wav"), folder.join("hard.wav")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("a.wav", folder.join("link.wav")).unwrap();
        let wrong = [
            ("--input @a.wav --output @a.wav", "would overwrite --input"),
            ("--input @a.wav --output @stems/../a.wav", "would overwrite --input"),
            ("--input @a.wav --output @hard.wav", "would overwrite --input"),
            ("--input @a.wav --sidechain @b.wav --output @b.wav", "would overwrite --sidechain"),
            ("--input @a.wav --midi-in @in.mid --output @o.wav --midi-out @in.mid", "would overwrite --midi-in"),
            ("--input @a.wav --output @o.wav --receipt @a.wav", "--receipt"),
            ("--input @a.wav --lanes @x.lanes.json --output @o.wav --mask-out @x.png", "would overwrite --lanes"),
            ("--input @stems/drums.wav --output @o.wav --stems-out @stems", "--stems-out"),
            ("--input @a.wav --output @o.wav --receipt @O.wav", "--output and --receipt"),
            ("--input @a.wav --output @o.json --mask-out @o.npy", "--output and the description of --mask-out"),
            ("--input @a.wav --output @stems/voice.wav --stems-out @stems", "--output and --stems-out"),
        ];
        for (options, wanted) in wrong {
            let said = complaint(&folder, options);
            assert!(said.as_ref().is_some_and(|said| said.contains(wanted)), "{options}: {said:?}");
        }
        #[cfg(unix)]
        for options in ["--input @a.wav --output @link.wav", "--input @link.wav --output @a.wav"] {
            assert!(complaint(&folder, options).is_some(), "{options}");
        }
        for options in [
            "--input @a.wav --sidechain @a.wav --output @o.wav --receipt @o.json",
            "--input @a.wav --output /dev/null --receipt /dev/null",
        ] {
            assert_eq!(complaint(&folder, options), None, "{options}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
