# shellcheck shell=bash
# Sourced after common.sh and processes.sh: the small guest (scripts/guest) in QEMU. Expects KERNEL, INITRD and TOOLS from
# build-guest.sh, and a folder $run for sockets and logs. QEMU= in the environment is the QEMU to run; GUEST_ACCEL=kvm, set in
# the lab (scripts/lab.sh), has it run with KVM.

declare -A qemu_pid=()
: "${run=}" "${started_pid=}" # set by the script and by start()

# start_guest NAME NAMESPACE KERNEL-ARGUMENTS QEMU-OPTION...
# Its QMP is $run/NAME.qmp, its console $run/NAME.console, its log $run/NAME.log.
start_guest() {
  local name=$1 namespace=$2 arguments=$3
  shift 3
  local accel=(-accel tcg -cpu qemu64)
  [[ ${GUEST_ACCEL-} != kvm ]] || accel=(-accel kvm -cpu host)
  # 131080k: QEMU before 9.0 loses dirty pages in a TCG migration unless RAM is no multiple of 256 KiB (upstream 03bfc2188f06).
  start "$run/$name.log" ip netns exec "$namespace" "${QEMU:-qemu-system-x86_64}" \
    -name "$name" "${accel[@]}" -machine pc -m 131080k -nodefaults -no-user-config -display none \
    -kernel "$KERNEL" -initrd "$INITRD" -append "console=ttyS0 panic=-1 loglevel=3 mitigations=off $arguments" \
    -serial "unix:$run/$name.console,server=on,wait=off" -qmp "unix:$run/$name.qmp,server=on,wait=off" "$@"
  qemu_pid[$name]=$started_pid
}

# qmp NAME COMMAND [ARGUMENTS-AS-JSON]: prints QEMU's answer.
qmp() {
  local arguments=${3-}
  "$TOOLS/ask" qmp "$run/$1.qmp" 10 "{\"execute\":\"$2\"${arguments:+,\"arguments\":$arguments}}"
}

# agent NAME COMMAND: one command to the guest's agent; prints its answer.
agent() {
  "$TOOLS/ask" console "$run/$1.console" 10 "$2"
}

# value KEY: the number after KEY= in a line of KEY=NUMBER words on standard input.
value() {
  sed -n "s/.*\<$1=\([0-9-]*\).*/\1/p"
}

guest_is_up() {
  must_live "${qemu_pid[$1]}" "QEMU ($1)" "$run/$1.log"
  "$TOOLS/ask" console "$run/$1.console" 1 PING > /dev/null 2>&1
}
