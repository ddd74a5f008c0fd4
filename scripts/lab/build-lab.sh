#!/usr/bin/env bash
# Makes the lab VM of scripts/lab.sh: Debian's kernel with its virtual network devices' modules, and an initramfs that takes
# the machine's own files as the VM's root. See README.md here.
set -euo pipefail

here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/lib/debian.sh
. "$here/../lib/debian.sh"
# shellcheck source=scripts/lib/cache.sh
. "$here/../lib/cache.sh"

# What the initramfs needs to reach its root; the rest is loaded from there.
modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)
# Of the 390 MB of modules, what a machine of virtual devices can use. Folders, or files in a folder that is not taken whole.
kept=(arch crypto lib virt net fs/{9p,overlayfs,netfs,fscache,fuse,ext4,jbd2,mbcache.ko}
  drivers/{vhost,virtio,vdpa,vfio,block,char,watchdog,crypto/ccp} 'drivers/net/*.ko' drivers/net/{bonding,team,vxlan,ipvlan,netdevsim})

usage() {
  cat << USAGE
usage: build-lab.sh [--refresh]

Prints LAB_KERNEL=, LAB_INITRD= and LAB_MODULES= (for /lib/modules), each with an
absolute path. What is already in the cache (\$QMP_REDIRECTOR_CACHE, else
~/.cache/qmp-redirector) is not made again; a changed recipe makes it anew. About
110 MB. --refresh fetches Debian's present kernel.
USAGE
}

# An uncompressed kernel is started by PVH: under TCG 3 s faster than one that decompresses itself. uncompress BZIMAGE OUTPUT
uncompress() {
  local offset
  # xz's magic: what Debian's kernel is compressed with. Another compression, or none found: the bzImage does.
  offset=$(LC_ALL=C grep -abom 1 -P '\xfd7zXZ\x00' "$1" | head -n 1 | cut -d : -f 1)
  if [[ -n $offset ]]; then
    # The payload is followed by other bytes, at which xz fails after it has written all.
    tail -c "+$((offset + 1))" "$1" 2> /dev/null | xz -dc > "$2" 2> /dev/null || true
    [[ $(head -c 4 "$2") != $'\x7fELF' ]] || return 0
  fi
  cp "$1" "$2"
}

# build_kernel FOLDER
build_kernel() {
  local debian=$work/debian new=$work/kernel version path
  unpack_debian "$debian" linux-image-amd64
  version=$(basename "$debian"/lib/modules/*)
  mkdir -p "$new/modules/$version/kernel"
  uncompress "$debian/boot/vmlinuz-$version" "$new/kernel"
  for path in "${kept[@]}"; do
    # Unquoted for its pattern. A version of the kernel may lack one.
    (cd "$debian/lib/modules/$version/kernel" && for file in $path; do
      [[ ! -e $file ]] || cp -r --parents "$file" "$new/modules/$version/kernel/"
    done)
  done
  cp "$debian/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$new/modules/$version/"
  mkdir "$work/lib"
  ln -s ../kernel/modules "$work/lib/modules"
  depmod -b "$work" "$version"
  rm -rf -- "$debian"
  mv -- "$new" "$1"
}

# build_initrd KERNEL-FOLDER OUTPUT
build_initrd() {
  local root=$work/root busybox guest
  guest=$("$here/../guest/build-guest.sh")
  busybox=$(sed -n 's,^KERNEL=\(.*\)/boot/.*,\1/bin/busybox,p' <<< "$guest")
  mkdir -p "$root"/{bin,dev,proc,sys,root,machine,memory,modules}
  cp "$busybox" "$root/bin/busybox"
  cp "$here/init" "$root/init"
  copy_modules "$(echo "$1"/modules/*)" "$root/modules" "${modules[@]}"
  pack_initrd "$root" "$busybox" "$work/initrd"
  mv -- "$work/initrd" "$2"
}

main() {
  local refresh='' kernel initrd
  while (($#)); do
    case $1 in
      -h | --help) usage; exit ;;
      --refresh) refresh=yes ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done

  open_cache lab
  kernel=$cache/kernel-$(recipe "$here/build-lab.sh" "$here/../lib/debian.sh")
  initrd=$cache/initrd-$(recipe "$here/init" "$here/build-lab.sh" "$here/../lib/debian.sh").img
  [[ -z $refresh ]] || rm -rf -- "$kernel" "$initrd"

  need_packages dpkg=dpkg gzip=gzip xz=xz-utils /sbin/depmod=kmod
  [[ -d $kernel ]] || build_kernel "$kernel"
  [[ -f $initrd && ! $kernel/kernel -nt $initrd ]] || build_initrd "$kernel" "$initrd"
  touch -- "$kernel" "$initrd"
  keep_latest 2 'kernel-*'
  keep_latest 2 'initrd-*'

  printf 'LAB_KERNEL=%s\nLAB_INITRD=%s\nLAB_MODULES=%s\n' "$kernel/kernel" "$initrd" "$kernel/modules"
}

main "$@"
