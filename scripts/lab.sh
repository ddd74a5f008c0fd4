#!/usr/bin/env bash
# Runs a command in a VM with Debian's kernel over this machine's own files. See usage() below.
set -euo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=scripts/lib/common.sh
. "$top/scripts/lib/common.sh"
# shellcheck source=scripts/lib/processes.sh
. "$top/scripts/lib/processes.sh"

usage() {
  cat << USAGE
usage: scripts/lab.sh [--share FOLDER] [COMMAND...]

Boots the lab, a VM with Debian's kernel (vhost-net, bridges, VLANs, KVM for guests
in it), and runs COMMAND in it as root; without one, an interactive shell, which
'exit' or Ctrl-A X ends. The lab sees this machine's files at their own paths, this
checkout and the programs installed here included. What it writes goes to the VM's
memory and is gone at its end. COMMAND runs in the current folder with the current
environment, with nothing to read at its standard input; what it prints appears as it
comes, however slowly it is read, and its exit status is lab.sh's.

  --share FOLDER   the one folder of which the lab changes the real files

Environment:
  QEMU=PATH        your own QEMU for the guests in the lab (scripts/vhost-demo.sh,
                   the lab tests); the lab itself runs in the installed one
  LAB_ACCEL=kvm|tcg   how the lab runs: by default KVM if it works here, else TCG
                   (emulation: ten to twenty times slower, boots in about 6 s)
  LAB_MEMORY=MIB   its memory, 3072 by default; LAB_CPUS=N, 2 by default

The first use downloads two of Debian's kernels; 200 MB stay in the cache
(\$QMP_REDIRECTOR_CACHE, else ~/.cache/qmp-redirector), nothing else is written.
Any number of labs can run at once. Exit status 125: the lab itself failed.
USAGE
}

clean_up() {
  local status=$?
  trap '' HUP INT TERM
  stop_all
  # They have ended with the VM, unless it never began.
  kill ${readers[@]+"${readers[@]}"} 2> /dev/null || true
  [[ -z ${terminal_state-} ]] || stty "$terminal_state"
  # What the command cannot be mistaken for: neither 2, a wrong command line, nor a signal.
  [[ -n ${ended-} ]] || ((status != 1)) || status=125
  [[ -z ${run-} ]] || rm -rf -- "$run"
  exit "$status"
}

# Folders of a lab.sh that was killed; their names carry its process id.
remove_leftovers() {
  local folder pid
  for folder in "${TMPDIR:-/tmp}"/qmpr-lab.*; do
    pid=${folder##*/qmpr-lab.} pid=${pid%%.*}
    [[ -d /proc/$pid || ! -O $folder ]] || rm -rf -- "$folder"
  done
}

prepare() {
  local lab
  [[ $(uname -m) == x86_64 ]] || die "needs an x86_64 machine: the lab's kernel is Debian's for amd64"
  need_packages qemu-system-x86_64=qemu-system-x86 ip=iproute2 setpriv=util-linux perl=perl-base
  if [[ -n ${QEMU-} ]]; then
    [[ -x $QEMU && -f $QEMU ]] || die "QEMU=$QEMU is not a program; give its full path"
  fi
  # There is no network in the lab: what its guests and the demos need is made here.
  "$top/scripts/guest/build-guest.sh" > /dev/null
  [[ -n ${QMP_REDIRECTOR-} || -x $top/out/qmp-redirector ]] || "$top/scripts/build.sh" >&2
  lab=$("$top/scripts/lab/build-lab.sh")
  eval "$lab"
  remove_leftovers
  run=$(mktemp -d "${TMPDIR:-/tmp}/qmpr-lab.$$.XXXXXX")
  [[ $run$share != *[[:space:],]* ]] || die "there is a space or a comma in the path ${share:-$run}: QEMU and the kernel take none here"
  machine=(-machine pc -nodefaults -no-user-config -display none -no-reboot -kernel "$LAB_KERNEL" -initrd "$LAB_INITRD")
  mkfifo "$run/out" "$run/err" "$run/status"
  touch -- "$run"/{console.log,out.copied,err.copied}
}

elapsed() {
  awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'
}

# What scripts/lab/start reads.
write_settings() {
  cp "$top/scripts/lab/start" "$run/start"
  export -p > "$run/environment"
  if (($#)); then
    printf 'cd %q\n' "$PWD"
    printf '%q ' "$@"
  else
    # A login shell's greeting and prompt, and no history kept from the machine's.
    printf 'cd %q\nexport PS1=%q\nexec bash --norc\n' "$PWD" 'lab:\w\$ '
  fi > "$run/command"
  cat > "$run/settings" << SETTINGS
lab_modules=$(printf %q "$LAB_MODULES")
lab_share=$(printf %q "$share")
lab_terminal=$(printf %q "$terminal")
lab_emulated=$([[ $accel == kvm ]] || echo yes)
SETTINGS
}

# That KVM is there does not mean that it can run a kernel: tried once for each kernel and QEMU, and remembered.
kvm_works() {
  local known
  [[ -w /dev/kvm ]] || return 1
  known=$(dirname -- "$LAB_INITRD")/kvm-$({ uname -rv; qemu-system-x86_64 --version; } | sha256sum | cut -c 1-16)
  if [[ ! -e $known ]]; then
    note 'lab: trying whether KVM works here (once, up to 20 s)'
    start "$run/probe.log" timeout 20 qemu-system-x86_64 -accel kvm -cpu host "${machine[@]}" -m 512 -serial "file:$run/probe" \
      -append "console=ttyS0 panic=-1 lab=probe"
    # It may be killed by a signal, which the shell would tell.
    wait "$started_pid" 2> /dev/null || true
    if grep -qs '^lab: probe' "$run/probe"; then echo yes; else echo no; fi > "$known"
  fi
  [[ $(< "$known") == yes ]]
}

choose_accelerator() {
  accel=${LAB_ACCEL-}
  if [[ -z $accel ]]; then
    if kvm_works; then accel=kvm; else accel=tcg; fi
  fi
  case $accel in
    kvm)
      cpu=host
      note 'lab: booting, with KVM'
      ;;
    tcg)
      # With AMD's virtualisation emulated, so that the lab's guests have KVM.
      cpu='max,+svm,+npt'
      accel='tcg,thread=multi,tb-size=512'
      note 'lab: booting, emulated (TCG): what needs a CPU takes ten to twenty times longer than with KVM'
      ;;
    *) die "LAB_ACCEL=$accel: it is kvm or tcg" ;;
  esac
}

