#!/usr/bin/env bash
# Makes the small guest of the demo and the system tests: Debian's cloud kernel, and an initramfs with busybox, virtio
# modules and the agent (agent.c). Also builds the tools that run beside it. See README.md here.
set -euo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/lib/debian.sh
. "$here/../lib/debian.sh"
# shellcheck source=scripts/lib/cache.sh
. "$here/../lib/cache.sh"

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

# compile SOURCE OUTPUT [OPTION...]
compile() {
  gcc -std=gnu17 -Wall -Wextra -O2 "${@:3}" -o "$2" "$1"
}

# build_initrd DEBIAN-ROOT OUTPUT
build_initrd() {
  local debian=$1 root=$work/root
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,modules}
  cp "$debian/bin/busybox" "$root/bin/"
  cp "$here/init" "$root/init"
  compile "$here/agent.c" "$root/agent" -static
  compile "$here/capture.c" "$root/capture" -static
  copy_modules "$(echo "$debian"/lib/modules/*)" "$root/modules" "${modules[@]}"
  pack_initrd "$root" "$debian/bin/busybox" "$work/initrd"
  mv -- "$work/initrd" "$2"
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

  open_cache guest
  debian=$cache/debian
  [[ -z $refresh ]] || rm -rf -- "$debian"
  version=$(recipe "$here"/{build-guest.sh,init,agent.c,capture.c,numbered.h,../lib/debian.sh} "$here"/tools/*.c)
  initrd=$cache/initrd-$version.img
  folder=$cache/tools-$version

  need_packages gcc=gcc /usr/lib/x86_64-linux-gnu/libc.a=libc6-dev dpkg=dpkg gzip=gzip
  if [[ ! -d $debian ]]; then
    unpack_debian "$work/debian" linux-image-cloud-amd64 busybox-static
    mv -- "$work/debian" "$debian"
  fi
  [[ -d $folder ]] || build_tools "$folder"
  [[ -f $initrd && $initrd -nt $debian ]] || build_initrd "$debian" "$initrd"
  touch -- "$folder" "$initrd"
  # More than the lab's, being small: working copies that differ run tests at the same time.
  keep_latest 8 'tools-*'
  keep_latest 8 'initrd-*'

  printf 'KERNEL=%s\nINITRD=%s\nTOOLS=%s\n' "$(echo "$debian"/boot/vmlinuz-*)" "$initrd" "$folder"
}

main "$@"
