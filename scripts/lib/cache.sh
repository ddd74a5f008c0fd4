# shellcheck shell=bash
# Sourced after common.sh: the cache of what is made once, under names that tell the recipe, so that working copies that differ can share it.

# open_cache NAME: sets $cache, the folder NAME of the cache, locked until the script ends; and $work, a folder in it where everything is
# made before it is moved to its name.
open_cache() {
  local lock
  cache=$(cache_folder)/$1
  mkdir -p "$cache"
  # Two that run at once: the second waits and finds everything made.
  exec {lock}> "$cache/lock"
  flock "$lock"
  work=$(mktemp -d "$cache/new.XXXXXX")
  trap 'rm -rf -- "$work"' EXIT
}

# recipe FILE...: what a name has of the files that decide how a thing is made.
recipe() {
  cat -- "$@" | sha256sum | cut -c 1-16
}

# keep_latest COUNT PATTERN: removes what other recipes made, but for the latest used, which other working copies may be using.
keep_latest() {
  local old
  # shellcheck disable=SC2012,SC2086 # the names are the scripts' own; unquoted for the pattern
  ls -dt -- "$cache"/$2 2> /dev/null | tail -n +$(($1 + 1)) | while read -r old; do
    rm -rf -- "$old"
  done
}
