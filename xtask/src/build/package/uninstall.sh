#!/bin/sh
# Removes what install.sh installed. Your library and settings stay.
set -eu
case $(uname) in
Darwin) clap="$HOME/Library/Audio/Plug-Ins/CLAP" vst3="$HOME/Library/Audio/Plug-Ins/VST3" ;;
*) clap="$HOME/.clap" vst3="$HOME/.vst3" ;;
esac
for path in "$clap/Songweave.clap" "$vst3/Songweave.vst3" "$HOME/.local/bin/songweave"; do
    if [ -e "$path" ]; then
        rm -rf "$path"
        echo "removed $path"
    fi
done
