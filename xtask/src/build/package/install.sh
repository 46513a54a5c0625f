#!/bin/sh
# Installs Songweave for the user who runs this; nothing outside the home folder is touched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case $(uname) in
Darwin) clap="$HOME/Library/Audio/Plug-Ins/CLAP" vst3="$HOME/Library/Audio/Plug-Ins/VST3" ;;
*) clap="$HOME/.clap" vst3="$HOME/.vst3" ;;
esac
bin="$HOME/.local/bin"
mkdir -p "$clap" "$vst3" "$bin"
put() { # a file or folder, and the folder it goes to
    rm -rf "$2/.$1.new"
    cp -R "$here/$1" "$2/.$1.new"
    rm -rf "${2:?}/$1"
    mv "$2/.$1.new" "$2/$1"
    echo "installed $2/$1"
}
put Songweave.clap "$clap"
put Songweave.vst3 "$vst3"
put songweave "$bin"
if [ "$(uname)" = Darwin ]; then
    # What comes from the web is locked until the user says that it is wanted; starting this script says so.
    xattr -dr com.apple.quarantine "$clap/Songweave.clap" "$vst3/Songweave.vst3" "$bin/songweave" 2>/dev/null || true
fi
case ":$PATH:" in
*":$bin:"*) ;;
*) echo "to call songweave by its name, add $bin to PATH" ;;
esac
