# shellcheck shell=bash
# Sourced after common.sh: Debian packages that are unpacked and not installed, and initramfs images made of them.

# kernel_package META: the kernel's package has its version in its name; the meta package knows it.
kernel_package() {
  apt-cache depends "$1" 2> /dev/null | sed -n 's/^ *Depends: *\(linux-image-[^ ]*\)$/\1/p' | head -n 1
}

# unpack_debian FOLDER META [PACKAGE...]: downloads the kernel META stands for, and the packages, and unpacks them in FOLDER.
unpack_debian() {
  local folder=$1 meta=$2 download package
  shift 2
  download=$(mktemp -d "$folder.XXXXXX")
  [[ -n $(kernel_package "$meta") ]] || update_package_lists || true
  package=$(kernel_package "$meta")
  [[ -n $package ]] || die "apt knows no package $meta: is Debian in /etc/apt/sources.list.d?"
  note "downloading $package${*:+ and $*} from Debian"
  (cd "$download" && apt_quiet download "$package" "$@" 2> /dev/null) ||
    { update_package_lists && package=$(kernel_package "$meta") && (cd "$download" && apt_quiet download "$package" "$@"); } ||
    die "cannot download $package${*:+ and $*}"
  for package in "$download"/*.deb; do
    dpkg -x "$package" "$folder"
  done
  rm -rf -- "$download"
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

# copy_modules TREE FOLDER MODULE...: with what they depend on; the file "order" in FOLDER names them as they can be loaded.
copy_modules() {
  local tree=$1 folder=$2 name file
  shift 2
  : > "$folder/order"
  for name in "$@"; do
    module_order "$name" "$tree"
  done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$folder/"
    printf '%s\n' "${file##*/}" >> "$folder/order"
  done
}

# pack_initrd ROOT BUSYBOX OUTPUT
pack_initrd() {
  (cd "$1" && find . | "$2" cpio -o -H newc 2> /dev/null) | gzip -1 > "$3.new"
  mv -- "$3.new" "$3"
}
