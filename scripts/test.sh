#!/usr/bin/env bash
# Runs all tests: the unit suites, then, against the native binary, the system tests (root, /dev/net/tun) and the lab tests, which
# run in a VM with vhost-net (scripts/lab.sh).
# Usage: scripts/test.sh [SUITE...]   SUITE: Qmp.Tests Net.Tests QmpRedirector.Tests SystemTests LabTests (all without one)
# Ends with one line, "N passed, N failed, N skipped", added up from the suites' own results.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib/common.sh
. scripts/lib/common.sh

case "${1:-}" in
  -h | --help)
    sed -n '2,5s/^# //p' "$0"
    exit 0
    ;;
esac
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(Qmp.Tests Net.Tests QmpRedirector.Tests SystemTests LabTests)
for suite in "${suites[@]}"; do
  ls "tests/$suite"/*.csproj > /dev/null 2>&1 || die "there is no test suite '$suite': see $0 --help"
done

need_packages gcc=gcc /usr/include/stdlib.h=libc6-dev /usr/include/linux/if_packet.h=linux-libc-dev \
  qemu-system-x86_64=qemu-system-x86 ip=iproute2 tcpdump=tcpdump socat=socat setpriv=util-linux tshark=tshark promtool=prometheus \
  /usr/bin/python3=python3 /usr/share/doc/python3-seccomp=python3-seccomp systemd-analyze=systemd \
  libvirtd=libvirt-daemon-system virsh=libvirt-clients virt-qemu-qmp-proxy=libvirt-clients-qemu \
  "/usr/lib/$(uname -m)-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so=libvirt-daemon-driver-qemu" \
  apparmor_parser=apparmor lintian=lintian dpkg-shlibdeps=dpkg-dev
results=$PWD/TestResults
rm -rf "$results"
mkdir -p "$results"

# run_suite NAME PROJECT
run_suite() {
  dotnet build "$2" -v quiet --nologo || return 1
  echo "== $1"
  dotnet test "$2" --no-build --nologo --logger "trx;LogFileName=$results/$1.trx" --logger "console;verbosity=minimal" \
    --results-directory "$results" --blame-hang-timeout 5m
}

# The tests run in the VM, as it sees this machine's files; a VM that hangs must not take CI's time.
run_in_lab() {
  dotnet publish "$2" -o out/lab-tests -v quiet --nologo || return 1
  echo "== $1"
  timeout 15m scripts/lab.sh --share "$results" dotnet out/lab-tests/QmpRedirector.LabTests.dll "$results/$1.trx"
}

passed=0 failed=0 skipped=0 broken=0 built=
for suite in "${suites[@]}"; do
  project=$(ls "tests/$suite"/*.csproj)
  run=run_suite
  [ "$suite" != LabTests ] || run=run_in_lab
  case $suite in
    SystemTests | LabTests)
      [ -n "$built" ] || scripts/build.sh || { broken=1; continue; }
      built=yes
      ;;
  esac
  "$run" "$suite" "$project" || broken=1
  if [ ! -f "$results/$suite.trx" ]; then
    note "test.sh: $suite left no results"
    broken=1
    continue
  fi
  counters=$(grep -o '<Counters [^>]*>' "$results/$suite.trx")
  value() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
  passed=$((passed + $(value passed)))
  failed=$((failed + $(value failed) + $(value error) + $(value timeout) + $(value aborted)))
  skipped=$((skipped + $(value total) - $(value passed) - $(value failed) - $(value error) - $(value timeout) - $(value aborted)))
done

if [ "$broken" = 1 ] && [ "$failed" = 0 ]; then
  note "test.sh: a suite could not be built or did not run to its end"
  failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
