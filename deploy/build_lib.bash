# Building, for the scripts that do it: what is wrong with the machine is one line, and no half-made build folder is left
# behind that would fail differently the next time. Sourced from the top of the tree, with `script` set to the name that
# stands before errors.

say() { printf '\n== %s\n' "$*"; }
fail() { echo "$script: $*" >&2; exit "${exit_code:-1}"; }

# needs_room KIB: of the disk that the build folder lies on.
needs_room() {
    local free
    free=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$1" ] || exit_code=7 fail "$((free / 1024)) MiB are free where $PWD lies, and a build takes" \
        "$(($1 / 1024)). Try: free some space, or remove build/"
}

# cached NAME: what the build folder `folder` was configured with.
cached() { sed -n "s/^$1:[A-Z]*=//p" "$folder/CMakeCache.txt" 2>/dev/null | head -1; }

# same_folder PRESET COMPILER: ends with a line when build/PRESET was made by another compiler or in another place.
same_folder() {
    local folder=build/$1 made_by made_in
    [ -e "$folder/CMakeCache.txt" ] || return 0
    made_by=$(cached CMAKE_CXX_COMPILER) made_in=$(cached CMAKE_HOME_DIRECTORY)
    [ "$made_in" = "$PWD" ] || exit_code=4 fail "$folder was configured for $made_in. Try: rm -rf $folder"
    [ "$(basename "$made_by")" = "$2" ] || [ "$(readlink -f "$made_by")" = "$(readlink -f "$(command -v "$2")")" ] ||
        exit_code=4 fail "$folder was made by $made_by, and preset $1 takes $2. Try: rm -rf $folder"
}

# build PRESET COMPILER [CMAKE OPTION…]: configures and builds it.
build() {
    local preset=$1 compiler=$2 new=0
    shift 2
    needs_room $((1500 * 1024))
    same_folder "$preset" "$compiler"
    [ -e "build/$preset/CMakeCache.txt" ] || new=1
    if ! cmake --preset "$preset" >/dev/null; then
        [ $new -eq 0 ] || rm -rf "build/$preset"
        exit_code=4 fail "preset $preset cannot be configured; the reason stands above. Try: deploy/setup.sh"
    fi
    # Clang in huge pages, where the kernel gives them on demand, takes a seventh less; g++ has an allocator of its own.
    local -x GLIBC_TUNABLES=${GLIBC_TUNABLES:-}
    [[ $compiler != clang* ]] || GLIBC_TUNABLES=glibc.malloc.hugetlb=1
    cmake --build --preset "$preset" "$@" || fail "preset $preset does not build; the reason stands above"
}
