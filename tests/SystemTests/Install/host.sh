#!/usr/bin/env bash
# host.sh FOLDER: a host of its own for one test. systemd is PID 1 in it; its files are this machine's, and what it writes goes to memory.
# Runs until it is killed. FOLDER/pid appears when systemd starts: nsenter --target "$(<FOLDER/pid)" enters. The folder FOLDER is in is the
# only one whose real files can be changed, at its own path and as /run/lab. FOLDER/setup runs first, as root, in the host.
# systemd knows only the units it is given in FOLDER/units and what is installed under /usr/local: nothing of the machine's own is started.
set -euo pipefail
folder=$(readlink -f -- "$1")

group=${folder##*/}-$(basename -- "$(dirname -- "$folder")")
if [[ -z ${HOST_INSIDE-} ]]; then
  # A cgroup of its own, so that systemd has a root to make its units' groups in; there may be a hybrid layout.
  for tree in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    if [[ $(stat -f -c %T "$tree" 2> /dev/null) == cgroup2fs ]]; then
      mkdir -p "$tree/qmpr-host-$group"
      echo $$ > "$tree/qmpr-host-$group/cgroup.procs"
      break
    fi
  done
  export HOST_INSIDE=yes
  exec unshare --kill-child --pid --fork --mount --cgroup --uts --ipc -- "$0" "$folder"
fi

# The /proc of outside is still there: it tells the process id that outside knows.
read -r pid _ < /proc/self/stat
hostname "${folder##*/}"
mount --make-rprivate /
root=$folder/root
mkdir -p "$root"
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/root"
mount -t overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" overlay "$root/root"
cd "$root/root"
mount --rbind /dev dev
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for memory in run tmp var/tmp var/log var/cache/libvirt var/lib/libvirt; do
  mkdir -p "$memory"
  mount -t tmpfs -o mode=755 tmpfs "$memory"
done
chmod 1777 tmp var/tmp
# Where KVM is there and does not work (nested, emulated), libvirt asks QEMU again and again what it can do: seconds for each guest.
if [[ -e dev/kvm ]]; then
  (umask 777 && : > run/no-kvm)
  mount --bind run/no-kvm dev/kvm
fi
lab=$(dirname -- "$folder")
mkdir -p "./$lab" run/units run/lab
mount --bind "$lab" "./$lab"
mount --bind "$lab" run/lab
for unit in sysinit basic shutdown network multi-user default; do
  printf '[Unit]\nDefaultDependencies=no\n' > "run/units/$unit.target"
done
[[ ! -d $folder/units ]] || cp -r "$folder/units/." run/units/
mkdir run/old
pivot_root . run/old
cd /
umount -l /run/old
rmdir /run/old
mount --make-rshared /
export container=qmpr SYSTEMD_UNIT_PATH=/run/units:/usr/local/lib/systemd/system
unset HOST_INSIDE NOTIFY_SOCKET
[[ ! -x $folder/setup ]] || "$folder/setup" > "$folder/setup.log" 2>&1
echo "$pid" > "$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"
exec /usr/lib/systemd/systemd --system --log-target=console --show-status=no
