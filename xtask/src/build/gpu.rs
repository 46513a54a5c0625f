//! `cargo xtask gpu`: the library that runs networks on a GPU. Building it needs no GPU and no driver.

use crate::{files, project, python};
use anyhow::{Context, Result, bail, ensure};
use goblin::elf::Elf;
use songweave_device::{FILE_VARIABLE, file_name};
use songweave_library::store::own_folder;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compute capability that it is built for at least: cards of 2018 (Turing) and younger.
const CAPABILITY: &str = "75";
/// NVIDIA's libraries that the driver and the toolkit bring at run time, and the versions of their files.
const NVIDIA: [(&str, u32); 5] = [("cuda", 1), ("cublas", 13), ("cublasLt", 13), ("curand", 10), ("nvrtc", 13)];
/// What the library has to offer.
const ENTRY_POINT: &str = "songweave_device_open";

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The same code for the CPU: slower than the plugin's own layers, but all of it can be tried without a GPU
    #[arg(long)]
    cpu: bool,
    /// Copy it to where plugin and program look for it
    #[arg(long)]
    install: bool,
    /// Then measure it on this machine, in some minutes; see `bench --device gpu`
    #[arg(long, value_name = "FILE.json")]
    measure: Option<PathBuf>,
}

/// Builds the library, checks it and says where it is.
pub(crate) fn run(args: &Args) -> Result<()> {
    let library = if args.cpu || cfg!(target_os = "macos") { plain()? } else { for_nvidia()? };
    println!("{}", library.display());
    if args.install {
        let target = own_folder()?.join(file_name());
        files::copy_by_rename(&library, &target)?;
        println!("installed: {}", target.display());
    }
    let Some(json) = &args.measure else { return Ok(()) };
    // The plugin asks its environment for the library, so it gets a process of its own.
    let mut measure = project::own();
    measure.args(["bench", "--device", "gpu", "--json"]).arg(json).env(FILE_VARIABLE, &library);
    project::run(&mut measure)
}

/// The library for the CPU, or on a Mac for Metal.
pub(crate) fn plain() -> Result<PathBuf> {
    let mut command = project::cargo();
    command.args(["build", "--quiet", "--release", "--package", "songweave-gpu"]).current_dir(project::root());
    project::run(&mut command)?;
    Ok(project::target().join("release").join(file_name()))
}

/// The library for NVIDIA's cards.
fn for_nvidia() -> Result<PathBuf> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "the library for NVIDIA's cards is built on Linux with an x86-64 processor so far; --cpu builds everywhere"
    );
    let compiler = compiler()?;
    let target = project::target().join("gpu");
    let stand_ins = stand_ins(&compiler, &target.join("stand-ins"))?;
    println!("building the library for NVIDIA's cards (about ten minutes the first time)");
    let mut path = vec![compiler.join("bin")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut command = project::cargo();
    command.args(["build", "--quiet", "--release", "--package", "songweave-gpu", "--features", "cuda"]);
    command
        .env("CUDA_HOME", &compiler)
        .env("CUDA_COMPUTE_CAP", CAPABILITY)
        .env("CARGO_TARGET_DIR", &target)
        .env("PATH", std::env::join_paths(path)?)
        .env("RUSTFLAGS", format!("-L native={}", stand_ins.display()));
    project::run(command.current_dir(project::root()))?;
    let library = target.join("release").join(file_name());
    check(&library)?;
    Ok(library)
}

/// NVIDIA's compiler, which comes from PyPI.
fn compiler() -> Result<PathBuf> {
    let python = python::environment("venv-gpu", &project::root().join("xtask/python/gpu/requirements.txt"))?;
    let mut packages = Command::new(python);
    packages.args(["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
    let packages = packages.output().context("the Python environment of NVIDIA's compiler cannot be asked")?;
    let folder = PathBuf::from(String::from_utf8(packages.stdout)?.trim()).join("nvidia/cu13");
    ensure!(folder.join("bin/nvcc").is_file(), "there is no NVIDIA compiler in {}", folder.display());
    Ok(folder)
}

/// A folder with what the linker wants to see of NVIDIA's libraries: their names. A machine that builds has no driver.
fn stand_ins(compiler: &Path, folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    for (name, version) in NVIDIA {
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-x", "c", "/dev/null", &format!("-Wl,-soname,lib{name}.so.{version}"), "-o"]);
        project::run(cc.arg(folder.join(format!("lib{name}.so"))))?;
    }
    files::copy_by_rename(&compiler.join("lib/libcudart.so.13"), &folder.join("libcudart.so"))?;
    Ok(folder.to_owned())
}

/// Whether a library offers what the plugin asks for, and asks for NVIDIA's libraries by name. Nothing of it is run.
fn check(library: &Path) -> Result<()> {
    let bytes = std::fs::read(library)?;
    let elf = Elf::parse(&bytes).with_context(|| format!("{} is no library", library.display()))?;
    let offers = |name: &str| {
        elf.dynsyms.iter().any(|symbol| !symbol.is_import() && elf.dynstrtab.get_at(symbol.st_name) == Some(name))
    };
    ensure!(offers(ENTRY_POINT), "{} does not offer {ENTRY_POINT}", library.display());
    for (name, version) in NVIDIA {
        let needed = format!("lib{name}.so.{version}");
        if !elf.libraries.contains(&needed.as_str()) {
            bail!("{} does not ask for {needed}, and would not load on a machine that has it", library.display());
        }
    }
    println!("{} asks for {}", library.display(), elf.libraries.join(", "));
    Ok(())
}
