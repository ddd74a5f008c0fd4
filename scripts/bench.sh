#!/usr/bin/env bash
# Measures what the sidecar costs, beside programs in C that do the same. See usage() below.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib/common.sh
. scripts/lib/common.sh

usage() {
  cat << USAGE
usage: scripts/bench.sh [--quick]

Measures CPU for each frame, latency, memory, wake-ups and more of the native binary,
of C programs for the same job (tests/Benchmarks/native), of tcpdump and of QEMU's
own filter-mirror, all in one run, in a network namespace of its own. Prints the
tables and writes them to docs/PERFORMANCE.md, which also tells how each figure is
measured. About 12 minutes; needs root and two CPUs with nothing else to do
(installs missing Debian packages). Outside its namespace it changes one thing: the
sysctl net.core.rmem_max is lowered for a fraction of a second at a time.

  --quick    one short repeat of everything, some 2 minutes; writes no file

QMP_REDIRECTOR_BINARY names another binary than out/qmp-redirector.
USAGE
}

arguments=(--output "$PWD/docs/PERFORMANCE.md")
case "$*" in
  '') ;;
  --quick) arguments=(--quick) ;;
  -h | --help) usage; exit ;;
  *) usage >&2; exit 2 ;;
esac
((EUID == 0)) || die "needs root: network namespaces, TAPs and packet sockets; try 'sudo scripts/bench.sh'"

need_packages gcc=gcc /usr/include/stdlib.h=libc6-dev /usr/include/linux/if_packet.h=linux-libc-dev \
  qemu-system-x86_64=qemu-system-x86 ip=iproute2 tcpdump=tcpdump setpriv=util-linux taskset=util-linux
[[ -n ${QMP_REDIRECTOR_BINARY-} ]] || scripts/build.sh >&2
dotnet build tests/Benchmarks -c Release -v quiet --nologo >&2
# In place of this shell, so that a signal reaches what cleans up.
exec dotnet tests/Benchmarks/bin/Release/net10.0/QmpRedirector.Benchmarks.dll "${arguments[@]}"
