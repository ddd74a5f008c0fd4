# shellcheck shell=bash
# Sourced by the scripts: messages, waiting, Debian packages, the cache.

# The last line a script prints when it cannot go on: what failed, on what, what to do.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

note() {
  printf '%s\n' "$*" >&2
}

# wait_for SECONDS WHAT COMMAND...: runs COMMAND until it succeeds; after SECONDS it ends the script.
wait_for() {
  local seconds=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@"; do
    ((SECONDS < deadline)) || die "gave up after $seconds s waiting for $what"
    sleep 0.1
  done
}

cache_folder() {
  printf '%s\n' "${QMP_REDIRECTOR_CACHE:-${HOME:-/root}/.cache/qmp-redirector}"
}

# apt-get without questions or progress; its own messages appear only if it fails.
apt_quiet() {
  local log
  log=$(mktemp)
  # Root downloads into folders the _apt user cannot enter; naming the user root avoids a warning for each file.
  if ! DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300 \
    --no-install-recommends "$@" > "$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

package_lists_updated=

# The package lists of a machine may be absent or too old to name files that still exist: updated once, when needed.
update_package_lists() {
  [[ -z $package_lists_updated ]] || return 1
  ((EUID == 0)) || die "the package lists need an update: run 'apt-get update' as root"
  package_lists_updated=yes
  note 'updating the package lists (apt-get update)'
  apt_quiet update || die "apt-get update failed"
}

# need_packages COMMAND-OR-FILE=PACKAGE...: installs the packages whose command or file is missing.
need_packages() {
  local pair missing=()
  for pair in "$@"; do
    [[ -e ${pair%%=*} ]] || command -v -- "${pair%%=*}" > /dev/null || missing+=("${pair#*=}")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || die "needs the Debian packages ${missing[*]}: run 'apt-get install ${missing[*]}' as root"
  note "installing ${missing[*]} (apt-get install)"
  apt_quiet install "${missing[@]}" 2> /dev/null && return
  if ! update_package_lists || ! apt_quiet install "${missing[@]}"; then
    die "cannot install ${missing[*]}"
  fi
}
