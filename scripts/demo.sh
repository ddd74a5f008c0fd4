#!/usr/bin/env bash
# A demonstration of the whole: two real QEMUs, a real guest in each, the sidecar between them. See usage() below.
set -euo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=scripts/lib/common.sh
. "$top/scripts/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. "$top/scripts/lib/processes.sh"
# shellcheck source=scripts/lib/netns.sh
. "$top/scripts/lib/netns.sh"
# shellcheck source=scripts/lib/qemu.sh
. "$top/scripts/lib/qemu.sh"
# shellcheck source=scripts/lib/vhost.sh
. "$top/scripts/lib/vhost.sh"

usage() {
  cat << USAGE
usage: scripts/demo.sh [--keep] [--vhost]

Boots a guest on a TAP, starts qmp-redirector beside it with the -chardev and
-object options QEMU's own filter-redirector has, and sends it numbered UDP
datagrams while the guest runs, is stopped, and runs again. Three redirectors,
with different properties, lead to three filter-redirectors of a second QEMU,
which records every frame and injects it into a second guest. Every frame is
compared byte by byte with what entered guest 1's TAP, and with what guest 1 itself
received. About 30 seconds; needs root, changes nothing outside its
own network namespaces (installs missing Debian packages).

  --keep     keep the folder with captures and logs, and say where it is
  --vhost    start guest 1 with vhost=on, and show that it is (scripts/vhost-demo.sh)

Exit status 0 only if everything was as expected. QMP_REDIRECTOR names another
binary than out/qmp-redirector.
USAGE
}

readonly host_address=10.9.0.1 guest_address=10.9.0.2 guest_mac=52:54:00:aa:bb:02
# What filter-dump records beside a modern virtio-net device: its 12-byte header, then the frame.
readonly vnet_header=12
# What comes before each frame in the guest's own capture (scripts/guest/capture.c).
readonly guest_header=10
readonly redirectors=3
readonly redirector_name=('f0 (the defaults)' 'f1 enable_when_stopped=on' 'f2 status=off')
readonly redirector_options=('' ',enable_when_stopped=on' ',status=off')
# Fewer than the 1000 frames a TAP holds: a guest that is slow to read, or stopped, loses none of them.
readonly phase_name=(running stopped continued) phase_count=(900 500 900)
readonly datagram_size=400 per_second=1000
# Streams below 100 are the phases', those above are probes.
readonly probe_stream=100

clean_up() {
  local status=$?
  stop_all
  if ((status)) && [[ -s ${run-}/sidecar.log ]]; then
    note "what qmp-redirector said last:"
    tail -n 5 "$run/sidecar.log" >&2
  fi
  remove_namespaces
  if [[ -n ${run-} ]]; then
    if [[ -n $keep ]]; then
      note "captures and logs: $run"
    else
      rm -rf -- "$run"
    fi
  fi
}

prepare() {
  ((EUID == 0)) || die "needs root: network namespaces, TAPs and packet sockets; try 'sudo scripts/demo.sh'"
  [[ $(uname -m) == x86_64 ]] || die "needs an x86_64 machine: its guests' kernel is Debian's for amd64"
  [[ -z $vhost || -c /dev/vhost-net ]] || die "--vhost: this machine has no /dev/vhost-net; leave the option out"
  [[ -z ${QEMU-} || -x $QEMU ]] || die "QEMU=$QEMU is not a program"
  need_packages ip=iproute2 tcpdump=tcpdump qemu-system-x86_64=qemu-system-x86
  # Assigned first: 'eval' would hide that it failed.
  local guest
  guest=$("$top/scripts/guest/build-guest.sh")
  eval "$guest"
  redirector=${QMP_REDIRECTOR:-$top/out/qmp-redirector}
  if [[ ! -x $redirector ]]; then
    [[ -z ${QMP_REDIRECTOR-} ]] || die "QMP_REDIRECTOR=$redirector is not a program"
    note 'building out/qmp-redirector (scripts/build.sh)'
    "$top/scripts/build.sh" >&2
  fi
  run=$(mktemp -d "${TMPDIR:-/tmp}/qmpr-demo.XXXXXX")
}

# Two hosts: namespace A has guest 1 and the sidecar, namespace B guest 2. Nothing connects them but the chardevs' sockets.
make_hosts() {
  local i
  host_a=qmpr-demo-a-$$
  host_b=qmpr-demo-b-$$
  make_namespace "$host_a"
  make_tap "$host_a" tap0 "$host_address/24"
  ip -n "$host_a" neigh replace "$guest_address" lladdr "$guest_mac" nud permanent dev tap0
  make_namespace "$host_b"
  for ((i = 0; i < redirectors; i++)); do
    make_tap "$host_b" "tap$i"
  done
}

