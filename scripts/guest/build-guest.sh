#!/usr/bin/env bash
# Makes the small guest of the demo and the system tests: Debian's cloud kernel, and an initramfs with busybox, virtio
# modules and the agent (agent.c). Also builds the tools that run beside it. See README.md here.
set -euo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"

modules=(virtio_pci virtio_net virtio_blk virtio_console pvpanic-mmio pvpanic-pci)
tools=(send-numbered compare-captures ask)

usage() {
  cat << USAGE
usage: build-guest.sh [--refresh]

Prints KERNEL=, INITRD= and TOOLS= (a folder), each with an absolute path. What is
already in the cache (\$QMP_REDIRECTOR_CACHE, else ~/.cache/qmp-redirector) is not
made again. --refresh fetches the kernel and busybox anew from Debian.
USAGE
}

# The kernel's package has its version in its name; the meta package knows it.
kernel_package() {
  apt-cache depends linux-image-cloud-amd64 2> /dev/null | sed -n 's/^ *Depends: *\(linux-image-[^ ]*\)$/\1/p' | head -n 1
}

# fetch FOLDER: downloads and unpacks kernel and busybox into FOLDER, which must not exist.
fetch() {
  local folder=$1 download=$work/download package
  mkdir "$download"
  [[ -n $(kernel_package) ]] || update_package_lists || true
  package=$(kernel_package)
  [[ -n $package ]] || die "apt knows no package linux-image-cloud-amd64: is Debian in /etc/apt/sources.list.d?"
  note "downloading $package and busybox-static from Debian"
  (cd "$download" && apt_quiet download "$package" busybox-static 2> /dev/null) ||
    { update_package_lists && package=$(kernel_package) && (cd "$download" && apt_quiet download "$package" busybox-static); } ||
    die "cannot download $package and busybox-static"
  for package in "$download"/*.deb; do
    dpkg -x "$package" "$work/debian"
  done
  mv -- "$work/debian" "$folder"
}

# Prints the module's dependencies, then the module: the order in which they can be loaded.
module_order() {
  local name=$1 tree=$2 file dependency
  file=$(find "$tree" -name "$name.ko" -o -name "${name//_/-}.ko" -o -name "${name//-/_}.ko" | head -n 1)
  # Built into the kernel, or absent from it: nothing to load.
  [[ -n $file ]] || return 0
  for dependency in $(tr '\0' '\n' < "$file" | sed -n 's/^depends=//p' | tr ',' ' '); do
    module_order "$dependency" "$tree"
  done
  printf '%s\n' "$file"
}

# compile SOURCE OUTPUT [OPTION...]
compile() {
  gcc -std=gnu17 -Wall -Wextra -O2 "${@:3}" -o "$2" "$1"
}

# build_initrd DEBIAN-ROOT OUTPUT
build_initrd() {
  local debian=$1 output=$2 root=$work/root tree name file
  tree=$(echo "$debian"/lib/modules/*)
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,modules}
  cp "$debian/bin/busybox" "$root/bin/"
  cp "$here/init" "$root/init"
  compile "$here/agent.c" "$root/agent" -static
  for name in "${modules[@]}"; do
    module_order "$name" "$tree"
  done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$root/modules/"
    printf '%s\n' "${file##*/}"
  done > "$work/order"
  mv "$work/order" "$root/modules/order"
  (cd "$root" && find . | "$debian/bin/busybox" cpio -o -H newc 2> /dev/null) | gzip -1 > "$work/initrd"
  mv -- "$work/initrd" "$output"
}

# build_tools FOLDER
build_tools() {
  local tool
  mkdir "$work/tools"
  for tool in "${tools[@]}"; do
    compile "$here/tools/$tool.c" "$work/tools/$tool"
  done
  mv -- "$work/tools" "$1"
}

main() {
  local refresh='' cache version debian initrd folder
  while (($#)); do
    case $1 in
      -h | --help) usage; exit ;;
      --refresh) refresh=yes ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done

  cache=$(cache_folder)/guest
  mkdir -p "$cache"
  # Two that run at once: the second waits and finds everything made.
  exec {lock}> "$cache/lock"
  flock "$lock"
  # Everything is made here and moved to its name when it is complete.
  work=$(mktemp -d "$cache/new.XXXXXX")
  trap 'rm -rf -- "$work"' EXIT

  debian=$cache/debian
  [[ -z $refresh ]] || rm -rf -- "$debian"
  # Named by the sources, so working copies that differ can share the cache.
  version=$(cat -- "$here"/{build-guest.sh,init,agent.c,numbered.h} "$here"/tools/*.c | sha256sum | cut -c 1-16)
  initrd=$cache/initrd-$version.img
  folder=$cache/tools-$version

  need_packages gcc=gcc /usr/lib/x86_64-linux-gnu/libc.a=libc6-dev dpkg=dpkg gzip=gzip
  [[ -d $debian ]] || fetch "$debian"
  [[ -d $folder ]] || build_tools "$folder"
  [[ -f $initrd && $initrd -nt $debian ]] || build_initrd "$debian" "$initrd"

  printf 'KERNEL=%s\nINITRD=%s\nTOOLS=%s\n' "$(echo "$debian"/boot/vmlinuz-*)" "$initrd" "$folder"
}

main "$@"
