#!/usr/bin/env bash
# Builds the native binary, out/qmp-redirector. Needs the .NET SDK; the linker and the C library come from Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib/common.sh
. scripts/lib/common.sh

need_packages gcc=gcc /usr/include/stdlib.h=libc6-dev /usr/include/zlib.h=zlib1g-dev

case "$(uname -m)" in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) die "there is no .NET native AOT for $(uname -m)" ;;
esac

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet publish src/QmpRedirector/QmpRedirector.csproj -c Release -r "$rid" -o out/publish -v minimal >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if grep -qE 'warning (IL|CS|CA|IDE|SYSLIB|NETSDK|NU)[0-9]+' "$log"; then
  grep 'warning ' "$log" >&2
  die "the publish gave warnings"
fi
install -m 755 out/publish/qmp-redirector out/qmp-redirector
echo "built out/qmp-redirector ($(stat -c %s out/qmp-redirector) bytes, 0 warnings)"