boot_guests() {
  local i options=() addresses="gip=$guest_address/24 gip1=$guest_address/24 gip2=$guest_address/24"
  start_guest guest1 "$host_a" "gip=$guest_address/24" \
    -netdev "tap,id=net0,ifname=tap0,script=no,downscript=no,vhost=${vhost:-off}" \
    -device "virtio-net-pci,id=nic0,netdev=net0,mac=$guest_mac" \
    -device virtio-serial-pci -chardev "file,id=own,path=$run/guest1.pcap" -device virtserialport,chardev=own \
    -qmp "unix:$run/sidecar.qmp,server=on,wait=off"
  # A guest like the first, once per redirector. The recorder comes after the redirector, which passes on only what it injects.
  for ((i = 0; i < redirectors; i++)); do
    options+=(-netdev "tap,id=n$i,ifname=tap$i,script=no,downscript=no,vhost=off"
      -device "virtio-net-pci,netdev=n$i,mac=$guest_mac"
      -chardev "socket,id=red$i,path=$run/red$i.sock,server=on,wait=off"
      -object "filter-redirector,id=r$i,netdev=n$i,queue=tx,indev=red$i,vnet_hdr_support=on"
      -object "filter-dump,id=d$i,netdev=n$i,queue=tx,file=$run/got$i.pcap")
  done
  start_guest guest2 "$host_b" "$addresses" "${options[@]}"
  wait_for 120 'guest 1 to boot' guest_is_up guest1
  wait_for 120 'guest 2 to boot' guest_is_up guest2
}

# An independent record of what enters the TAP. A small snapshot length, because tcpdump's buffer is made of slots of that size.
record_tap() {
  start "$run/tcpdump.log" ip netns exec "$host_a" \
    tcpdump -Z root -n -U --immediate-mode -s 2048 -B 16384 -i tap0 -Q out -w "$run/sent.pcap" udp port 9
  tcpdump_pid=$started_pid
  wait_for 10 'tcpdump to listen' grep -qs "listening on" "$run/tcpdump.log"
}

start_sidecar() {
  local i command=("$redirector" run --qmp "unix:$run/sidecar.qmp")
  for ((i = 0; i < redirectors; i++)); do
    command+=(-chardev "socket,id=m$i,path=$run/red$i.sock"
      -object "filter-redirector,id=f$i,netdev=net0,queue=tx,outdev=m$i,vnet_hdr_support=on${redirector_options[i]}")
  done
  printf '\n%s %s %s %s' "${command[0]#"$top/"}" "${command[@]:1:3}"
  printf ' \\\n  %s %s' "${command[@]:4}"
  printf '\n\n'
  start "$run/sidecar.log" ip netns exec "$host_a" "${command[@]}"
  sidecar_pid=$started_pid
}

send() {
  ip netns exec "$host_a" "$TOOLS/send-numbered" "$guest_address" "$1" "$2" "$datagram_size" "$per_second"
}

# compare STREAM REDIRECTOR: the recorded frames against the sent ones.
compare() {
  "$TOOLS/compare-captures" "$run/sent.pcap" "$run/got$2.pcap" "$1" "$vnet_header"
}

# Of the recorded frames, those guest 1 itself received, byte by byte.
identical_to_guest1() {
  "$TOOLS/compare-captures" "$run/guest1.pcap" "$run/got$2.pcap" "$1" "$vnet_header" "$guest_header" | value identical
}

expected() {
  local phase=$1 i=$2
  case $i-${phase_name[phase]} in
    2-* | 0-stopped) echo 0 ;;
    *) echo "${phase_count[phase]}" ;;
  esac
}

# There is no event a script could wait for when a capture has begun: a probe that comes through shows it.
probe_comes_through() {
  local i
  must_live "$sidecar_pid" qmp-redirector "$run/sidecar.log"
  send "$1" 1
  for i in 0 1; do
    (($(compare "$1" "$i" | value got) > 0)) || return 1
  done
}

phase_has_arrived() {
  local i count
  for ((i = 0; i < redirectors; i++)); do
    count=$(expected "$1" "$i")
    (($(compare "$1" "$i" | value got) >= count)) || return 1
    (($(agent guest2 "STAT $1 eth$i" | value received) >= count)) || return 1
  done
  [[ ${phase_name[$1]} == stopped ]] || (($(agent guest1 "STAT $1" | value received) >= ${phase_count[$1]}))
}

# What does not arrive is for the table to say, not a reason to stop here.
settle() {
  local deadline=$((SECONDS + 20))
  until phase_has_arrived "$1" || ((SECONDS >= deadline)); do
    must_live "$sidecar_pid" qmp-redirector "$run/sidecar.log"
    sleep 0.2
  done
}

