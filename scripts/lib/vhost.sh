# shellcheck shell=bash
# Sourced after common.sh and qemu.sh: proof that a guest's packets do not pass through QEMU, and what QEMU's own filter says to that.

declare -A qemu_pid # as in qemu.sh; $run is set by the script
: "${run=}"

# vhost_started NAME: what QEMU says of the NIC nic0.
vhost_started() {
  qmp "$1" x-query-virtio-status '{"path":"/machine/peripheral/nic0/virtio-backend"}' | grep -o '"vhost-started": *true'
}

# show_vhost NAME: from the kernel, from /proc, and from QEMU itself; ends the script unless all three say so.
show_vhost() {
  local name=$1 pid=${qemu_pid[$1]} comm threads=() file files=()
  for comm in /proc/[0-9]*/comm "/proc/$pid/task"/*/comm; do
    [[ $(cat "$comm" 2> /dev/null) != "vhost-$pid" ]] || threads+=("$(basename "${comm%/comm}")")
  done
  for file in "/proc/$pid/fd"/*; do
    [[ $(readlink "$file") != /dev/vhost-net ]] || files+=("${file##*/}")
  done
  ((${#threads[@]})) || die "$name has no kernel thread vhost-$pid: vhost is not active"
  ((${#files[@]})) || die "$name has no file descriptor of /dev/vhost-net: vhost is not active"
  printf 'vhost-net is active beside %s (QEMU %s):\n' "$name" "$pid"
  printf '  kernel thread vhost-%s (%s)\n' "$pid" "${threads[*]}"
  printf '  /proc/%s/fd/%s is /dev/vhost-net\n' "$pid" "${files[0]}"
  printf '  x-query-virtio-status: %s\n' "$(vhost_started "$name" || die "QEMU says that vhost of $name has not started")"
}

# show_refusal NAME NETDEV: QEMU's own filter on the netdev, which has to fail.
show_refusal() {
  local answer
  qmp "$1" chardev-add '{"id":"refused","backend":{"type":"null","data":{}}}' > /dev/null
  answer=$(qmp "$1" object-add '{"qom-type":"filter-redirector","id":"refused","netdev":"'"$2"'","queue":"tx","outdev":"refused"}') &&
    die "QEMU's own filter-redirector was accepted beside vhost=on: nothing to show"
  printf "QEMU's own filter on the same netdev (object-add filter-redirector,netdev=%s,queue=tx,...):\n  %s\n" "$2" "$answer"
}
