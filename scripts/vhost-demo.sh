#!/usr/bin/env bash
# scripts/demo.sh where vhost-net is: in the lab, or on a machine that has it.
set -euo pipefail

top=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=scripts/lib/common.sh
. "$top/scripts/lib/common.sh"

case ${1-} in
  -h | --help)
    cat << USAGE
usage: scripts/lab.sh scripts/vhost-demo.sh [--keep]

Shows that qmp-redirector does beside vhost=on what QEMU's filter-redirector refuses
to do: that vhost-net is active, QEMU's refusal, the frames forwarded against those the
guest itself received, byte by byte, and stop and cont being followed. About a minute.
QEMU=PATH runs it with your own QEMU.
USAGE
    exit
    ;;
esac
[[ -c /dev/vhost-net ]] || die "there is no /dev/vhost-net here: run 'scripts/lab.sh scripts/vhost-demo.sh'"
exec "$top/scripts/demo.sh" --vhost "$@"
