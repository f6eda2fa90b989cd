# Where `make bench` keeps what it makes, and how a program out of an unpacked Debian package is run. Sourced, not run.
bench=$PWD/target/bench
corpus=$bench/corpus
peers=$bench/peers
root=$peers/root

# The folders of the unpacked packages that hold libraries; the system's own serve for all that is not there.
unpacked_libraries() {
    find "$root" -name '*.so*' -printf '%h\n' 2>/dev/null | grep -vE '/(modules-Q16|GraphicsMagick-[^/]*)/' | sort -u | paste -sd :
}

# tool NAME ARGUMENT...: runs an unpacked program, or the system's when it was installed already.
tool() {
    local program
    program=$(tool_path "$1")
    shift
    env LD_LIBRARY_PATH="$(unpacked_libraries)" MAGICK_CONFIGURE_PATH="$(magick_settings)" \
        MAGICK_CODER_MODULE_PATH="$(magick_coders)" "$program" "$@"
}

# ImageMagick looks for its codecs where it would be installed.
magick_coders() {
    find "$root/usr/lib" -path '*modules-Q16/coders' 2>/dev/null | head -n 1
}

magick_settings() {
    find "$root/etc" -maxdepth 1 -name 'ImageMagick-*' 2>/dev/null | head -n 1
}

# ImageMagick's program carries the flavour in its name, and the short names are links that only an installation makes.
tool_path() {
    local candidate
    for candidate in "$root/usr/bin/$1" "$root/usr/bin/$1-im6.q16"; do
        [ ! -x "$candidate" ] || { echo "$candidate"; return; }
    done
    command -v "$1"
}