boot() {
  local port number=0 shared=() ports=() output=$run/qemu.log
  for port in out err status; do
    ports+=(-chardev "file,id=$port,path=$run/$port" -device "virtserialport,chardev=$port,nr=$((++number))")
  done
  if [[ -n $terminal ]]; then
    terminal_state=$(stty -g)
    output=/dev/stdout
    ports+=(-chardev 'stdio,id=terminal,mux=on,signal=off' -device 'virtconsole,chardev=terminal')
  fi
  [[ -z $share ]] || shared=(-fsdev "local,id=share,path=$share,security_model=none,multidevs=remap"
    -device 'virtio-9p-pci,fsdev=share,mount_tag=share')
  "$top/scripts/lab/pass-on" "$run/out.copied" < "$run/out" &
  readers=("$!")
  "$top/scripts/lab/pass-on" "$run/err.copied" < "$run/err" >&2 &
  readers+=("$!")
  # If this script is killed, the VM ends with it. Its input has to be given to it: a program in the background gets none else.
  setpriv --pdeathsig KILL qemu-system-x86_64 -accel "$accel" -cpu "$cpu" "${machine[@]}" \
    -smp "${LAB_CPUS:-2}" -m "${LAB_MEMORY:-3072}" \
    -serial "file:$run/console.log" -append "console=ttyS0 panic=-1 loglevel=4 mitigations=off lab=$run" \
    -fsdev local,id=machine,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=machine,mount_tag=machine \
    -device virtio-serial-pci "${ports[@]}" "${shared[@]}" <&0 > "$output" 2> "$run/qemu.log" &
  qemu=$!
  started_pids+=("$qemu")
}

# Waits for the next line the lab says of itself, which is then in ${said[@]}; fails if the VM ends, or after SECONDS. listen [SECONDS]
listen() {
  local deadline=${1:+$((SECONDS + $1))}
  until read -r -t 1 -u "$status" -a said; do
    is_alive "$qemu" && ((SECONDS < ${deadline:-SECONDS + 1})) || return 1
  done
}

lab_failed() {
  tail -n 20 "$run/console.log" "$run/qemu.log" >&2
  die "$1 (its last messages are above)"
}

# Whether a reader has passed all on that was sent to it, or has ended. has_copied NAME BYTES PID
has_copied() {
  local copied
  copied=$(< "$run/$1.copied")
  ((${copied:-0} >= $2)) || ! is_alive "$3"
}

main() {
  local started status said
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  share='' terminal='' readers=()
  while (($#)); do
    case $1 in
      -h | --help) usage; exit ;;
      --share)
        [[ -d ${2-} ]] || die "--share ${2-}: there is no such folder"
        share=$(readlink -f -- "$2")
        shift
        ;;
      --) shift; break ;;
      -*) usage >&2; exit 2 ;;
      *) break ;;
    esac
    shift
  done
  if ((!$#)); then
    [[ -t 0 && -t 1 ]] || die "a shell needs a terminal; give a COMMAND to run without one (see --help)"
    read -r rows columns < <(stty size)
    terminal="rows $rows columns $columns"
  fi

  prepare
  choose_accelerator
  write_settings "$@"
  started=$EPOCHREALTIME
  boot
  # Held open for both ways: to open it does not wait for the VM, nor is there an end to read while the VM starts.
  exec {status}<> "$run/status"
  listen 300 || lab_failed 'the lab did not come up'
  note "lab: up after $(elapsed "$started") s; guests in it run with ${said[1]}"
  listen || lab_failed "the lab's VM ended before the command did"
  ended=${said[1]}
  # However slow the reader of this script's output is: what the VM has not handed over would be lost with it.
  until has_copied out "${said[2]}" "${readers[0]}" && has_copied err "${said[3]}" "${readers[1]}"; do sleep 0.05; done
  stop "$qemu" || true
  wait "${readers[@]}"
  return "$ended"
}

main "$@"