run_phase() {
  local phase=$1
  case ${phase_name[phase]} in
    running) ;;
    stopped) qmp guest1 stop > /dev/null ;;
    continued) qmp guest1 cont > /dev/null ;;
  esac
  # Stopped, nothing is to be waited for: what is sent after QEMU's answer is already too late for f0.
  [[ ${phase_name[phase]} == stopped ]] ||
    wait_for 30 "a datagram to come out of QEMU 2 (guest 1 ${phase_name[phase]})" probe_comes_through $((probe_stream + phase))
  printf 'guest 1 %s: sending %s datagrams\n' "${phase_name[phase]}" "${phase_count[phase]}"
  send "$phase" "${phase_count[phase]}"
  settle "$phase"
}

# row PHASE REDIRECTOR GUEST-1: one line of the table; fails if it is not as expected.
row() {
  local phase=$1 i=$2 guest1=$3 sent=${phase_count[$1]} want result got identical own guest2 mark=ok
  want=$(expected "$phase" "$i")
  result=$(compare "$phase" "$i")
  got=$(value got <<< "$result")
  identical=$(value identical <<< "$result")
  guest2=$(agent guest2 "STAT $phase eth$i" | value received)
  [[ $(value sent <<< "$result") == "$sent" && $got == "$want" && $identical == "$want" && $guest2 == "$want" ]] || mark=FAIL
  [[ $(value out_of_order <<< "$result") == 0 ]] || mark=FAIL
  own=$(identical_to_guest1 "$phase" "$i")
  [[ $own == $((want ? guest1 : 0)) ]] || mark=FAIL
  # A redirector that is off all the time forwards nothing at all, probes and ARP included.
  [[ $i != 2 || $(value others <<< "$result") == 0 ]] || mark=FAIL
  # A stopped guest gets what its TAP still holds when it is continued: shown, not judged.
  if [[ ${phase_name[phase]} == stopped ]]; then
    guest1="$guest1*"
  elif [[ $guest1 != "$sent" ]]; then
    mark=FAIL
  fi
  printf '%-9s %-25s %5s %7s %8s %9s %9s %7s %s\n' "${phase_name[phase]}" "${redirector_name[i]}" "$sent" "$guest1" "$got" "$identical" \
    "$own" "$guest2" "$mark"
  [[ $mark == ok ]]
}

print_table() {
  local phase i guest1 bad=0
  printf '\n%-9s %-25s %5s %7s %8s %9s %9s %7s\n' guest '' data- 'guest 1' 'QEMU 2' same 'same as' 'guest 2'
  printf '%-9s %-25s %5s %7s %8s %9s %9s %7s\n' '1 is' redirector grams got recorded bytes "guest 1's" got
  for ((phase = 0; phase < ${#phase_name[@]}; phase++)); do
    guest1=$(agent guest1 "STAT $phase" | value received)
    for ((i = 0; i < redirectors; i++)); do
      row "$phase" "$i" "$guest1" || ((++bad))
    done
  done
  if [[ -n $vhost ]]; then
    printf '* only when it was continued: QEMU had read the first, and drops it; the others had stayed in the TAP\n\n'
    printf 'qmp-redirector said of f0:\n'
    sed -n 's/^\([0-9:.]*\) f0: \(armed\|disarmed\)/  \1 \2/p' "$run/sidecar.log"
    printf '\n'
  else
    printf '* only when it was continued: QEMU had left them in the TAP\n\n'
  fi
  if ((bad)); then
    printf 'FAIL: %d of %d lines are not as expected\n' "$bad" $((redirectors * ${#phase_name[@]}))
    return 1
  fi
  printf 'PASS: each redirector forwarded what it should and nothing else, byte for byte\n'
}

main() {
  local phase
  keep='' vhost=''
  while (($#)); do
    case $1 in
      -h | --help) usage; exit ;;
      --keep) keep=yes ;;
      --vhost) vhost=on ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done

  trap clean_up EXIT
  trap 'exit 130' HUP INT TERM
  prepare
  make_hosts
  printf 'booting guest 1 (vhost=%s, %s on tap0) and guest 2 (same address, other host)\n' "${vhost:-off}" "$guest_address"
  boot_guests
  if [[ -n $vhost ]]; then
    show_vhost guest1
    show_refusal guest1 net0
  fi
  record_tap
  start_sidecar
  for ((phase = 0; phase < ${#phase_name[@]}; phase++)); do
    run_phase "$phase"
  done
  must_live "$sidecar_pid" qmp-redirector "$run/sidecar.log"
  stop "$sidecar_pid" || die "qmp-redirector ended with status $? when asked to end: $(tail -n 3 "$run/sidecar.log")"
  stop "$tcpdump_pid" || true
  grep -q '^0 packets dropped by kernel' "$run/tcpdump.log" ||
    die "tcpdump did not keep up with what was sent: run this on a less busy machine"
  print_table
}

main "$@"
