#!/usr/bin/env bash
# Builds the native binary, out/qmp-redirector. Needs the .NET SDK; the linker and the C library come from Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib/debian.sh
. scripts/lib/debian.sh

debian_install gcc libc6-dev zlib1g-dev

case "$(uname -m)" in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *)
    echo "build.sh: there is no .NET native AOT for $(uname -m)." >&2
    exit 1
    ;;
esac

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet publish src/QmpRedirector/QmpRedirector.csproj -c Release -r "$rid" -o out/publish -v minimal >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if grep -qE 'warning (IL|CS|CA|IDE|SYSLIB|NETSDK|NU)[0-9]+' "$log"; then
  grep 'warning ' "$log" >&2
  echo "build.sh: the publish gave warnings." >&2
  exit 1
fi
install -m 755 out/publish/qmp-redirector out/qmp-redirector
echo "built out/qmp-redirector ($(stat -c %s out/qmp-redirector) bytes, 0 warnings)"
