# shellcheck shell=bash
# Sourced after common.sh: programs in the background that end with the script, and only those.

started_pids=()
started_pid=

# start LOG COMMAND...: runs COMMAND in the background; its process id is then in $started_pid.
start() {
  local log=$1
  shift
  "$@" > "$log" 2>&1 < /dev/null &
  started_pid=$!
  started_pids+=("$started_pid")
}

# kill -0 is true for a process that has ended but was not waited for yet; its state tells.
is_alive() {
  local state
  state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2> /dev/null) && [[ -n $state && $state != Z ]]
}

# stop PID [SIGNAL]: asks it to end, waits 5 s, then ends it. Returns its exit status.
stop() {
  local pid=$1 deadline=$((SECONDS + 5)) status=0
  kill "-${2:-TERM}" "$pid" 2> /dev/null || true
  while is_alive "$pid"; do
    if ((SECONDS >= deadline)); then
      kill -KILL "$pid" 2> /dev/null || true
      break
    fi
    sleep 0.05
  done
  wait "$pid" 2> /dev/null || status=$?
  return "$status"
}

# must_live PID NAME LOG: ends the script, with the end of the log, if the process is gone.
must_live() {
  is_alive "$1" && return
  tail -n 20 "$3" >&2
  die "$2 ended (its output is above)"
}

stop_all() {
  local i
  # The last started first: what reads ends before what it reads from.
  for ((i = ${#started_pids[@]} - 1; i >= 0; i--)); do
    is_alive "${started_pids[i]}" && { stop "${started_pids[i]}" || true; }
  done
  started_pids=()
}
