#!/usr/bin/env bash
# Builds out/qmp-redirector_VERSION_ARCH.deb with Debian's own tools, and lets lintian judge it. See usage() below.
set -euo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=scripts/lib/common.sh
. "$top/scripts/lib/common.sh"

usage() {
  cat << USAGE
usage: scripts/package.sh [FOLDER]

Builds qmp-redirector_VERSION_ARCH.deb into FOLDER (out), from out/qmp-redirector,
which scripts/build.sh makes first if it is not there. Prints the package's path. Fails
if lintian finds an error. DEBFULLNAME and DEBEMAIL, as Debian's tools know them, say
who maintains it.
USAGE
}

control() {
  local depends
  # dpkg-shlibdeps reads debian/control where it is started.
  mkdir -p "$work/debian"
  printf 'Source: qmp-redirector\n\nPackage: qmp-redirector\nArchitecture: any\n' > "$work/debian/control"
  depends=$(cd "$work" && dpkg-shlibdeps -O "$tree/usr/bin/qmp-redirector" 2> /dev/null | sed -n 's/^shlibs:Depends=//p')
  [[ -n $depends ]] || die "dpkg-shlibdeps cannot tell which libraries out/qmp-redirector needs"
  cat << CONTROL
Package: qmp-redirector
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: $maintainer
Section: net
Priority: optional
Installed-Size: $(du -sk --apparent-size "$tree" | cut -f 1)
Depends: $depends, python3:any
Recommends: libvirt-daemon-system
Suggests: apparmor
Description: QEMU's filter-redirector for vhost-net guests
 QEMU's filter-redirector and filter-mirror send a guest's packets to a
 chardev, and refuse netdevs with vhost=on or several queues. This sidecar
 does their work from outside: it follows the VM by QMP, captures its TAP with
 AF_PACKET exactly while the filter would be active, and writes the frames in
 QEMU's own framing.
 .
 With it come a systemd unit, a hook that starts it for libvirt's domains that
 ask for it in their metadata, and an AppArmor profile.
CONTROL
}

changelog() {
  # The time of the last commit, so that the same sources make the same package.
  local seconds
  seconds=$(git -C "$top" log -1 --format=%ct 2> /dev/null || stat -c %Y "$top/Directory.Build.props")
  export SOURCE_DATE_EPOCH=$seconds
  printf 'qmp-redirector (%s) unstable; urgency=medium\n\n  * Built from its repository by scripts/package.sh.\n\n' "$version"
  printf ' -- %s  %s\n' "$maintainer" "$(LC_ALL=C date -u -R -d "@$seconds")"
}

build() {
  local script documents=$tree/usr/share/doc/qmp-redirector
  "$top/scripts/install.sh" --destdir "$tree" --prefix /usr --unitdir /lib/systemd/system
  mkdir -p "$tree/DEBIAN" "$tree/usr/share/lintian/overrides"
  install -m 644 "$top/scripts/install/debian/copyright" "$documents/copyright"
  install -m 644 "$top/scripts/install/debian/lintian-overrides" "$tree/usr/share/lintian/overrides/qmp-redirector"
  changelog > "$work/changelog"
  SOURCE_DATE_EPOCH=$(date -d "$(sed -n 's/^ -- .*>  //p' "$work/changelog")" +%s)
  export SOURCE_DATE_EPOCH
  gzip -9n < "$work/changelog" > "$documents/changelog.gz"
  for script in postinst prerm postrm; do
    install -m 755 "$top/scripts/install/debian/$script" "$tree/DEBIAN/$script"
  done
  (cd "$tree" && find etc -type f | sort | sed 's|^|/|') > "$tree/DEBIAN/conffiles"
  (cd "$tree" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | sort -z | xargs -0 md5sum) > "$tree/DEBIAN/md5sums"
  control > "$tree/DEBIAN/control"
  # umask may have been strict; a package's files are for everybody.
  find "$tree" -type d -exec chmod 755 {} +
  chmod 644 "$tree"/DEBIAN/{control,conffiles,md5sums} "$documents"/changelog.gz
  package=$folder/qmp-redirector_${version}_$(dpkg --print-architecture).deb
  dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" > /dev/null
}

main() {
  case ${1-} in
    -h | --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
  esac
  need_packages dpkg-deb=dpkg dpkg-shlibdeps=dpkg-dev objdump=binutils lintian=lintian
  folder=$(mkdir -p "${1:-$top/out}" && cd "${1:-$top/out}" && pwd)
  version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$top/Directory.Build.props")
  maintainer="${DEBFULLNAME:-The QmpRedirector authors} <${DEBEMAIL:-qmp-redirector@example.org}>"
  work=$(mktemp -d)
  trap 'rm -rf -- "$work"' EXIT
  tree=$work/tree
  mkdir "$tree"
  build
  lintian --allow-root --no-cfg --fail-on error "$package" >&2 || die "lintian finds errors in $package"
  printf '%s\n' "$package"
}

main "$@"
