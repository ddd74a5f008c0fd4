#!/usr/bin/env bash
# Installs out/qmp-redirector with its unit, libvirt hook, AppArmor profile, man page and completions, or removes them. See usage() below.
set -euo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=scripts/lib/common.sh
. "$top/scripts/lib/common.sh"

usage() {
  cat << USAGE
usage: scripts/install.sh [--prefix DIR] [--destdir DIR] [--unitdir DIR] [--uninstall]

  --prefix DIR    where programs and documentation go: /usr/local (the default) or /usr
  --destdir DIR   install below DIR, for packaging; nothing of the running system is
                  touched (also the variable DESTDIR)
  --unitdir DIR   where the unit goes (PREFIX/lib/systemd/system)
  --uninstall     remove what an installation with the same options has put there, and
                  logs; sidecars that run are ended

The hook goes to /etc/libvirt/hooks/qemu.d and the AppArmor profile to
/etc/apparmor.d, whatever the prefix: only there are they looked for. libvirt notices
the first hook of a machine when it is started: 'systemctl restart libvirtd' leaves
guests alone. Without out/qmp-redirector, scripts/build.sh makes it first.
USAGE
}

# Lines of MODE SOURCE TARGET. Where our own paths in /usr stand in a file, put() writes the prefix's.
targets() {
  cat << TARGETS
755 out/qmp-redirector $prefix/bin/qmp-redirector
755 scripts/install/hooks/libvirt-hook $prefix/lib/qmp-redirector/libvirt-hook
755 scripts/install/leave-host $prefix/lib/qmp-redirector/leave-host
644 scripts/install/systemd/qmp-redirector@.service $unitdir/qmp-redirector@.service
644 scripts/install/tmpfiles/qmp-redirector.conf $prefix/lib/tmpfiles.d/qmp-redirector.conf
755 scripts/install/hooks/qemu.d/qmp-redirector /etc/libvirt/hooks/qemu.d/qmp-redirector
644 scripts/install/apparmor/qmp-redirector /etc/apparmor.d/qmp-redirector
644 docs/qmp-redirector.1 $prefix/share/man/man1/qmp-redirector.1.gz
644 docs/LIBVIRT.md $prefix/share/doc/qmp-redirector/LIBVIRT.md
644 scripts/install/completions/qmp-redirector.bash $prefix/share/bash-completion/completions/qmp-redirector
644 scripts/install/completions/_qmp-redirector $prefix/share/zsh/$zsh/_qmp-redirector
TARGETS
}

put() {
  local mode=$1 from=$2 to=$destdir$3
  mkdir -p -- "$(dirname -- "$to")"
  case $3 in
    *.gz) gzip -9n < "$from" > "$to.new" ;;
    */bin/* | *.md | /etc/apparmor.d/*) cp -- "$from" "$to.new" ;;
    *) sed -E "s#/usr/(bin|lib)/qmp-redirector#$prefix/\\1/qmp-redirector#g" "$from" > "$to.new" ;;
  esac
  chmod "$mode" "$to.new"
  # Renamed over the old one: a binary that runs cannot be written to.
  mv -f -- "$to.new" "$to"
}

has_systemd() { [[ -z $destdir && -d /run/systemd/system ]]; }

has_apparmor() {
  [[ -z $destdir && $(cat /sys/module/apparmor/parameters/enabled 2> /dev/null) == Y ]] && command -v apparmor_parser > /dev/null
}

install_all() {
  local mode from to
  [[ -x $top/out/qmp-redirector ]] || "$top/scripts/build.sh" >&2
  cd "$top"
  while read -r mode from to; do
    put "$mode" "$from" "$to"
  done < <(targets)
  # libvirt-qemu may not exist yet: then the hook makes the folders, at the first guest's start.
  if [[ -z $destdir ]] && command -v systemd-tmpfiles > /dev/null; then
    systemd-tmpfiles --create "$prefix/lib/tmpfiles.d/qmp-redirector.conf" || true
  fi
  if has_systemd; then systemctl daemon-reload; fi
  if has_apparmor; then apparmor_parser -r -W /etc/apparmor.d/qmp-redirector; fi
  [[ -n $destdir ]] || note "installed qmp-redirector under $prefix; for libvirt see $prefix/share/doc/qmp-redirector/LIBVIRT.md"
}

uninstall_all() {
  local mode from to folder
  if [[ -z $destdir ]]; then
    "$top/scripts/install/leave-host"
    rm -rf -- /var/log/qmp-redirector /var/cache/apparmor/*/qmp-redirector
  fi
  while read -r mode from to; do
    rm -f -- "$destdir$to"
  done < <(targets)
  for folder in "$prefix/lib/qmp-redirector" "$prefix/share/doc/qmp-redirector" /etc/libvirt/hooks/qemu.d; do
    rmdir -- "$destdir$folder" 2> /dev/null || true
  done
  if has_systemd; then systemctl daemon-reload; fi
}

main() {
  local action=install_all
  prefix=/usr/local destdir=${DESTDIR-} unitdir='' zsh=site-functions
  while (($#)); do
    case $1 in
      -h | --help) usage; exit ;;
      --uninstall) action=uninstall_all ;;
      --prefix | --destdir | --unitdir)
        [[ ${2-} == /* ]] || die "$1 takes the full path of a folder"
        printf -v "${1#--}" %s "${2%/}"
        shift
        ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done
  [[ $prefix == /usr || $prefix == /usr/local ]] \
    || die "--prefix $prefix: it is /usr or /usr/local, as systemd and the AppArmor profile look nowhere else"
  : "${unitdir:=$prefix/lib/systemd/system}"
  # Where Debian's zsh looks for what packages bring.
  [[ $prefix != /usr ]] || zsh=vendor-completions
  [[ -n $destdir || $EUID == 0 ]] || die "needs root to install into $prefix and /etc; or give --destdir"
  "$action"
}

main "$@"
