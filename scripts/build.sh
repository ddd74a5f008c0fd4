#!/usr/bin/env bash
# Builds the native binary: out/qmp-redirector. Needs the .NET SDK; installs the linker and C library headers from Debian if missing.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v gcc >/dev/null || [ ! -e /usr/include/stdlib.h ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "build.sh: native AOT links with gcc; install gcc and libc6-dev, or run this as root." >&2
    exit 1
  fi
  apt-get update -q >/dev/null
  apt-get install -y -q --no-install-recommends gcc libc6-dev zlib1g-dev >/dev/null
fi

case "$(uname -m)" in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) echo "build.sh: no .NET native AOT runtime for $(uname -m)." >&2; exit 1 ;;
esac

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet publish src/QmpRedirector/QmpRedirector.csproj -c Release -r "$rid" -o out/publish -v minimal >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if grep -qE 'warning (IL|CS|CA|SYSLIB)[0-9]+' "$log"; then
  grep -E 'warning ' "$log" >&2
  echo "build.sh: the AOT publish gave warnings." >&2
  exit 1
fi
install -m 755 out/publish/qmp-redirector out/qmp-redirector
echo "built out/qmp-redirector ($(stat -c %s out/qmp-redirector) bytes)"
