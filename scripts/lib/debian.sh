# shellcheck shell=bash
# Installs Debian packages that a script needs and that are not there yet.

# debian_install PACKAGE...: quiet when nothing is missing; one sentence when it cannot be done.
debian_install() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" != 0 ]; then
    echo "${0##*/}: these Debian packages are missing: ${missing[*]}; install them, or run this as root." >&2
    return 1
  fi
  local log
  log=$(mktemp)
  if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "${0##*/}: Debian's ${missing[*]} could not be installed." >&2
    return 1
  fi
  rm -f "$log"
}
